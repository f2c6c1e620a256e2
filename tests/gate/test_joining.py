"""Two records of one person are joined, and are two again; entries of another person move to them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import Connection

from rapport.fhir.keys import reference_key
from rapport.fhir.outcomes import Refused
from rapport.gate import grants, joins
from rapport.gate.actor import Actor
from rapport.gate.door import Door
from rapport.gate.identity import joining, links, splitting
from rapport.gate.identity.pairs import are_apart, best, found, keep_apart, of
from rapport.store.checking import faults
from tests.personas import (
    AMINA,
    BILAL,
    CHEN,
    DARA,
    EVE_STAFF,
    OTHER_TEAM,
    TEAM,
    People,
    arrive,
    conversation,
    message,
    observation,
)

Doors = Callable[[Actor], Door]
AGAIN = "Patient/again"
_TABLES = ("token", "ref", "date", "number", "string", "uri")
SON_OF_AGAIN = Actor("kin", "RelatedPerson/omar", "Omar Haddad", "her son", patients=(AGAIN,))
AMINA_AGAIN = Actor("patient", AGAIN, "Amina Hadad", "patient", patients=(AGAIN,))


def refusal(act: Callable[[], Any]) -> str:
    with pytest.raises(Refused) as refused:
        act()
    return refused.value.code


def patient(rid: str) -> dict[str, Any]:
    return {
        "resourceType": "Patient",
        "id": rid,
        "active": True,
        "name": [{"family": "Hadad", "given": ["Amina"]}],
        "birthDate": "1968-03-14",
    }


def sharing(rid: str, whose: str, who: str, kind: str = "permit", *classes: str) -> dict[str, Any]:
    """A Consent that lets somebody see some categories, or denies them everything."""
    terms = "http://terminology.hl7.org/CodeSystem/"
    coded = [{"system": "urn:rapport:category", "code": code} for code in classes]
    actor = {
        "role": {"coding": [{"system": f"{terms}v3-ParticipationType", "code": "IRCP"}]},
        "reference": {"reference": who},
    }
    part: dict[str, Any] = {"type": kind, "actor": [actor]}
    if kind == "permit":
        part |= {
            "action": [{"coding": [{"system": f"{terms}consentaction", "code": "access"}]}],
            "purpose": [{"system": f"{terms}v3-ActReason", "code": "TREAT"}],
            "class": coded,
        }
    return {
        "resourceType": "Consent",
        "id": rid,
        "status": "active",
        "scope": {"coding": [{"system": f"{terms}consentscope", "code": "patient-privacy"}]},
        "category": [{"coding": [{"system": "http://loinc.org", "code": "59284-0"}]}],
        "patient": {"reference": whose},
        "dateTime": "2026-11-20T08:00:00Z",
        "performer": [{"reference": whose}],
        "policyRule": {"coding": [{"system": f"{terms}v3-ActCode", "code": "OPTIN"}]},
        "provision": {"provision": [part]},
    }


@pytest.fixture
def two(people: People, door: Doors, conn: Connection[Any]) -> People:
    """Amina's record and another of hers: own care team (Mill Lane), son, conversation, measurements."""
    own = Door(conn, Actor.system("tests"), "HSYSADMIN", source="job")
    with own.unit("two records"):
        own.create(patient("again"), rid="again")
        own.create(conversation("c1"), rid="c1")
        own.create(message("m1", "c1", "My tablets make me dizzy."), rid="m1")
        own.create(observation("o1"), rid="o1")
        own.create(
            sharing("share-bilal", AMINA, BILAL, "permit", "identity", "health-record"), rid="share-bilal"
        )
        own.create(
            {
                "resourceType": "CareTeam",
                "id": "again-team",
                "status": "active",
                "subject": {"reference": AGAIN},
                "participant": [{"member": {"reference": OTHER_TEAM}}],
            },
            rid="again-team",
        )
        omar = {"resourceType": "RelatedPerson", "active": True, "patient": {"reference": AGAIN}}
        own.create(omar, rid="omar")
        own.create(
            sharing("share-omar", AGAIN, SON_OF_AGAIN.ref, "permit", "identity", "health-record"),
            rid="share-omar",
        )
        own.create(conversation("c2", patient=AGAIN, sender=AGAIN, team=OTHER_TEAM), rid="c2")
        own.create(message("m2", "c2", "Is this the pharmacy?", patient=AGAIN, sender=AGAIN), rid="m2")
        own.create(observation("o2", patient=AGAIN, value="88"), rid="o2")
        own.update({**own.read("Observation", "o2").json, "valueQuantity": {"value": 90.0, "unit": "/min"}})
    return people


