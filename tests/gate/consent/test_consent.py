"""Consents through the door: they act at once, on whoever they name, and end by themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from psycopg import Connection, connect

from rapport.fhir.keys import reference_key
from rapport.fhir.outcomes import Refused
from rapport.gate import emergency, grants, guards, preview
from rapport.gate.actor import Actor
from rapport.gate.consent import ages, guard
from rapport.gate.consent.regions import MOST_ROWS, as_written, regions
from rapport.gate.door import Door
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
    conversation,
    message,
    observation,
)

Seat = Callable[[Actor], Door]
PERSONAL = ("TREAT", "PATRQT", "FAMRQT")


@pytest.fixture(autouse=True)
def guarded(no_guards: None) -> None:
    """With the gate's own guards."""
    guard.set_up()
    emergency.set_up()


def actor(ref: str, role: str = "PRCP") -> dict[str, Any]:
    return {"role": concept(role, "v3-RoleCode"), "reference": {"reference": ref}}


def permit(ref: str, *categories: str, role: str = "PRCP", **more: Any) -> dict[str, Any]:
    """A provision that lets somebody see some categories."""
    return {
        "type": "permit",
        "actor": [actor(ref, role)],
        "action": [concept("access", "consentaction")],
        "purpose": [coding(code, "v3-ActReason") for code in PERSONAL],
        **({"class": [coding(code, "urn:rapport:category") for code in categories]} if categories else {}),
        **more,
    }


def deny(ref: str, **more: Any) -> dict[str, Any]:
    """A provision that closes the record to somebody."""
    return {"type": "deny", "actor": [actor(ref)], **more}


