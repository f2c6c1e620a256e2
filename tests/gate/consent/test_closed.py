"""What breaks closes: whatever is taken out of a Consent or spoilt in it, nobody sees more than before.

What is *said otherwise* is another matter, and no program can tell it from a mistake: a denial that is gone
as a whole, one name less on its list, another end of a period. So of what closes, parts are spoilt, and whole
lists are taken away; what opens may lose anything but the limits that it need not have (its time, and the
provisions within it).
"""

from __future__ import annotations

import random
from collections import Counter
from datetime import UTC, datetime
from typing import Any

import pytest
from psycopg import Connection

from rapport.gate import spans
from tests.gate.consent.policies import RUBBISH, at, consent, places, with_rubbish, without
from tests.gate.consent.scene import ASKERS, Scene

NOW = datetime(2024, 5, 1, tzinfo=UTC)
OVER = {"start": "2020-01-01", "end": "2023-12-31"}
#: What a provision may lack, and what it lets somebody do is then no longer bounded by it.
UNSEEN = ("period", "dataPeriod", "provision", "type")


def kind_at(body: Any, path: tuple[Any, ...]) -> str:
    """Whether the innermost provision of a place permits or denies; "" in the head of a Consent."""
    steps = [place for place, step in enumerate(path) if step == "provision"]
    for place in reversed(steps):
        for end in (place + 2, place + 1):
            node = at(body, path[:end]) if end <= len(path) else None
            if isinstance(node, dict) and end < len(path):
                return str(node.get("type", ""))
    return ""


def within_deny(body: Any, path: tuple[Any, ...]) -> bool:
    """Whether what stands there is, or is within, something that denies."""
    nodes = [at(body, path[:end]) for end in range(1, len(path) + 1)]
    return any(isinstance(node, dict) and node.get("type") == "deny" for node in nodes)


def broken(rng: random.Random, body: Any) -> tuple[str, Any]:
    """The Consent with one thing wrong, and what was done to it."""
    ways = [path for path in places(body) if path[0] not in ("resourceType", "patient")]
    permits = [path for path in ways if path[-1] == "type" and _opens(body, path)]
    while True:
        how = rng.choice(("spoilt", "emptied", "taken", "expired"))
        if how == "expired" and permits:
            return how, with_rubbish(body, (*rng.choice(permits)[:-1], "period"), OVER)
        path = rng.choice(ways)
        if how == "spoilt":
            return how, with_rubbish(body, path, rng.choice(RUBBISH))
        if how == "emptied" and isinstance(at(body, path), list | dict | str):
            return how, with_rubbish(body, path, type(at(body, path))())
        if how == "taken" and _may_go(body, path):
            return how, without(body, path)


def _opens(body: Any, path: tuple[Any, ...]) -> bool:
    """Whether this is the type of a permit that is within no denial, and closes nothing by what is in it."""
    node = at(body, path[:-1])
    return node.get("type") == "permit" and "provision" not in node and not within_deny(body, path)


def _may_go(body: Any, path: tuple[Any, ...]) -> bool:
    """Whether taking this away can be seen: see the top of this file."""
    last, kind = path[-1], kind_at(body, path)
    if last in UNSEEN:
        return False
    if isinstance(last, int):  # one entry of a list
        if path[-2] in ("verification", "performer", "coding"):
            return False
        return kind == "permit" and not within_deny_as_entry(body, path)
    return "period" not in path and "dataPeriod" not in path


def within_deny_as_entry(body: Any, path: tuple[Any, ...]) -> bool:
    """Whether a list entry is itself a provision (it may deny, or hold what denies)."""
    return path[-2] == "provision" or within_deny(body, (*path,))


def sound(rng: random.Random) -> Any:
    """A Consent as a person would mean it: what is permitted within a denial lies within the denial."""
    while True:
        body = consent(rng)
        if body["status"] == "active" and _nested_within(body["provision"], {}):
            return body


def _nested_within(node: Any, above: dict[str, list[Any]]) -> bool:
    """Whether every permit names only actors, actions, purposes and kinds that those above it name."""
    for name in ("actor", "action", "purpose", "class", "data", "securityLabel"):
        if node["type" if "type" in node else "provision"] == "permit" and name in above and name in node:
            refs = [one for one in node[name] if one not in above[name]]
            if refs:
                return False
    inner = above | {
        name: node[name] for name in ("actor", "action", "purpose", "class", "data") if name in node
    }
    return all(_nested_within(child, inner) for child in node.get("provision", ()))


def seen_by_all(scene: Scene, rng: random.Random) -> set[tuple[str, str, str, str]]:
    """All that some people may do in the scene, one action each."""
    found: set[tuple[str, str, str, str]] = set()
    for actor in rng.sample([actor for actor in ASKERS if actor.kind != "patient"], 3):
        action, purpose = rng.choice("rrrcud"), rng.choice(("TREAT", "TREAT", "FAMRQT", "ETREAT"))
        found |= {(actor.ref, action, purpose, ref) for ref in scene.seen(actor, action, purpose, NOW)}
    return found


def never_grows(scene: Scene, seed: int, policies: int) -> Counter[str]:
    """Break random policies; how often it took something away, by what was done."""
    rng = random.Random(seed)
    counted: Counter[str] = Counter()
    for _ in range(policies):
        consents = [sound(rng) for _ in range(rng.choice((1, 1, 2)))]
        number, draw = rng.randrange(len(consents)), rng.random()
        how, bad = broken(rng, consents[number])
        scene.compile(consents, "2010-06-01")
        before = seen_by_all(scene, random.Random(draw))
        scene.compile([*consents[:number], bad, *consents[number + 1 :]], "2010-06-01")
        after = seen_by_all(scene, random.Random(draw))
        assert after <= before, "\n".join(map(repr, (how, after - before, consents[number], bad)))
        counted[how] += 1
        counted["less"] += after < before
    return counted


@pytest.fixture
def scene(conn: Connection[Any], monkeypatch: pytest.MonkeyPatch) -> Scene:
    monkeypatch.setattr(spans, "_zone", [lambda: UTC])
    return Scene(conn)


def test_never_grows(scene: Scene) -> None:
    counted = never_grows(scene, 7, 25)
    assert counted["less"] > 3, counted


@pytest.mark.long
@pytest.mark.timeout(3000)
@pytest.mark.parametrize("seed", range(50))  # in parts: what a transaction deletes lies about until it ends
def test_never_grows_at_length(scene: Scene, seed: int) -> None:
    counted = never_grows(scene, 2000 + seed, 100)
    assert counted["less"] > 5 and min(counted.values()) > 0, counted
