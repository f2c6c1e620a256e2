"""Medicines at hand where the data is whole, undefined where it is not; goals and readings over time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone

from rapport.fhir.validation import check
from rapport.gate.actor import Actor
from rapport.gate.door import Door
from rapport.pillars.circle import actions as circle
from rapport.pillars.circle.shapes import Choice as Sharing
from rapport.pillars.plans import actions, reading
from rapport.pillars.plans.shapes.goals import Said
from rapport.pillars.plans.shapes.supplies import supply, targets
from tests.conversations.pages import Browser
from tests.personas import AMINA, People

Doors = Callable[[Actor], Door]
UCUM = "http://unitsofmeasure.org"


def fill(rid: str, day: date | None, days: int | None = 30, name: str = "Ramipril 5 mg") -> dict[str, Any]:
    body: dict[str, Any] = {
        "resourceType": "MedicationDispense", "id": rid, "status": "completed",
        "subject": {"reference": AMINA}, "medicationCodeableConcept": {"text": name},
    }  # fmt: skip
    if day:
        body["whenHandedOver"] = f"{day.isoformat()}T11:00:00Z"
    if days:
        body["daysSupply"] = {"value": days, "unit": "days", "system": UCUM, "code": "d"}
    return body


def weight(rid: str, day: date, value: float) -> dict[str, Any]:
    return {
        "resourceType": "Observation", "id": rid, "status": "final", "subject": {"reference": AMINA},
        "category": [{"coding": [{
            "system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "vital-signs"}]}],
        "code": {"coding": [{"system": "http://loinc.org", "code": "29463-7"}], "text": "Body weight"},
        "effectiveDateTime": day.isoformat(),
        "valueQuantity": {"value": value, "unit": "kg", "system": UCUM, "code": "kg"},
    }  # fmt: skip


def store(door: Door, *bodies: dict[str, Any]) -> None:
    for body in bodies:
        assert check(body) == ()
        door.create(body, rid=body["id"])


def ago(days: int) -> date:
    return timezone.localdate() - timedelta(days=days)


def only(door: Door) -> Any:
    (one,) = reading.medicines(door, AMINA, timezone.localdate())
    return one


def test_whole_data_has_a_number_and_a_calendar(people: People, door: Doors) -> None:
    """First fill 99 days ago: 100 days; 30 days' supply thrice, the second a day early: 90 of 100."""
    store(door(people.program), *(fill(f"f{n}", ago(n)) for n in (99, 70, 40)))
    one = only(door(people.dara))
    assert (one.coverage.covered, one.coverage.days, one.why) == (90, 100, "")
    said = Browser(people.dara).get("/adherence/amina/")
    assert "At hand on 90 of 100 days" in said and "PDC 90%" in said and "That is 80% or more." in said


def test_just_under_the_threshold_is_not_rounded_up(people: People, door: Doors) -> None:
    """80 days of 101: 0.79207…; 81 of 101 is over."""
    store(door(people.program), fill("a", ago(100), 40), fill("b", ago(50), 40))
    said = Browser(people.dara).get("/adherence/amina/")
    assert "PDC 79%" in said and "That is under 80%." in said


@pytest.mark.parametrize(
    ("bodies", "why"),
    [
        ([fill("a", ago(120)), fill("b", ago(90)), fill("c", None)], "part"),
        ([fill("a", ago(120)), fill("b", ago(90), None)], "part"),
        ([fill("a", ago(120))], "short"),
        ([fill("a", ago(90)), fill("b", ago(30))], "short"),
    ],
)
def test_what_is_not_whole_has_no_number(
    bodies: list[dict[str, Any]], why: str, people: People, door: Doors
) -> None:
    store(door(people.program), *bodies)
    one = only(door(people.dara))
    assert (one.coverage, one.why) == (None, why)
    said = Browser(people.dara).get("/adherence/amina/")
    assert "There is no number" in said and "PDC" not in said


def test_nothing_known_is_said_so(people: People) -> None:
    assert "No pharmacy sends here" in Browser(people.dara).get("/adherence/amina/")