def consent(provision: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A Consent of Amina's."""
    return {
        "resourceType": "Consent",
        "status": "active",
        "scope": concept("patient-privacy", "consentscope"),
        "category": [{"coding": [{"system": "http://loinc.org", "code": "59284-0"}]}],
        "patient": {"reference": AMINA},
        "policyRule": concept("OPTIN", "v3-ActCode"),
        "provision": provision,
        **more,
    }


@pytest.fixture
def record(people: People, conn: Connection[Any]) -> Door:
    """Something in Amina's record; the door of Rapport itself."""
    system = Door(conn, Actor.system("tests"))
    for body in (observation("o1"), conversation("c1"), message("m1", "c1", "words")):
        system.create(body, rid=body["id"])
    hidden = observation("o2") | {"meta": {"security": [coding("PSY", "v3-ActCode")]}}
    system.create(hidden, rid="o2")
    return system


def finds(door: Door, rtype: str) -> set[str]:
    return {one.rid for one in door.search(rtype).matches}


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


# ---------------------------------------------------------------- by law


def by_law(role: str, **more: Any) -> dict[str, Any]:
    proof = {
        "verification": [{"verified": True, "verificationDate": "2020-01-01"}],
        "sourceReference": {"reference": "DocumentReference/proof"},
    }
    labels = [coding("PSY", "v3-ActCode")]
    given = permit(
        BILAL, "identity", "health-record", "conversations", role=role, securityLabel=labels, **more
    )
    return consent(given, **proof)


def years_ago(years: int, days: int = 0) -> str:
    today = datetime.now(UTC).date() + timedelta(days=days)
    return today.replace(year=today.year - years, day=min(today.day, 28)).isoformat()


@pytest.mark.parametrize(
    ("born", "observations", "person"),
    [
        (years_ago(5), {"o1", "o2"}, True),
        (years_ago(14), set(), True),
        (years_ago(30), set(), False),
        ("", set(), False),
    ],
)
def test_a_parents_view_narrows_and_ends(
    record: Door, door: Seat, born: str, observations: set[str], person: bool
) -> None:
    record.create(by_law("PRN"), rid="law")
    patient = record.read("Patient", "amina").json
    record.update({key: value for key, value in (patient | {"birthDate": born}).items() if value})
    assert finds(door(People.bilal), "Observation") == observations
    assert (door(People.bilal).find("Patient", "amina") is not None) is person


def test_the_birthday_itself(conn: Connection[Any], record: Door) -> None:
    record.create(by_law("PRN"), rid="law")
    patient = record.read("Patient", "amina").json
    record.update(patient | {"birthDate": "2012-02-29"})
    rows = conn.execute(
        "SELECT DISTINCT valid_until, isfinite(valid_from) FROM access_grant WHERE source = %s ORDER BY 1",
        (reference_key("Consent/law"),),
    ).fetchall()
    assert rows == [
        (datetime(2024, 2, 29, tzinfo=UTC), False),  # twelve: a birthday that there is
        (datetime(2030, 3, 1, tzinfo=UTC), True),  # eighteen: the day after, where there is none
    ]


def test_countries_differ(monkeypatch: pytest.MonkeyPatch) -> None:
    assert (ages.ages("GB").lower, ages.ages("GB").upper) == (11, 16)
    assert ages.ages("ZZ") == ages.ages("")
    monkeypatch.setattr(ages, "_country", [lambda: "DE"])
    assert ages.ages().lower == 14
    for country in ages._table():
        said = ages.ages(country)
        assert 0 < said.lower <= said.upper <= 21 and not said.narrowed.empty


@pytest.mark.parametrize("lacking", ["verification", "sourceReference"])
def test_no_proof_no_authority(record: Door, door: Seat, lacking: str) -> None:
    patient = record.read("Patient", "amina").json
    record.update(patient | {"birthDate": years_ago(5)})
    body = by_law("PRN")
    del body[lacking]
    record.create(body)
    assert finds(door(People.bilal), "Observation") == set()


def test_an_agent_needs_a_signature_and_a_review(record: Door, door: Seat) -> None:
    bilal, signed = door(People.bilal), {"performer": [{"reference": CHEN}]}
    until = {"period": {"start": "2020-01-01", "end": "2099-01-01"}}
    for body in (by_law("HPOWATT", **until), by_law("HPOWATT") | signed):
        made = record.create(body)
        assert finds(bilal, "Observation") == set()
        record.update(made.json | {"status": "inactive"})
    record.create(by_law("HPOWATT", **until) | signed)
    assert finds(bilal, "Observation") == {"o1", "o2"}


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


# ---------------------------------------------------------------- breaking the glass


@pytest.fixture
def told() -> Iterator[list[Any]]:
    found: list[Any] = []
    emergency.on_opened(lambda _, task: found.append(task))
    yield found
    emergency._told.clear()


def test_breaking_the_glass(record: Door, conn: Connection[Any], told: list[Any]) -> None:
    before = Door(conn, People.eve_staff, "ETREAT")
    assert finds(before, "Observation") == set()
    opened = emergency.break_glass(before, AMINA, "Unconscious in our waiting room")
    after = Door(conn, People.eve_staff, "ETREAT")
    assert finds(after, "Observation") == {"o1", "o2"}
    assert (
        finds(Door(conn, People.eve_staff), "Observation") == set()
    )  # only as an emergency, which shows in the log
    period = opened.json["restriction"]["period"]
    assert datetime.fromisoformat(period["end"]) - datetime.fromisoformat(period["start"]) == timedelta(
        minutes=60
    )
    assert [task["for"]["reference"] for task in told] == [AMINA]
    assert opened.rid in finds(Door(conn, People.amina), "Task")
    after.finish()
    log = Door(conn, People.amina).log(AMINA)
    assert any(entry.ref == People.eve_staff.ref and "Unconscious" in entry.why for entry in log)
    assert any(entry.ref == People.eve_staff.ref and entry.purpose == "ETREAT" for entry in log)


def test_the_hour_ends(record: Door, conn: Connection[Any]) -> None:
    emergency.break_glass(Door(conn, People.eve_staff), AMINA, "Unconscious in our waiting room")
    row = conn.execute(
        "SELECT max(valid_until) - now() FROM access_grant WHERE rule = 'emergency'"
    ).fetchone()
    assert row and timedelta(minutes=59) < row[0] <= timedelta(minutes=60, seconds=5)


@pytest.mark.parametrize("who", [People.amina, People.bilal, People.eve, People.eve_staff, People.program])
def test_nobody_opens_it_by_hand(record: Door, conn: Connection[Any], who: Actor) -> None:
    task = emergency._task(who, AMINA, "Because I want to", datetime.now(UTC))
    with pytest.raises(Refused):
        Door(conn, who).create(task)
    if who.kind != "staff":
        with pytest.raises(Refused):
            emergency.break_glass(Door(conn, who), AMINA, "Because I want to")
    with pytest.raises(Refused):
        emergency.break_glass(Door(conn, People.eve_staff), AMINA, "why not")


def test_what_is_denied_stays_closed_but_for_emergencies_the_patient_allows(
    record: Door, conn: Connection[Any], door: Seat
) -> None:
    ref = People.eve_staff.ref
    made = door(People.amina).create(consent(deny(ref)))
    emergency.break_glass(Door(conn, People.eve_staff), AMINA, "Unconscious in our waiting room")
    assert finds(Door(conn, People.eve_staff, "ETREAT"), "Observation") == set()
    but = permit(ref, "health-record") | {"purpose": [coding("ETREAT", "v3-ActReason")]}
    but["securityLabel"] = [coding("PSY", "v3-ActCode")]
    door(People.amina).update(made.json | {"provision": deny(ref, provision=[but])})
    assert finds(Door(conn, People.eve_staff, "ETREAT"), "Observation") == {"o1", "o2"}
    assert finds(Door(conn, People.eve_staff), "Observation") == set()


# ---------------------------------------------------------------- asking what others see


def test_amina_sees_beforehand_what_bilal_would_see(record: Door, conn: Connection[Any], door: Seat) -> None:
    hers = door(People.amina)
    with preview.supposing(hers, consent(permit(BILAL, "health-record"))):
        assert finds(preview.seen_by(hers, People.bilal), "Observation") == {"o1"}
    assert finds(preview.seen_by(hers, People.bilal), "Observation") == set()
    assert finds(door(People.bilal), "Observation") == set()
    assert preview.seen_by(hers, People.chen).find("Patient", "eve") is None  # of the own record only
    with pytest.raises(Refused):
        preview.seen_by(hers, People.dara).create(observation("new"))
    hers.finish()
    row = conn.execute("SELECT count(*) FROM audit WHERE ref = %s", (BILAL,)).fetchone()
    assert row == (0,) or row[0] <= 2  # none of it was Bilal's look


def test_why(record: Door, door: Seat) -> None:
    hers = door(People.amina)
    why = preview.would(hers, People.dara, "r", "Observation", "o1")
    assert why.allowed and why.rule == "care team"
    assert not preview.would(hers, People.bilal, "r", "Observation", "o1").allowed
    hers.create(consent(permit(BILAL, "health-record")))
    shared = preview.would(hers, People.bilal, "r", "Observation", "o1")
    assert shared.allowed and shared.rule == "consent"
    hers.create(consent(deny(DARA)))
    closed = preview.would(door(People.chen), People.dara, "r", "Observation", "o1")
    assert not closed.allowed and closed.rule == "denied" and TEAM not in closed.reason
    for stranger in (People.eve, People.eve_staff, People.bilal, People.root):
        with pytest.raises(Refused):
            preview.would(door(stranger), People.dara, "r", "Observation", "o1")