def merged(door: Doors, people: People) -> int:
    return joining.merge(door(people.chen), source=AGAIN, target=AMINA, once="form-1")


EVERY = ("Patient", "Communication", "Observation", "CareTeam", "RelatedPerson", "Consent")


def visible(door: Door) -> set[str]:
    """Everything of people that somebody finds, past versions included."""
    found = {record.ref for rtype in EVERY for record in door.search(rtype, [("_count", "200")]).matches}
    return found | {f"{one.ref}/{one.vid}" for rtype in EVERY for one in door.changes(rtype)}


def state(conn: Connection[Any]) -> dict[str, Any]:
    """The record as it is to all: bodies but for their version, index rows, grants, denials, openings."""
    from rapport.fhir.text import members

    bodies = {}
    for key, patient_, sens, whn, deleted, body in conn.execute(
        "SELECT id, patient, sens, whn, deleted, body FROM resource"
    ):
        parts = {name: bytes(value) for name, value in members(body.encode()).items()} if body else {}
        meta = members(parts.pop("meta")) if "meta" in parts else {}
        kept = {
            name: bytes(value) for name, value in meta.items() if name not in ("versionId", "lastUpdated")
        }
        bodies[key] = (patient_, sens, whn, deleted, list(parts.items()), kept)
    rows: dict[str, Any] = {"bodies": bodies}
    for name in _TABLES:
        rows[name] = sorted(map(repr, conn.execute(f"SELECT * FROM index_{name}").fetchall()))
    for name in ("access_grant", "access_denial", "seen"):
        rows[name] = sorted(map(repr, conn.execute(f"SELECT t::text FROM {name} t").fetchall()))
    return rows


def past(conn: Connection[Any], before: set[tuple[int, int]]) -> list[Any]:
    found = conn.execute("SELECT id, vid, patient, sens, body FROM history ORDER BY id, vid").fetchall()
    return [row for row in found if (row[0], row[1]) in before]


def test_the_person_has_the_whole_and_nobody_else_sees_more(two: People, door: Doors) -> None:
    others = [two.bilal, two.chen, two.dara, two.eve_staff, two.eve, two.root, SON_OF_AGAIN]
    before = {actor.ref: visible(door(actor)) for actor in others}
    assert "Observation/o2" in before[EVE_STAFF] and "Observation/o2" in before[SON_OF_AGAIN.ref]
    merged(door, two)
    for actor in others:
        gained = {ref for ref in visible(door(actor)) - before[actor.ref] if ref.count("/") == 1}
        allowed = (
            {AMINA} if actor is two.eve_staff else set()
        )  # staff of the other record see whose it is now
        assert gained <= allowed, (actor.name, gained)
    amina = visible(door(two.amina))
    assert {"Observation/o1", "Observation/o2", "Communication/m2", "Consent/share-omar"} <= amina
    assert "Observation/o2/1" in amina, "history is kept, and hers"


def test_who_saw_a_part_sees_it_still(two: People, door: Doors) -> None:
    merged(door, two)
    eve_staff, son = door(two.eve_staff), door(SON_OF_AGAIN)
    assert {one.rid for one in eve_staff.search("Observation", f"patient={AMINA}").matches} == {"o2"}
    assert {one.rid for one in son.search("Observation").matches} == {"o2"}
    assert {one.rid for one in door(two.bilal).search("Observation").matches} == {"o1"}
    assert {one.rid for one in door(two.dara).search("Observation", f"patient={AMINA}").matches} == {"o1"}
    assert {one.rid for one in door(two.amina).search("Observation", f"patient={AMINA}").matches} == {
        "o1",
        "o2",
    }
    assert not door(two.program).search("Observation", f"patient={AGAIN}").matches


