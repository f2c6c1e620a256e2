"""What matters as Observations, for other systems: valid, of the same words, and never more widely shared."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from rapport.fhir.outcomes import Refused
from rapport.fhir.validation import check
from rapport.gate.actor import Actor
from rapport.gate.door import Door
from rapport.pillars.what_matters import actions, shapes
from tests.gate.consent.test_consent import consent, permit
from tests.personas import AMINA, People

Doors = Callable[[Actor], Door]


@pytest.mark.parametrize(
    ("kind", "code"),
    [("unwilling", "75773-2"), ("wishes", "75773-2"), ("talk", "95541-9"), ("please", "95541-9")],
)
def test_a_preference_stands_beside_the_entry(people: People, door: Doors, kind: str, code: str) -> None:
    rid = actions.write(door(people.amina), once="a", patient=AMINA, kind=kind, words="No tubes.")
    (found,) = door(people.dara).search("Observation", [("code", f"http://loinc.org|{code}")]).matches
    assert check(found.json) == () and found.json["valueString"] == "No tubes."
    assert found.json["derivedFrom"] == [{"reference": f"QuestionnaireResponse/{rid}"}]
    actions.change(door(people.amina), patient=AMINA, entry=rid, words="No tubes at night.")
    actions.take_out(door(people.amina), patient=AMINA, entry=rid)
    now = door(people.dara).read("Observation", shapes.preference_id(rid)).json
    assert (now["valueString"], now["status"]) == ("No tubes at night.", "cancelled")


def test_worries_and_people_are_no_preferences(people: People, door: Doors) -> None:
    for kind in ("worry", "people", "helps"):
        actions.write(door(people.amina), once=kind, patient=AMINA, kind=kind, words="Bilal.")
    assert door(people.dara).search("Observation", "_count=9").matches == ()


def test_a_stranger_and_who_sees_the_health_record_alone_read_none_of_it(people: People, door: Doors) -> None:
    rid = actions.write(door(people.amina), once="a", patient=AMINA, kind="unwilling", words="No tubes.")
    door(Actor.system("tests")).create(consent(permit("RelatedPerson/bilal", "health-record")))
    for who in (people.bilal, people.eve, people.eve_staff):
        assert door(who).search("Observation", "_count=9").matches == ()
        with pytest.raises(Refused):
            door(who).read("Observation", shapes.preference_id(rid))
    assert door(people.amina).read("Observation", shapes.preference_id(rid)).json["status"] == "final"
