"""Consents through the door: they act at once, on whoever they name, and end by themselves."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from psycopg import Connection, connect

from rapport.fhir.outcomes import Refused
from rapport.gate import grants, guards
from rapport.gate.actor import Actor
from rapport.gate.consent.regions import MOST_ROWS, as_written, regions
from rapport.gate.door import Door
from tests.gate.consent.making import (
    Seat,
    actor,
    by_law,
    consent,
    deny,
    finds,
    permit,
    years_ago,
)
from tests.gate.consent.policies import ACTORS, LABELS, coding, concept
from tests.personas import (
    AMINA,
    BILAL,
    CHEN,
    DARA,
    OTHER_TEAM,
    TEAM,
    People,
    arrive,
    message,
    observation,
)

pytestmark = pytest.mark.usefixtures("guarded")


def test_amina_shares_and_ends_it(record: Door, door: Seat) -> None:
    bilal = door(People.bilal)
    assert finds(bilal, "Observation") == set()
    made = door(People.amina).create(consent(permit(BILAL, "health-record", "conversations")))
    assert finds(bilal, "Observation") == {"o1"}  # what is labelled stays hidden
    assert finds(bilal, "Communication") == {"c1", "m1"}
    assert finds(bilal, "Consent") == set() and finds(bilal, "Patient") == set()
    with pytest.raises(Refused):
        bilal.create(message("m2", "c1", "words", sender=BILAL))  # to see is not to write
    door(People.amina).update(made.json | {"status": "inactive"})
    assert finds(bilal, "Observation") == set() and finds(bilal, "Communication") == set()


def test_bilal_may_write_where_amina_says_so(record: Door, door: Seat) -> None:
    may = [concept(code, "consentaction") for code in ("access", "collect")]
    door(People.amina).create(consent(permit(BILAL, "conversations", "health-record") | {"action": may}))
    guards.register(guards.Guard("messages", lambda body: body["resourceType"] == "Communication"))
    made = door(People.bilal).create(message("m2", "c1", "I write for her", sender=BILAL))
    assert made.rid in finds(door(People.amina), "Communication")
    for body in (observation("o9"), message("m3", "c1", "in her name")):
        with pytest.raises(Refused):  # nobody of the family writes the health record, or as somebody else
            door(People.bilal).create(body)


def test_labels_are_shown_when_chosen(record: Door, door: Seat) -> None:
    chosen = permit(BILAL, "health-record", securityLabel=[coding("PSY", "v3-ActCode")])
    door(People.amina).create(consent(chosen))
    assert finds(door(People.bilal), "Observation") == {"o1", "o2"}


def test_a_restriction_holds_against_the_care_team(record: Door, door: Seat) -> None:
    assert finds(door(People.dara), "Observation") == {"o1", "o2"}
    door(People.amina).create(consent(deny(DARA), policyRule=concept("OPTOUT", "v3-ActCode")))
    assert (
        finds(door(People.dara), "Observation") == set()
        and door(People.dara).find("Patient", "amina") is None
    )
    assert finds(door(People.chen), "Observation") == {"o1", "o2"}
    assert finds(door(People.amina), "Observation") == {"o1", "o2"}


def test_a_restriction_holds_against_a_lead(record: Door, door: Seat) -> None:
    door(People.amina).create(consent(deny(CHEN)))
    assert finds(door(People.chen), "Patient") == {"eve"} and finds(door(People.chen), "Consent") == set()


@pytest.mark.parametrize("part", ["status", "scope", "category", "policyRule", "patient"])
@pytest.mark.parametrize("spoilt", [None, {}, [], "rubbish", {"text": "x"}])
def test_what_a_head_says_unclearly_opens_nothing_and_closes_still(part: str, spoilt: Any) -> None:
    body = consent(deny(DARA, provision=[permit(BILAL, "plan")])) | {part: spoilt}
    found = regions(body)
    if part != "patient":  # whose it is stands in the row
        assert not found.permits and found.denials and not found.denials[0].exceptions
    assert regions(consent(permit(BILAL, "plan"))).permits


def test_nobody_is_shut_out_of_their_own_record(record: Door, door: Seat) -> None:
    record.create(consent({"type": "deny"}, policyRule=concept("OPTOUT", "v3-ActCode")))
    assert finds(door(People.amina), "Observation") == {"o1", "o2"}
    assert finds(door(People.dara), "Observation") == set()


def test_what_is_old_enough(record: Door, door: Seat) -> None:
    made = door(People.amina).create(
        consent(permit(BILAL, "health-record", dataPeriod={"end": "2026-11-19"}))
    )
    assert finds(door(People.bilal), "Observation") == set()
    later = permit(BILAL, "health-record", dataPeriod={"end": "2026-11-20"})
    door(People.amina).update(made.json | {"provision": later})
    assert finds(door(People.bilal), "Observation") == {"o1"}


@pytest.mark.parametrize(("meaning", "seen"), [("instance", {"c1"}), ("related", {"c1", "m1"})])
def test_a_thing_and_what_hangs_on_it(record: Door, door: Seat, meaning: str, seen: set[str]) -> None:
    header = [{"meaning": meaning, "reference": {"reference": "Communication/c1"}}]
    door(People.amina).create(consent(permit(BILAL, data=header)))
    assert finds(door(People.bilal), "Communication") == seen


def test_a_young_persons_labels_are_theirs(record: Door, door: Seat) -> None:
    shot = {"resourceType": "Immunization", "status": "completed", "vaccineCode": {"text": "x"}}
    shot |= {"patient": {"reference": AMINA}, "occurrenceString": "once"}
    record.create(shot, rid="plain")
    record.create(shot | {"meta": {"security": [coding("PSY", "v3-ActCode")]}}, rid="private")
    record.create(by_law("PRN"))
    record.update(record.read("Patient", "amina").json | {"birthDate": years_ago(14)})
    assert finds(door(People.bilal), "Immunization") == {"plain"}


def test_a_team_but_for_one_of_them(record: Door, door: Seat) -> None:
    """What is nested closes within its parent alone: to her in that team, not to the team."""
    friend = Actor("staff", "Practitioner/finn", "Finn", "nurse", ("PractitionerRole/finn",), (OTHER_TEAM,))
    team = permit(OTHER_TEAM, "health-record", provision=[deny(People.eve_staff.ref)])
    door(People.amina).create(consent(team))
    assert (
        finds(door(friend), "Observation") == {"o1"} and finds(door(People.eve_staff), "Observation") == set()
    )
    elsewhere = Actor("staff", People.eve_staff.ref, "Eve Marsh", "nurse", (), (TEAM,))
    assert finds(door(elsewhere), "Observation") == {"o1", "o2"}


def test_one_thing_is_kept_private(record: Door, door: Seat) -> None:
    hers = door(People.amina)
    hers.create(consent(permit(BILAL, "conversations")))
    one = [{"meaning": "instance", "reference": {"reference": "Communication/m1"}}]
    hers.create(consent(deny(BILAL, data=one)))
    assert finds(door(People.bilal), "Communication") == {"c1"}
    assert door(People.bilal).search("Communication", "_total=accurate").total == 1


def test_files_are_as_open_as_what_they_hang_on(record: Door, door: Seat) -> None:
    def file(**more: Any) -> str:
        context = {"securityContext": {"reference": "Communication/c1"}}
        return record.create({"resourceType": "Binary", "contentType": "text/plain", **context, **more}).rid

    plain, hidden = file(), file(meta={"security": [coding("PSY", "v3-ActCode")]})
    bilal = door(People.bilal)
    assert bilal.find("Binary", plain) is None
    door(People.amina).create(consent(permit(BILAL, "conversations")))
    assert bilal.find("Binary", plain) and bilal.find("Binary", hidden) is None
    kind = [coding("Communication", "http://hl7.org/fhir/resource-types")]
    door(People.amina).create(consent(deny(BILAL, **{"class": kind})))
    assert bilal.find("Binary", plain) is None


@pytest.mark.parametrize(("minutes", "seen"), [((-10, 10), True), ((-10, -5), False), ((5, 10), False)])
def test_it_begins_and_ends_by_itself(record: Door, door: Seat, minutes: tuple[int, int], seen: bool) -> None:
    now = datetime.now(UTC)
    start, end = ((now + timedelta(minutes=each)).isoformat(timespec="seconds") for each in minutes)
    door(People.amina).create(consent(permit(BILAL, "health-record", period={"start": start, "end": end})))
    assert bool(finds(door(People.bilal), "Observation")) is seen


@pytest.mark.parametrize("who", [People.bilal, People.dara, People.eve, People.eve_staff, People.root])
def test_nobody_else_says_who_sees_what(record: Door, door: Seat, who: Actor) -> None:
    with pytest.raises(Refused):
        door(who).create(consent(permit(who.ref, "health-record")))


def test_nobody_speaks_for_another_or_makes_themself_a_parent(record: Door, door: Seat) -> None:
    hers = door(People.amina)
    for body in (
        consent(permit(BILAL, "plan", role="PRN")),
        consent(permit(BILAL, "plan"), performer=[{"reference": DARA}]),
        consent(permit(BILAL, "plan"), patient={"reference": "Patient/eve"}),
    ):
        with pytest.raises(Refused):
            hers.create(body)
    made = hers.create(consent(permit(BILAL, "plan")))
    with pytest.raises(Refused):
        hers.delete("Consent", made.rid)


def test_what_takes_too_many_rows_closes(record: Door, door: Seat) -> None:
    who = [actor(ref) for ref in ACTORS]
    labels = [coding(code, "v3-ActCode") for code in LABELS]
    inner: dict[str, Any] = {"type": "deny"}
    for start in range(6):
        inner = {
            "type": "deny",
            "actor": who[start % 3 : start % 3 + 4],
            "securityLabel": labels,
            "provision": [inner],
        }
    body = consent(inner)
    if as_written(body, "").size > MOST_ROWS:
        assert len(regions(body).denials) == 1
    record.create(body)
    assert finds(door(People.bilal), "Observation") == set()


def test_a_program_enters_it_by_one_statement_or_several(own_database: str) -> None:
    """What a program stores alone, in a transaction of its own, is compiled all the same."""
    with connect(own_database, autocommit=True) as conn:
        people = arrive(conn)
        Door(conn, people.program, source="api").create(observation("o1"))
        assert len(finds(Door(conn, people.dara), "Observation")) == 1
        Door(conn, people.program, source="api").create(consent(deny(DARA)))
        assert finds(Door(conn, people.dara), "Observation") == set()


def test_grants_are_the_same_when_made_anew(conn: Connection[Any], record: Door, door: Seat) -> None:
    record.create(by_law("PRN"))
    door(People.amina).create(consent(deny(DARA, provision=[permit(DARA, "plan")])))

    def everything() -> list[Any]:
        rows = conn.execute(
            "SELECT access_grant::text FROM access_grant UNION ALL SELECT access_denial::text"
            " FROM access_denial"
        ).fetchall()
        return sorted(rows)

    before = everything()
    grants.rebuild(conn)
    assert everything() == before


def test_a_program_that_is_named_is_bound(record: Door, door: Seat) -> None:
    other = Actor("client", "Device/other", "Other", "program", scopes=People.program.scopes)
    given = door(People.amina).create(consent(deny("Device/bench", **{"class": [RECORD]})))
    bench = door(People.program)
    assert finds(bench, "Observation") == set()
    with pytest.raises(Refused):
        bench.read("Observation", "o1")
    with pytest.raises(Refused):
        bench.update(record.read("Observation", "o1").json)
    assert bench.read("Communication", "m1"), "of another kind"
    assert finds(door(other), "Observation") == {"o1", "o2"}
    assert finds(door(People.dara), "Observation") == {"o1", "o2"}, "nobody else is meant"
    door(People.amina).update(given.json | {"status": "inactive"})
    assert finds(door(People.program), "Observation") == {"o1", "o2"}


def test_a_program_that_nobody_names_is_bound_by_its_scopes(record: Door, door: Seat) -> None:
    door(People.amina).create(consent({"type": "deny", "class": [RECORD]}))
    assert finds(door(People.program), "Observation") == {"o1", "o2"}
    assert finds(door(People.dara), "Observation") == set()


RECORD = coding("health-record", "urn:rapport:category")