def test_what_either_record_denies_is_denied_in_both(two: People, door: Doors, conn: Connection[Any]) -> None:
    own = Door(conn, Actor.system("tests"), "HSYSADMIN")
    own.create(sharing("no-dara", AGAIN, DARA, "deny"), rid="no-dara")
    own.create(sharing("no-eve", AMINA, EVE_STAFF, "deny"), rid="no-eve")
    assert door(two.dara).search("Observation").matches and door(two.eve_staff).search("Observation").matches
    merged(door, two)
    assert not door(two.dara).search("Observation").matches
    assert not door(two.eve_staff).search("Observation").matches
    assert not door(two.eve_staff).search("Patient").matches


def test_what_is_said_in_a_conversation_stays_in_its_part(two: People, door: Doors) -> None:
    merged(door, two)
    body = message("m3", "c2", "Thank you.", sender=AMINA)
    door(two.amina).create(body, rid="m3")
    assert door(two.eve_staff).read("Communication", "m3")
    assert refusal(lambda: door(two.dara).read("Communication", "m3")) == "not-found"
    kept = door(two.program).read("Communication", "m3").json
    plain = {name: value for name, value in kept.items() if name != "meta"}
    door(two.program).update(plain)  # another system writes it anew, without labels
    assert refusal(lambda: door(two.dara).read("Communication", "m3")) == "not-found"


def test_in_an_emergency_all_parts_open(two: People, door: Doors, conn: Connection[Any]) -> None:
    from rapport.gate.emergency import break_glass

    merged(door, two)
    break_glass(Door(conn, two.root, "ETREAT"), AMINA, "She is unconscious.")
    seen = Door(conn, two.root, "ETREAT").search("Observation", f"patient={AMINA}").matches
    assert {one.rid for one in seen} == {"o1", "o2"}


def test_a_care_team_given_after_it_sees_the_whole(two: People, door: Doors) -> None:
    merged(door, two)
    team = {
        "resourceType": "CareTeam",
        "meta": {"tag": [{"system": "urn:rapport:parts", "code": "whole"}]},
        "status": "active",
        "subject": {"reference": AMINA},
        "participant": [{"member": {"reference": DARA}}],
    }
    door(two.chen).create(team)
    assert {one.rid for one in door(two.dara).search("Observation").matches} == {"o1", "o2"}


def test_the_old_address_answers_with_the_link(two: People, door: Doors) -> None:
    merged(door, two)
    for actor in (two.program, two.chen):
        gone = door(actor).read("Patient", "again").json
        assert gone["active"] is False
        assert gone["link"] == [{"other": {"reference": AMINA}, "type": "replaced-by"}]
        assert door(actor).read("Patient", "amina").json["link"][0]["type"] == "replaces"
        assert len(door(actor).history("Patient", "again")) == 2
    assert refusal(lambda: door(two.eve).read("Patient", "again")) == "not-found"


def test_what_is_written_to_the_old_record_follows(two: People, door: Doors, conn: Connection[Any]) -> None:
    merged(door, two)
    door(two.program).create(observation("late", patient=AGAIN), rid="late")
    assert refusal(lambda: door(two.amina).read("Observation", "late")) == "not-found"
    assert joining.follow(Door(conn, Actor.system("identity"), "HSYSADMIN")) == 1
    assert joining.follow(Door(conn, Actor.system("identity"), "HSYSADMIN")) == 0
    assert door(two.amina).read("Observation", "late") and door(two.eve_staff).read("Observation", "late")
    assert refusal(lambda: door(two.dara).read("Observation", "late")) == "not-found"


def test_undone_everything_is_as_it_was(two: People, door: Doors, conn: Connection[Any]) -> None:
    door(two.eve_staff).opened(door(two.eve_staff).search("Communication", "category=message").matches)
    before, versions = state(conn), set(conn.execute("SELECT id, vid FROM history").fetchall())
    old = past(conn, versions)
    number = merged(door, two)
    assert state(conn) != before
    assert not list(faults(conn))
    after = state(conn)
    grants.rebuild(conn)  # they say all of it by themselves
    assert state(conn) == after
    joining.undo(door(two.chen), number=number)
    assert state(conn) == before
    assert past(conn, versions) == old
    assert not list(faults(conn))