def test_days_in_hospital_are_left_out(people: People, door: Doors) -> None:
    stay = {
        "resourceType": "Encounter", "id": "s1", "status": "finished", "subject": {"reference": AMINA},
        "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "IMP"},
        "period": {"start": f"{ago(60)}T10:00:00Z", "end": f"{ago(51)}T10:00:00Z"},
    }  # fmt: skip
    store(door(people.program), stay, *(fill(f"f{n}", ago(n)) for n in (99, 70, 40)))
    one = only(door(people.dara))
    assert (one.coverage.covered, one.coverage.days, len(one.away)) == (90, 90, 10)
    assert "10 days in hospital are left out." in Browser(people.dara).get("/adherence/amina/")


def test_supplies_in_weeks_and_in_no_unit_that_is_known() -> None:
    body = fill("a", ago(1))
    assert supply({**body, "daysSupply": {"value": 4, "code": "wk"}}).days == 28
    for odd in ({"value": 30, "unit": "tablets"}, {"value": 0, "code": "d"}, {"value": 1.5, "code": "d"}, {}):
        assert supply({**body, "daysSupply": odd}).days is None


def test_goals_and_readings_over_time(people: People, door: Doors) -> None:
    rid = actions.say(door(people.amina), once="g", patient=AMINA, said=Said("To dance"))
    actions.level(door(people.amina), patient=AMINA, goal=rid, level=-1)
    aim = {
        "resourceType": "Goal", "id": "aim", "lifecycleStatus": "active", "subject": {"reference": AMINA},
        "description": {"text": "74 kg or less"},
        "target": [{
            "measure": {"coding": [{"system": "http://loinc.org", "code": "29463-7"}]},
            "detailQuantity": {"value": 74, "comparator": "<=", "unit": "kg", "system": UCUM, "code": "kg"},
        }],
    }  # fmt: skip
    store(door(people.program), aim, weight("w1", ago(30), 76.2), weight("w2", ago(1), 74))
    for who in (people.amina, people.dara):
        said = Browser(who).get("/goals/amina/charts/")
        assert "To dance" in said and "A little less" in said
        assert "Aimed at: up to 74 kg" in said and "76.2" in said and "Not yet" in said and "Yes" in said


def test_targets_of_every_kind() -> None:
    for detail, ends in (
        ({"detailQuantity": {"value": 7}}, (7, 7)),
        ({"detailQuantity": {"value": 7, "comparator": ">="}}, (7, None)),
        ({"detailRange": {"low": {"value": 4}, "high": {"value": 7}}}, (4, 7)),
    ):
        assert list(targets({"target": [{"measure": {"text": "x"}, **detail}]})) == [("x", ends)]
    assert list(targets({"target": [{"detailString": "well"}]})) == []


@pytest.mark.parametrize("who", ["amina", "eve", "bilal"])
def test_the_number_is_for_staff_alone(who: str, people: People, door: Doors) -> None:
    store(door(people.program), *(fill(f"f{n}", ago(n)) for n in (99, 70, 40)))
    other = Browser(getattr(people, who))
    other.get("/adherence/amina/")
    assert other.status == 404


@pytest.mark.parametrize("who", ["eve", "eve_staff", "root", "bilal"])
def test_eve_and_others_see_no_drawing(who: str, people: People, door: Doors) -> None:
    store(door(people.program), weight("w1", ago(30), 76.2), weight("w2", ago(1), 74))
    store(door(people.program), *(fill(f"f{n}", ago(n)) for n in (99, 70, 40)))
    other = Browser(getattr(people, who))
    assert "76.2" not in other.get("/goals/amina/charts/")
    assert "Ramipril" not in other.get("/adherence/amina/")


def test_bilal_sees_readings_where_the_record_is_shared(people: People, door: Doors) -> None:
    store(door(people.program), weight("w1", ago(30), 76.2), weight("w2", ago(1), 74))
    circle.share(
        door(people.amina), member=people.bilal.ref, choice=Sharing(dict.fromkeys(["health-record"]))
    )
    assert "76.2" in Browser(people.bilal).get("/goals/amina/charts/")
