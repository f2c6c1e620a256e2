"""No writer passes a guard by: create, update, delete, conditional ones, bundle, import, Rapport itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson
import pytest
from psycopg import Connection

from rapport.fhir.outcomes import Refused
from rapport.gate import guards
from rapport.gate.actor import Actor
from rapport.gate.claims import kinds
from rapport.gate.door import Door
from tests.personas import AMINA, People, conversation, kind, message

CONCERN = {
    "resourceType": "Task",
    "status": "requested",
    "intent": "order",
    "code": kind("concern"),
    "for": {"reference": AMINA},
    "requester": {"reference": AMINA},
}


def no_end(door: Door, before: Any, after: Any) -> None:
    """A concern is neither deleted nor completed, nor does it stop being one."""
    if after is None or after["status"] == "completed" or "concern" not in kinds(after):
        raise Refused("rule", "A concern ends only when the person says so.", "Ask them.")


@pytest.fixture
def guarded(people: People, door: Callable[[Actor], Door]) -> People:
    door(people.amina).create(CONCERN, rid="t1")
    guards.register(guards.Guard("no-end", lambda body: "concern" in kinds(body), no_end))
    guards.register(guards.Guard("words", lambda body: body["resourceType"] == "Communication"))
    return people


def entry(method: str, url: str, body: Any = None) -> bytes:
    resource = {"resource": body} if body else {}
    return orjson.dumps(
        {
            "resourceType": "Bundle",
            "type": "transaction",
            "entry": [resource | {"request": {"method": method, "url": url}}],
        }
    )


DONE = CONCERN | {"id": "t1", "status": "completed"}
OTHER = DONE | {"code": {"text": "not a concern any more"}, "status": "requested"}
WAYS: dict[str, Callable[[Door], Any]] = {
    "create": lambda door: door.create(CONCERN | {"status": "completed"}),
    "create with a condition": lambda door: door.create(DONE, if_none_exist="identifier=a|b"),
    "update": lambda door: door.update(DONE),
    "update to something else": lambda door: door.update(OTHER),
    "update as text": lambda door: door.update(orjson.dumps(DONE)),
    "update where": lambda door: door.put_where(orjson.dumps(DONE), DONE, "_id=t1"),
    "patch": lambda door: door.patch("Task", "t1", lambda raw: raw.replace(b"requested", b"completed")),
    "delete": lambda door: door.delete("Task", "t1"),
    "delete where": lambda door: door.delete_where("Task", "_id=t1"),
    "bundle put": lambda door: door.bundle(entry("PUT", "Task/t1", DONE)),
    "bundle put where": lambda door: door.bundle(entry("PUT", "Task?_id=t1", DONE)),
    "bundle post": lambda door: door.bundle(entry("POST", "Task", CONCERN | {"status": "completed"})),
    "bundle delete": lambda door: door.bundle(entry("DELETE", "Task/t1")),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("who", [People.amina, People.dara, People.program, Actor.system("import")])
def test_no_way_around(guarded: People, conn: Connection[Any], who: Actor, way: str) -> None:
    with pytest.raises(Refused) as refused:
        WAYS[way](Door(conn, who))
    allowed_codes = {"rule"} if who.kind in ("client", "system") else {"rule", "forbidden", "not-found"}
    assert refused.value.code in allowed_codes
    task = Door(conn, Actor.system("tests")).read("Task", "t1")
    assert task.vid == 1 and not task.deleted
    assert len(Door(conn, Actor.system("tests")).search("Task").matches) == 1


def test_a_made_up_kind_is_no_way_to_write_unguarded(guarded: People, conn: Connection[Any]) -> None:
    free = CONCERN | {"code": kind("anything"), "status": "completed"}
    for who in (People.amina, People.bilal):
        with pytest.raises(Refused) as refused:
            Door(conn, who).create(free | {"requester": {"reference": who.ref}})
        assert refused.value.code == "forbidden"
    Door(conn, People.program).create(free)


def test_in_a_batch_the_rest_goes_on(guarded: People, conn: Connection[Any]) -> None:
    entries = [
        {"request": {"method": "DELETE", "url": "Task/t1"}},
        {
            "resource": conversation("x") | {"sender": {"reference": AMINA}},
            "request": {"method": "POST", "url": "Communication"},
        },
    ]
    raw = orjson.dumps({"resourceType": "Bundle", "type": "batch", "entry": entries})
    answer = orjson.loads(Door(conn, People.program).bundle(raw))
    assert [each["response"]["status"][:3] for each in answer["entry"]] == ["422", "201"]


def test_a_refusal_that_is_caught_still_breaks_the_unit(guarded: People, conn: Connection[Any]) -> None:
    door = Door(conn, People.amina)
    with pytest.raises(Refused), door.unit("trying"):
        door.create(conversation("c1"), rid="c1")
        with pytest.raises(Refused):
            door.update(DONE)
    assert door.find("Communication", "c1") is None
    assert door.read("Task", "t1").vid == 1


def test_what_follows_follows_every_write(people: People, conn: Connection[Any]) -> None:
    def answer(door: Door, before: Any, after: Any) -> None:
        if before is None and "message" in kinds(after):
            door.rapport("tests").create(CONCERN | {"focus": {"reference": f"Communication/{after['id']}"}})
            door.changed("team:Organization/harbour-street")

    guards.register(
        guards.Guard("follow", lambda body: body["resourceType"] == "Communication", follow=answer)
    )
    Door(conn, people.amina).create(conversation("c1"), rid="c1")
    Door(conn, people.amina).create(message("m1", "c1", "One"), rid="m1")
    Door(conn, people.program).create(message("m2", "c1", "Two"), rid="m2")
    tasks = Door(conn, people.amina).search("Task").matches
    assert {task.json["focus"]["reference"] for task in tasks} == {"Communication/m1", "Communication/m2"}


def test_what_follows_cannot_go_round_for_ever(people: People, conn: Connection[Any]) -> None:
    def again(door: Door, before: Any, after: Any) -> None:
        door.rapport("tests").create(CONCERN)

    guards.register(guards.Guard("again", lambda body: body["resourceType"] == "Task", follow=again))
    with pytest.raises(RuntimeError):
        Door(conn, people.amina).create(CONCERN)
    assert not Door(conn, people.amina).search("Task").matches