def test_undone_after_changes_each_has_what_is_theirs(
    two: People, door: Doors, conn: Connection[Any]
) -> None:
    number = merged(door, two)
    own = Door(conn, Actor.system("tests"), "HSYSADMIN")
    own.create(message("m3", "c2", "Thank you.", sender=AMINA), rid="m3")
    own.create(observation("o3"), rid="o3")
    own.update({**own.read("Observation", "o2").json, "focus": [{"reference": AMINA}], "status": "amended"})
    own.update({**own.read("Patient", "again").json, "gender": "female"})
    own.delete("Communication", "m2")
    joining.undo(door(two.chen), number=number)
    again, amina = reference_key(AGAIN), reference_key(AMINA)
    read = {rid: own.read("Observation", rid) for rid in ("o1", "o2", "o3")}
    assert [read[rid].patient for rid in read] == [amina, again, amina]
    assert read["o2"].json["status"] == "amended" and not read["o2"].sens
    m3 = own.read("Communication", "m3")
    assert (m3.patient, m3.sens, m3.json["sender"]["reference"]) == (again, 0, AGAIN)
    assert own.read("Patient", "again").json == {
        **patient("again"),
        "gender": "female",
        "meta": own.read("Patient", "again").json["meta"],
    }
    assert "link" not in own.read("Patient", "amina").json
    gone = conn.execute("SELECT patient, sens FROM resource WHERE rid = 'm2'").fetchone()
    assert gone == (again, 0)


def test_the_same_asked_twice_is_done_once(two: People, door: Doors, conn: Connection[Any]) -> None:
    number = merged(door, two)
    assert merged(door, two) == number
    assert joining.merge(door(two.chen), source=AGAIN, target=AMINA, once="another tab") == number
    assert refusal(lambda: joining.merge(door(two.chen), source=AMINA, target=AGAIN, once="x")) == "rule"
    joining.undo(door(two.chen), number=number)
    assert joining.undo(door(two.chen), number=number).undone is not None
    again = joining.merge(door(two.chen), source=AGAIN, target=AMINA, once="form-2")
    assert again != number and joins.one(conn, again).part == 1  # type: ignore[union-attr]


def test_what_changed_since_one_looked_is_looked_at_again(two: People, door: Doors) -> None:
    late = (1, 7)
    act = lambda: joining.merge(door(two.chen), source=AGAIN, target=AMINA, once="f", versions=late)  # noqa: E731
    assert refusal(act) == "stale"


def test_eve_joins_and_splits_nobody(two: People, door: Doors) -> None:
    number = merged(door, two)
    for actor in (two.eve, two.eve_staff, two.root, two.dara, two.bilal, two.amina):
        eve = door(actor)
        assert (
            refusal(lambda: joining.merge(eve, source="Patient/eve", target=AMINA, once="e")) == "not-found"
        )
        assert refusal(lambda: joining.undo(eve, number=number)) == "not-found"
        assert refusal(lambda: keep_apart(eve, one="Patient/eve", other=AMINA)) == "not-found"
        split = {"source": AMINA, "target": "Patient/eve", "entries": ["Observation/o1"], "once": "s"}
        assert refusal(lambda: splitting.split(eve, **split)) == "not-found"  # type: ignore[arg-type]


def test_a_lead_whom_the_patient_shut_out_joins_nothing(
    two: People, door: Doors, conn: Connection[Any]
) -> None:
    Door(conn, Actor.system("tests"), "HSYSADMIN").create(sharing("no", AGAIN, CHEN, "deny"), rid="no")
    assert refusal(lambda: merged(door, two)) == "not-found"


def test_nobody_writes_the_link_by_hand(two: People, door: Doors) -> None:
    links.set_up()
    chen = door(two.chen)
    body = {
        **chen.read("Patient", "again").json,
        "link": [{"other": {"reference": AMINA}, "type": "replaced-by"}],
    }
    assert refusal(lambda: chen.update(body)) == "rule"
    merged(door, two)
    joined = chen.read("Patient", "again").json
    del joined["link"]
    assert refusal(lambda: chen.update(joined)) == "rule"


def test_a_joined_record_takes_nobodys_place(two: People, door: Doors, conn: Connection[Any]) -> None:
    merged(door, two)
    Door(conn, Actor.system("tests"), "HSYSADMIN").create(patient("third"), rid="third")
    chen = door(two.chen)
    assert refusal(lambda: joining.merge(chen, source=AMINA, target="Patient/third", once="3")) == "rule"
    assert refusal(lambda: joining.merge(chen, source="Patient/third", target=AGAIN, once="4")) == "rule"
    number = joining.merge(chen, source="Patient/third", target=AMINA, once="5")
    assert joins.one(conn, number).part == 2  # type: ignore[union-attr]


