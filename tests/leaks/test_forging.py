"""Nobody writes into a record that is not theirs, moves anything there, or speaks in another's name.

A thousand attempts to say somebody else in the id, the subject, the owner or the author: in the body, by
patch, by condition, in a bundle. What counts is not what was answered but what is in the database afterwards.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson
import psycopg
import pytest
from django.conf import settings

from rapport.fhir.keys import reference_key
from tests.leaks.asking import Asked, ask
from tests.leaks.marks import AMINA, EVE, MARKED, OWNED, Json, Shelf, chance, resource
from tests.leaks.world import World
from tests.personas import kind

PATCH = "application/json-patch+json"
#: Where one type or another says whose it is or who it is from.
PLACES = ("subject", "patient", "for", "beneficiary", "individual", "securityContext", "sender", "requester",
          "author", "performer", "recorder", "owner", "asserter", "source")  # fmt: skip
TYPES = [rtype for rtype in MARKED if rtype in OWNED]


def moved(made: Json) -> Json:
    """The same with everybody in it exchanged for Amina."""
    return orjson.loads(orjson.dumps(made).replace(EVE.ref.encode(), AMINA.ref.encode()))  # type: ignore[no-any-return]


def attempts(rtype: str) -> Iterator[Asked]:
    """Ways to get a resource of a type into Amina's record, or one of hers into another's."""
    own, hers = resource(EVE, Shelf(rtype, "o")), resource(AMINA, Shelf(rtype, "o"))
    mine, other = f"{rtype}/{own['id']}", f"{rtype}/{hers['id']}"
    into, as_hers = moved(own), {**own, "id": hers["id"]}
    yield _write("POST", rtype, {**hers, "id": "made-up"})
    yield _write("PUT", mine, into)
    yield _write("PUT", other, as_hers)
    yield _write("PUT", other, hers)
    yield _write("PUT", mine, as_hers)
    yield _write("PUT", f"{rtype}?_id={hers['id']}", as_hers)
    yield _write("PUT", f"{rtype}?identifier={AMINA.text(Shelf(rtype, 'o'))}", own)
    yield Asked(
        "conditional create", "POST", rtype, orjson.dumps(hers), headers=(("If-None-Exist", "_id=none"),)
    )
    yield Asked("delete", "DELETE", other)
    yield Asked("delete", "DELETE", f"{rtype}?_id={hers['id']}")
    yield Asked("validate", "POST", f"{other}/$validate?mode=update", orjson.dumps(as_hers))
    for place in PLACES:
        if place in own:
            step = [{"op": "replace", "path": f"/{place}", "value": into[place]}]
            yield Asked("patch", "PATCH", mine, orjson.dumps(step), PATCH)
            yield Asked("patch", "PATCH", f"{rtype}?_id={own['id']}", orjson.dumps(step), PATCH)
    step = [{"op": "add", "path": "/language", "value": "xx"}]
    yield Asked("patch", "PATCH", other, orjson.dumps(step), PATCH)
    yield Asked(
        "patch", "PATCH", mine, orjson.dumps([{"op": "replace", "path": "/id", "value": hers["id"]}]), PATCH
    )
    for bundle in ("batch", "transaction"):
        for method, url, body in (("PUT", mine, into), ("PUT", other, as_hers), ("POST", rtype, hers),
                                  ("DELETE", other, None), ("PUT", mine, as_hers)):  # fmt: skip
            yield _bundled(bundle, method, url, body)


def said_by_others() -> Iterator[Asked]:
    """Messages and questions of Eve's own record in the names of others; messages in Amina's conversation."""
    refs = (AMINA.ref, "Practitioner/dara", "RelatedPerson/kin-all", "Organization/harbour-street")
    for ref in refs:
        for code in ("message", "conversation", "note"):
            yield _write("POST", "Communication", _message(code, EVE.ref, ref))
            yield _write("POST", "Communication", _message(code, AMINA.ref, ref))
        for code in ("concern", "promise", "emergency-access"):
            yield _write("POST", "Task", _task(code, EVE.ref, ref))
            yield _write("POST", "Task", _task(code, AMINA.ref, ref))
    for code in ("message", "conversation", "note"):
        yield _write("POST", "Communication", _message(code, AMINA.ref, EVE.ref))


def _message(code: str, patient: str, sender: str) -> Json:
    return {
        "resourceType": "Communication", "status": "completed", "category": [kind(code)],
        "subject": {"reference": patient}, "sender": {"reference": sender},
        "recipient": [{"reference": "Organization/harbour-street"}], "payload": [{"contentString": "forged"}],
    }  # fmt: skip


def _task(code: str, patient: str, requester: str) -> Json:
    return {
        "resourceType": "Task", "status": "requested", "intent": "order", "code": kind(code),
        "for": {"reference": patient}, "requester": {"reference": requester}, "description": "forged",
    }  # fmt: skip


def _write(method: str, path: str, body: Json) -> Asked:
    return Asked("write", method, path, orjson.dumps(body))


def _bundled(bundle: str, method: str, url: str, body: Json | None) -> Asked:
    entry: Json = {
        "request": {"method": method, "url": url},
        "fullUrl": "urn:uuid:6b6e3a5c-0b0e-4d56-9d57-0a1d8d9a3a11",
    }
    if body is not None:
        entry["resource"] = body
    return Asked(
        bundle, "POST", "", orjson.dumps({"resourceType": "Bundle", "type": bundle, "entry": [entry]})
    )


#: What somebody does write for anybody: leads register people, give them a team, enter what they agreed.
KEEPS = {"lead": frozenset({"Patient", "CareTeam", "Consent"})}
Row = tuple[int, int, bool]


def rows() -> dict[str, Row]:
    """Every resource: its version, whose it is, and whether it is deleted."""
    with psycopg.connect(settings.DATABASE_URL) as conn:
        found = conn.execute("SELECT rtype || '/' || rid, vid, patient, deleted FROM resource").fetchall()
    return {str(name): (vid, patient, deleted) for name, vid, patient, deleted in found}


def authors() -> set[str]:
    """Who the resources that were written without a mark say they are from."""
    with psycopg.connect(settings.DATABASE_URL) as conn:
        found = conn.execute("SELECT body FROM resource WHERE body LIKE '%forged%'").fetchall()
    bodies: list[dict[str, Any]] = [orjson.loads(body) for (body,) in found]
    return {(body.get("sender") or body.get("requester") or {}).get("reference", "") for body in bodies}


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    "who", ["eve", "other_team", "kin-all", "kin-none", "operator", "lead", "narrow", "reader", ""]
)
def test_no_write_into_another_s_record(world: World, who: str) -> None:
    """Some hundred attempts each, more than a thousand in all."""
    kept = KEEPS.get(who, frozenset())
    asking = [one for rtype in TYPES if rtype not in kept for one in attempts(rtype)]
    asking = chance(who).sample(asking, 160) + list(said_by_others())
    before = rows()
    for asked in asking:
        assert ask(asked, world.tokens.get(who, "")).status < 500, (who, asked)
    after, key = rows(), reference_key(AMINA.ref)
    for name, row in before.items():
        hers = row[1] == key or f"/{AMINA.word}-" in name
        assert after[name] == row if hers else after[name][1] == row[1], (who, name)
    assert [name for name, row in after.items() if name not in before and row[1] == key] == []
    assert authors() <= {EVE.ref if who == "eve" else ""}
    assert len(asking) > 180


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_who_may_write_in_both_moves_nothing_between_them(world: World) -> None:
    """Dara cares for both: she may change what either has, and makes nothing of one the other's."""
    asking = [
        one
        for rtype in TYPES
        for one in attempts(rtype)
        if one.way in ("write", "patch", "batch", "transaction")
    ]
    asking = [
        one
        for one in chance("dara").sample(asking, 400)
        if one.method != "POST" or "fullUrl" in one.body.decode()
    ]
    before = rows()
    statuses = {ask(asked, world.tokens["dara"]).status for asked in asking}
    after = rows()
    assert all(after[name][1] == row[1] for name, row in before.items() if not after[name][2])
    assert 200 in statuses and 403 in statuses
    said = [_write("POST", "Communication", _message("message", EVE.ref, "Practitioner/chen"))]
    assert [ask(one, world.tokens["dara"]).status for one in said] == [403]
