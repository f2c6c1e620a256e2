"""What carries the mark of a category is shared by that category, and by no other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from psycopg import Connection

from rapport.fhir.labels import BITS, CATEGORIES, CATEGORY
from rapport.fhir.outcomes import Refused
from rapport.gate import circle, guards, marks
from rapport.gate.actor import Actor
from rapport.gate.door import Door
from rapport.gate.permissions import MARKED
from tests.gate.consent.test_consent import consent, deny, permit
from tests.personas import AMINA, BILAL, People, arrive

Json = dict[str, Any]


@pytest.fixture(autouse=True)
def judged() -> Iterator[None]:
    """The guard stands at the door, and is gone after."""
    had = guards.any_registered()
    marks.set_up()
    yield
    if not had:
        guards.remove("marks")


@pytest.fixture
def people(conn: Connection[Any]) -> People:
    return arrive(conn)


def resource(kind: str, rid: str) -> Json:
    """A Task or Communication of a kind, without a mark: the gate puts it on."""
    code = {"coding": [{"system": "urn:rapport:kind", "code": kind}]}
    if kind in ("help", "to-do", "promise"):
        return {
            "resourceType": "Task", "id": rid, "status": "requested", "intent": "plan", "code": code,
            "for": {"reference": AMINA}, "requester": {"reference": AMINA},
        }  # fmt: skip
    return {
        "resourceType": "Communication", "id": rid, "status": "completed", "category": [code],
        "subject": {"reference": AMINA}, "sender": {"reference": "Practitioner/dara"},
    }  # fmt: skip


#: kind -> the category that opens it.
OPENS = {**marks.CATEGORY_OF, "promise": "conversations", "message": "conversations"}


def stored(conn: Connection[Any]) -> Door:
    door = Door(conn, Actor.system("tests"))
    for kind in OPENS:
        door.create(resource(kind, kind), rid=kind)
    return door


def seen(conn: Connection[Any], who: Actor) -> set[str]:
    """What they find by reading, which must be what they find by searching."""
    door = Door(conn, who)
    refs = {kind: f"{resource(kind, kind)['resourceType']}/{kind}" for kind in OPENS}
    read = {kind for kind, ref in refs.items() if door.find(*ref.split("/"))}
    both = (door.search(rtype, [("_count", "50")]) for rtype in ("Task", "Communication"))
    found = {one.rid for page in both for one in page.matches}
    assert read == found & set(OPENS)
    return read


def test_each_mark_has_a_bit_and_a_category() -> None:
    assert set(MARKED) == {BITS[CATEGORY, name] for name in CATEGORIES}
    assert set(marks.CATEGORY_OF.values()) == set(CATEGORIES)


@pytest.mark.parametrize("category", sorted({*OPENS.values(), "health-record", "identity"}))
def test_a_category_opens_its_own_kinds_alone(conn: Connection[Any], people: People, category: str) -> None:
    door = stored(conn)
    assert seen(conn, people.bilal) == set()
    door.create(consent(permit(BILAL, category)))
    assert seen(conn, people.bilal) == {kind for kind, by in OPENS.items() if by == category}
    assert seen(conn, people.amina) == seen(conn, people.dara) == set(OPENS)
    assert seen(conn, people.eve) == seen(conn, people.eve_staff) == set()


def test_who_is_given_a_type_is_given_what_is_plainly_of_it(conn: Connection[Any], people: People) -> None:
    door = stored(conn)
    named = permit(BILAL)
    named["class"] = [
        {"system": "http://hl7.org/fhir/resource-types", "code": rtype} for rtype in ("Task", "Communication")
    ]
    door.create(consent(named))
    assert seen(conn, people.bilal) == {"promise", "message"}


def test_a_denial_closes_by_category_and_by_type(conn: Connection[Any], people: People) -> None:
    door = stored(conn)
    door.create(consent(permit(BILAL, "conversations", "practical-help", "updates")))
    assert seen(conn, people.bilal) == {"promise", "message", "help", "to-do", "update"}
    closed = deny(BILAL)
    closed["class"] = [{"system": CATEGORY, "code": "practical-help"}]
    first = door.create(consent(closed))
    assert seen(conn, people.bilal) == {"promise", "message", "update"}
    closed["class"] = [{"system": "http://hl7.org/fhir/resource-types", "code": "Task"}]
    door.update({**consent(closed), "id": first.rid})
    assert seen(conn, people.bilal) == {"message", "update"}


def test_nobody_marks_what_is_of_another_kind(conn: Connection[Any], people: People) -> None:
    door = stored(conn)
    dara = Door(conn, people.dara)
    mark = {"security": [{"system": CATEGORY, "code": "practical-help"}]}
    with pytest.raises(Refused, match="another kind"):
        dara.create({**resource("promise", "x"), "requester": {"reference": people.dara.ref}, "meta": mark})
    plain = door.read("Task", "help").json
    with pytest.raises(Refused, match="cannot be changed"):
        door.update({**plain, "code": resource("promise", "x")["code"], "meta": {"tag": [{"code": "x"}]}})
    bare = door.update({**plain, "meta": {"tag": [{"code": "x"}]}})
    assert marks.of_labels(bare.json) == {"practical-help"}


def test_two_marks_are_no_category(conn: Connection[Any], people: People) -> None:
    """Whatever else went wrong: such a row is nobody's of the circle."""
    door = stored(conn)
    guards.remove("marks")
    both = [{"system": CATEGORY, "code": name} for name in ("practical-help", "updates")]
    door.create({**resource("help", "both"), "meta": {"security": both}}, rid="both")
    door.create(consent(permit(BILAL, "conversations", "practical-help", "updates")))
    assert Door(conn, people.bilal).find("Task", "both") is None


def test_who_of_the_circle_is_let_in(conn: Connection[Any], people: People) -> None:
    door = stored(conn)
    amina, dara = Door(conn, people.amina), Door(conn, people.dara)
    assert circle.let_in(amina, AMINA, "updates", "Communication") == []
    door.create(consent(permit(BILAL, "updates")))
    assert [ref for ref, _ in circle.let_in(dara, AMINA, "updates", "Communication")] == [BILAL]
    assert circle.let_in(dara, AMINA, "practical-help", "Task") == []
    assert circle.let_in(Door(conn, people.eve_staff), AMINA, "updates", "Communication") == []
    with pytest.raises(Refused):
        circle.let_in(Door(conn, people.bilal), AMINA, "updates", "Communication")