def test_both_parts_are_in_the_log(two: People, door: Doors) -> None:
    door(two.eve_staff).read("Observation", "o2")
    eve_staff = door(two.eve_staff)
    eve_staff.read("Observation", "o2")
    eve_staff.finish()
    merged(door, two)
    entries = door(two.amina).log(AMINA)
    assert entries[0].why == joining.JOINED and entries[0].ref == CHEN
    assert any(
        entry.ref == EVE_STAFF and "r Observation/o2/_history/2" in entry.entities for entry in entries
    )


def test_who_writes_while_records_are_joined_loses_nothing(own_database: str) -> None:
    """A letter that is half written when the records are joined is there before; what follows it moves it."""
    with psycopg.connect(own_database) as one, psycopg.connect(own_database) as other:
        people = arrive(one)
        own = Door(one, Actor.system("tests"), "HSYSADMIN")
        own.create(patient("again"), rid="again")
        own.create(conversation("c2", patient=AGAIN, sender=AGAIN, team=OTHER_TEAM), rid="c2")
        one.commit()
        Door(one, AMINA_AGAIN).create(message("m2", "c2", "Hello?", patient=AGAIN, sender=AGAIN), rid="m2")
        with ThreadPoolExecutor(
            1
        ) as pool:  # it waits for the letter in the end, but has looked for letters before
            merging = pool.submit(merged, lambda actor: Door(other, actor), people)
            time.sleep(1)
            assert not merging.done()
            one.commit()
            assert merging.result(20)
        other.commit()
        assert not Door(other, people.amina).find("Communication", "m2")
        other.commit()
        assert joining.follow(Door(other, Actor.system("identity"), "HSYSADMIN")) == 1
        assert Door(other, people.amina).read("Communication", "m2")
        assert Door(other, people.eve_staff).read("Communication", "m2")
        changing = {**own.read("Communication", "m2").json, "status": "entered-in-error"}
        one.commit()
        joining.undo(Door(other, people.chen), number=1)
        other.commit()
        assert refusal(lambda: own.update(changing)) == "stale"


# ---------------------------------------------------------------- two people in one record


def test_entries_of_another_move_to_them_and_back(two: People, door: Doors, conn: Connection[Any]) -> None:
    before, versions = state(conn), set(conn.execute("SELECT id, vid FROM history").fetchall())
    old = past(conn, versions)
    chen = door(two.chen)
    entries = ["Communication/c1", "Observation/o1"]
    number = splitting.split(chen, source=AMINA, target=AGAIN, entries=entries, once="s1")
    assert splitting.split(chen, source=AMINA, target=AGAIN, entries=entries, once="s1") == number
    assert {one.rid for one in door(AMINA_AGAIN).search("Communication").matches} == {"c1", "c2", "m1", "m2"}
    assert not door(two.amina).search("Communication").matches
    assert refusal(lambda: door(two.amina).read("Observation", "o1")) == "not-found"
    assert any("Observation/o1" in part for entry in door(two.amina).log(AMINA) for part in entry.entities)
    assert any("Observation/o1" in part for entry in door(AMINA_AGAIN).log(AGAIN) for part in entry.entities)
    joining.undo(chen, number=number)
    assert state(conn) == before
    assert past(conn, versions) == old


def test_the_family_of_the_one_does_not_get_the_conversation_of_the_other(two: People, door: Doors) -> None:
    own = door(two.program)
    header = own.read("Communication", "c1").json
    own.update({**header, "recipient": [*header["recipient"], {"reference": BILAL}]})
    assert door(two.bilal).read("Communication", "m1")
    entries = ["Communication/c1"]
    number = splitting.split(door(two.chen), source=AMINA, target=AGAIN, entries=entries, once="s1")
    assert not door(two.bilal).search("Communication").matches
    joining.undo(door(two.chen), number=number)
    assert door(two.bilal).read("Communication", "m1")


def test_only_what_one_may_read_and_what_is_theirs_moves(two: People, door: Doors) -> None:
    chen = door(two.chen)
    for entries in (["Observation/o2"], ["CareTeam/amina-harbour-street"], [AMINA], ["Observation/none"]):
        move = {"source": AMINA, "target": AGAIN, "entries": entries, "once": "s"}
        assert refusal(lambda: splitting.split(chen, **move)) == "not-found"  # type: ignore[arg-type]


