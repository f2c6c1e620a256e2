"""Two readings of the same Consents agree: compiled grants, and an interpreter to be checked by eye."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from psycopg import Connection

from rapport.gate import spans
from rapport.gate.actor import Actor
from rapport.gate.consent.regions import MOST_ROWS, as_written
from tests.gate.consent.oracle import Question, Reader, Thing
from tests.gate.consent.policies import RUBBISH, consent, places, with_rubbish, without
from tests.gate.consent.scene import ASKERS, Scene, question, usual
from tests.personas import AMINA

ZONE = ZoneInfo("Europe/London")
MOMENTS = tuple(
    datetime(*day, tzinfo=UTC) + timedelta(seconds=second)
    for day in (
        (2019, 7, 1),
        (2021, 3, 28),
        (2022, 10, 30),
        (2023, 1, 1),
        (2024, 2, 29),
        (2026, 1, 1),
        (2030, 6, 30),
    )
    for second in (-3601, -3600, -1, 0, 1, 1799, 1800)
)
BIRTHDAYS = ("", "rubbish", "1968-03-14", "2008-02-29", "2012", "2010-03", "2007-10-30", "2012-06-30")


OFTEN = ASKERS + 3 * tuple(actor for actor in ASKERS if actor.kind != "patient")
WHY = ("TREAT", "TREAT", "FAMRQT", "PATRQT", "ETREAT")


@pytest.fixture
def scene(conn: Connection[Any], monkeypatch: pytest.MonkeyPatch) -> Scene:
    monkeypatch.setattr(spans, "_zone", [lambda: ZONE])
    return Scene(conn)


def policy(rng: random.Random) -> list[Any]:
    """One to three Consents; some have something broken in them."""
    found: list[Any] = [consent(rng) for _ in range(rng.choice((1, 1, 2, 3)))]
    for number, body in enumerate(found):
        while rng.random() < 0.15:
            body = found[number]
            place = rng.choice([path for path in places(body) if path[0] not in ("patient", "resourceType")])
            if rng.random() < 0.4:
                found[number] = without(body, place)
            else:
                found[number] = with_rubbish(body, place, rng.choice(RUBBISH))
    return found


def expected(reader: Reader, consents: list[Any], actor: Actor, asked: Question, thing: Thing) -> bool:
    """What the oracle says. Nobody is shut out of their own record, what denies wins, no rule means no."""
    said = {reader.verdict(body, asked, thing) for body in consents}
    if actor.ref == AMINA:
        return usual(actor, asked, thing)
    return "deny" not in said and ("permit" in said or usual(actor, asked, thing))


def too_large(body: Any) -> bool:
    """Whether a Consent takes so many rows that it is not read: `test_consent` looks at these."""
    return as_written(body, "").size > MOST_ROWS


def told(consents: list[Any], *more: Any) -> str:
    """Everything that a disagreement was about, to be tried again."""
    return "\n".join((*map(repr, consents), *map(repr, more)))


def agree(scene: Scene, seed: int, policies: int, questions: int) -> tuple[int, int, int]:
    """Compare on random policies; how many were compared, opened and closed by Consents."""
    rng = random.Random(seed)
    compared = opened = closed = 0
    for number in range(policies):
        consents, born = policy(rng), rng.choice(BIRTHDAYS)
        if any(too_large(body) for body in consents):
            continue
        scene.compile(consents, born)
        reader = Reader(ZONE, born)
        for _ in range(questions):
            actor, action = rng.choice(OFTEN), rng.choice("rrrcud")
            asked = question(actor, action, rng.choice(WHY), rng.choice(MOMENTS))
            found = scene.seen(actor, action, asked.purpose, asked.at)
            for thing in scene.things.values():
                want = expected(reader, consents, actor, asked, thing)
                assert (thing.ref in found) == want, told(consents, born, asked, thing)
                compared += 1
                opened += want and not usual(actor, asked, thing)
                closed += usual(actor, asked, thing) and not want
    return compared, opened, closed


def test_agrees(scene: Scene) -> None:
    compared, opened, closed = agree(scene, 1, 30, 3)
    assert compared > 1500 and opened > 10 and closed > 10, (compared, opened, closed)


@pytest.mark.long
@pytest.mark.timeout(3000)
@pytest.mark.parametrize("seed", range(25))
def test_agrees_at_length(scene: Scene, seed: int) -> None:
    compared, opened, closed = agree(scene, 1000 + seed, 60, 2)
    assert compared > 2_000 and opened > 5 and closed > 5, (compared, opened, closed)
