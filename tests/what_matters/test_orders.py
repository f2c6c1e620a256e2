"""What is ordered against her words, over any way in: noted, seen by both sides, gone on with why."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from rapport.fhir.outcomes import Refused
from rapport.fhir.validation import check
from rapport.gate.actor import Actor
from rapport.gate.door import Door
from rapport.people import site
from rapport.pillars.what_matters import actions, shapes
from tests.conversations.pages import Browser
from tests.personas import AMINA, DARA, People

Doors = Callable[[Actor], Door]
NEEDLES = "I faint when I see a needle"
WHY = "There is no tablet of it. Dara sits with her."


def ordered(words: str = "Insulin glargine, subcutaneous", rid: str = "m1") -> dict[str, Any]:
    return {
        "resourceType": "MedicationRequest", "id": rid, "status": "active", "intent": "order",
        "subject": {"reference": AMINA}, "medicationCodeableConcept": {"text": words},
    }  # fmt: skip


def visit(words: str, start: datetime, rid: str = "v1") -> dict[str, Any]:
    begin = start.isoformat(timespec="seconds")
    return {
        "resourceType": "Appointment", "id": rid, "status": "booked", "description": words,
        "start": begin, "end": (start + timedelta(minutes=20)).isoformat(timespec="seconds"),
        "participant": [{"actor": {"reference": AMINA}, "status": "accepted"}],
    }  # fmt: skip


@pytest.fixture
def entry(door: Doors, people: People) -> str:
    return actions.write(door(people.amina), once="a form", patient=AMINA, kind="worry", words=NEEDLES)


def issues(door: Door) -> list[dict[str, Any]]:
    return [one.json for one in door.search("DetectedIssue", [("patient", AMINA)]).matches]


def test_a_program_orders_it_is_kept_and_noted(people: People, door: Doors, entry: str) -> None:
    program = door(people.program)
    program.create(ordered(), rid="m1")
    program.create(ordered("Ramipril 5 mg tablets", "m2"), rid="m2")
    (one,) = issues(door(people.dara))
    assert check(one) == ()
    assert shapes.pair_of(one) == ("MedicationRequest/m1", entry) and one["status"] == "preliminary"
    assert "needle" not in str(one)  # it points to the words
    program.update({**ordered(), "priority": "routine"})
    program.update(ordered("Insulin glargine, subcutaneous, 10 units"))
    assert len(issues(door(people.dara))) == 1


def test_a_bundle_and_each_type_are_looked_at(people: People, door: Doors, entry: str) -> None:
    actions.write(
        door(people.amina), once="b", patient=AMINA, kind="talk", words="With an interpreter, please."
    )
    soon = datetime.now(UTC) + timedelta(days=3)
    program = door(people.program)
    service = {
        "resourceType": "ServiceRequest", "id": "s1", "status": "active", "intent": "order",
        "subject": {"reference": AMINA}, "code": {"text": "Full blood count, venepuncture"},
    }  # fmt: skip
    plan = {
        "resourceType": "CarePlan", "id": "c1", "status": "active", "intent": "plan",
        "subject": {"reference": AMINA},
        "activity": [{"detail": {"status": "not-started", "description": "Flu vaccination"}}],
    }  # fmt: skip
    past, coming = visit("Review", soon - timedelta(days=9), "v0"), visit("Results", soon, "v1")
    for body in (service, plan, past, coming, visit("Results, interpreter booked", soon, "v2")):
        assert check(body) == ()
        program.create(body, rid=body["id"])
    pairs = {shapes.pair_of(one)[0] for one in issues(door(people.dara))}
    assert pairs == {"ServiceRequest/s1", "CarePlan/c1", "Appointment/v1"}


def test_dara_goes_on_with_a_reason_and_amina_reads_it(people: People, door: Doors, entry: str) -> None:
    door(people.program).create(ordered(), rid="m1")
    amina, dara = Browser(people.amina), Browser(people.dara)
    said = amina.get("/matters/amina/")
    assert "Insulin glargine" in said and "Nobody has said yet why it is still right." in said
    dara.get(f"/matters/amina/go-on/?order=MedicationRequest/m1&entry={entry}")
    assert NEEDLES in dara.said
    assert "Say why in a sentence." in dara.send("/go-on/", words=" ") and dara.status == 422
    dara.get(f"/matters/amina/go-on/?order=MedicationRequest/m1&entry={entry}")
    for browser in (dara, amina):
        said = dara.send("/go-on/", words=WHY) if browser is dara else amina.get("/matters/amina/")
        assert "Dara Okafor said why it is still right" in said and WHY in said and NEEDLES in said
    (one,) = issues(door(people.amina))
    assert check(one) == () and one["status"] == "final"


def test_an_order_from_before_her_words_can_be_gone_on_with(people: People, door: Doors) -> None:
    door(people.program).create(ordered(), rid="m1")
    entry = actions.write(door(people.amina), once="a", patient=AMINA, kind="worry", words=NEEDLES)
    assert issues(door(people.dara)) == []
    for _ in range(2):
        actions.go_on(door(people.dara), patient=AMINA, order="MedicationRequest/m1", entry=entry, reason=WHY)
    (one,) = issues(door(people.dara))
    assert len(one["mitigation"]) == 1


@pytest.mark.parametrize("who", ["eve", "eve_staff", "bilal", "root"])
def test_eve_and_others_go_on_with_nothing(people: People, door: Doors, entry: str, who: str) -> None:
    door(people.program).create(ordered(), rid="m1")
    actor = getattr(people, who)
    with pytest.raises(Refused):
        actions.go_on(door(actor), patient=AMINA, order="MedicationRequest/m1", entry=entry, reason=WHY)
    other = Browser(actor)
    other.post(f"/matters/amina/go-on/?order=MedicationRequest/m1&entry={entry}", {"words": WHY})
    assert other.status == 404
    assert NEEDLES not in other.get("/matters/amina/")


def test_amina_cannot_sign_for_dara_and_nobody_forges_a_reason(
    people: People, door: Doors, entry: str
) -> None:
    door(people.program).create(ordered(), rid="m1")
    (one,) = issues(door(people.dara))
    signed = shapes.gone_on(one, WHY, by=(people.chen.ref, "Dr Mei Chen"), at=datetime.now(UTC))
    for actor in (people.dara, people.amina):
        with pytest.raises(Refused):
            door(actor).update(signed)
    with pytest.raises(Refused):
        door(people.dara).delete("DetectedIssue", one["id"])
    door(people.dara).update(shapes.gone_on(one, WHY, by=(DARA, "Dara Okafor"), at=datetime.now(UTC)))
    (one,) = issues(door(people.dara))
    with pytest.raises(Refused):
        door(people.dara).update({**one, "mitigation": []})


def test_who_may_not_read_her_words_reads_none(people: People, door: Doors, entry: str) -> None:
    """Bilal sees the record, not what she says of herself: the note in it holds no word of hers."""
    from rapport.pillars.circle import actions as circle
    from rapport.pillars.circle.shapes import Choice

    door(people.program).create(ordered(), rid="m1")
    circle.share(door(people.amina), member=people.bilal.ref, choice=Choice(dict.fromkeys(["health-record"])))
    (one,) = issues(door(people.bilal))
    assert "faint" not in str(one)
    assert "needle" not in Browser(people.bilal).get("/matters/amina/")


def test_the_hour_is_that_of_the_site_over_any_way_in(people: People, door: Doors) -> None:
    """A visit at 9.30 by the clock of the clinic is before ten, whatever its offset is written as."""
    words = "Don’t ring before ten."
    actions.write(door(people.amina), once="a", patient=AMINA, kind="please-not", words=words)
    zone = site.current().zone
    soon = (datetime.now(zone) + timedelta(days=40)).replace(hour=9, minute=30, second=0, microsecond=0)
    with timezone.override(ZoneInfo("Pacific/Auckland")):
        program = door(people.program)
        program.create(visit("Review", soon.astimezone(UTC), "v1"), rid="v1")
        program.create(visit("Review", (soon + timedelta(hours=1)).astimezone(UTC), "v2"), rid="v2")
    assert [shapes.pair_of(one)[0] for one in issues(door(people.dara))] == ["Appointment/v1"]