def test_the_last_is_undone_first(two: People, door: Doors) -> None:
    number = merged(door, two)
    door(two.program).create(patient("third"), rid="third")
    chen = door(two.chen)
    later = splitting.split(chen, source=AMINA, target="Patient/third", entries=["Observation/o1"], once="s")
    assert refusal(lambda: joining.undo(chen, number=number)) == "rule"
    joining.undo(chen, number=later)
    joining.undo(chen, number=number)


# ---------------------------------------------------------------- who may be the same


def test_two_people_are_not_proposed_again(two: People, door: Doors, conn: Connection[Any]) -> None:
    found(conn, AGAIN, {AMINA: 9, "Patient/eve": 7})
    assert [pair.score for pair in best(conn, 10)] == [9, 7]
    keep_apart(door(two.chen), one=AMINA, other=AGAIN)
    found(conn, AMINA, {AGAIN: 11})
    assert [(pair.low, pair.high) for pair in best(conn, 10)] == [(AGAIN, "Patient/eve")]
    assert are_apart(conn, AGAIN, AMINA) and not of(conn, AMINA)
    assert door(two.amina).log(AMINA)[0].why == "these are two people"


# ---------------------------------------------------------------- whatever is in the records


RANDOM = st.lists(
    st.tuples(
        st.sampled_from(["obs", "talk", "care", "kin", "deny", "permit"]), st.booleans(), st.integers(0, 3)
    ),
    min_size=1,
    max_size=8,
)


@pytest.fixture
def apart(conn: Connection[Any]) -> Iterator[Callable[[], Any]]:
    yield conn.transaction


def _filled(own: Door, what: list[tuple[str, bool, int]]) -> None:
    for number, (kind, first, turn) in enumerate(what):
        whose, rid = (AMINA if first else AGAIN), f"x{number}"
        team = (TEAM, OTHER_TEAM)[turn % 2]
        who = (BILAL, DARA, EVE_STAFF, SON_OF_AGAIN.ref)[turn]
        if kind == "obs":
            body = observation(rid, patient=whose, value=str(70 + turn))
            if turn == 3:
                body["focus"] = [{"reference": AGAIN if first else AMINA}]
            own.create(body, rid=rid)
        elif kind == "talk":
            own.create(conversation(rid, patient=whose, sender=whose, team=team), rid=rid)
            own.create(message(f"{rid}m", rid, "Hello", patient=whose, sender=whose), rid=f"{rid}m")
        elif kind == "care":
            body = {"resourceType": "CareTeam", "status": "active", "subject": {"reference": whose}}
            own.create({**body, "participant": [{"member": {"reference": team}}]}, rid=rid)
        elif kind == "kin":
            own.create({"resourceType": "RelatedPerson", "patient": {"reference": whose}}, rid=rid)
        else:
            own.create(sharing(rid, whose, who, kind, "identity", "health-record", "conversations"), rid=rid)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(what=RANDOM)
def test_joining_shows_nobody_more_and_undoing_restores(
    what: list[tuple[str, bool, int]], two: People, door: Doors, conn: Connection[Any]
) -> None:
    """Of any two records: nobody but the person gains; merge then undo leaves bodies, index, grants alike."""

    class Undo(Exception):
        pass

    others = [two.bilal, two.chen, two.dara, two.eve_staff, two.eve, two.root, SON_OF_AGAIN]
    try:
        with conn.transaction():
            _filled(Door(conn, Actor.system("tests"), "HSYSADMIN"), what)
            before, seen = state(conn), {actor.ref: visible(door(actor)) for actor in others}
            try:
                number = merged(door, two)
            except Refused as refused:  # the lead herself is shut out
                assert refused.code == "not-found"
                raise Undo from refused
            for actor in others:
                gained = {ref for ref in visible(door(actor)) - seen[actor.ref] if ref.count("/") == 1}
                assert gained <= ({AMINA} if AGAIN in seen[actor.ref] and actor.kind == "staff" else set())
            joining.undo(door(two.chen), number=number)
            assert state(conn) == before
            raise Undo
    except Undo:
        pass
