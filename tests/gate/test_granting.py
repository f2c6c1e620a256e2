"""What a grant, a denial and a hold say of a row, in each of the forms in which the database is asked."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, get_args

import pytest
from psycopg import Connection

from rapport.fhir.keys import reference_key
from rapport.fhir.labels import BITS, CATEGORY
from rapport.fhir.outcomes import Refused
from rapport.gate import policy
from rapport.gate.actor import Actor
from rapport.gate.consent import guard
from rapport.gate.door import Door
from rapport.gate.permissions import Action
from rapport.gate.policy import Ask
from rapport.gate.scopes import scopes_of
from rapport.store.records import Filter
from tests.gate.consent.making import consent, deny, permit
from tests.gate.consent.policies import coding
from tests.personas import (
    AMINA,
    BILAL,
    CHEN,
    DARA,
    EVE_STAFF,
    People,
    arrive,
    conversation,
    message,
    observation,
)

Json = dict[str, Any]
PSY = coding("PSY", "v3-ActCode")
RECORD = coding("health-record", CATEGORY)
RESOURCES = "http://hl7.org/fhir/resource-types"
ZARA = Actor("kin", "RelatedPerson/zara", "Zara", "her sister", patients=(AMINA,))
WHO = (People.amina, People.bilal, ZARA, People.dara, People.eve, People.eve_staff)


def of_type(*names: str) -> Json:
    return {"class": [coding(name, RESOURCES) for name in names]}


@pytest.fixture
def record(conn: Connection[Any]) -> Door:
    """Two conversations and two observations of Amina's, one of them labelled; one of Eve's."""
    arrive(conn)
    system = Door(conn, Actor.system("tests"))
    for body in (
        observation("o1"), observation("o2") | {"meta": {"security": [PSY]}},
        observation("e1", patient="Patient/eve"), conversation("c1"), message("m1", "c1", "x"),
        conversation("c2", team="Organization/mill-lane"),
    ):  # fmt: skip
        system.create(body, rid=body["id"])
    return system


def sees(conn: Connection[Any], actor: Actor, rtype: str, *, action: Action = "r") -> set[str]:
    """The ids of a type that the filter lets through."""
    where = policy.filter_for(Ask(actor, action, rtype))
    found = passing(conn, where, rtype, where.on("t"))
    assert plain(conn, actor, rtype, action=action) <= found
    return found


def plain(conn: Connection[Any], actor: Actor, rtype: str, *, action: Action = "r") -> set[str]:
    """Of these, what the test for thousands of rows finds to be enough."""
    where = policy.filter_for(Ask(actor, action, rtype))
    return passing(conn, where, rtype, where.enough.format(t="t")) if where.enough else set()


def passing(conn: Connection[Any], where: Filter, rtype: str, sql: str) -> set[str]:
    rows = conn.execute(
        f"SELECT t.rid::varchar FROM resource t WHERE t.rtype = %(type)s AND NOT t.deleted AND {sql}",  # type: ignore[arg-type]
        {**where.params, "type": policy.TYPE_NUMBERS[rtype]},
    ).fetchall()
    return {row[0] for row in rows}


def file(record: Door, context: str, **more: Any) -> str:
    body = {"resourceType": "Binary", "contentType": "text/plain", "securityContext": {"reference": context}}
    return record.create({**body, **more}).rid


# ---------------------------------------------------------------- grants


@pytest.mark.parametrize(
    "given",
    [
        permit(BILAL, "health-record", "conversations"),
        permit(BILAL, "health-record", securityLabel=[PSY]),
        permit(BILAL, "health-record", dataPeriod={"end": "2026-11-19"}),
        permit(BILAL, "health-record", dataPeriod={"start": "2026-11-21"}),
        permit(BILAL, data=[{"meaning": "instance", "reference": {"reference": "Observation/o2"}}]),
        permit(BILAL, data=[{"meaning": "related", "reference": {"reference": "Communication/c1"}}]),
        deny(DARA, securityLabel=[PSY]),
    ],
)
def test_what_is_enough_is_let_through(conn: Connection[Any], record: Door, given: Json) -> None:
    record.create(consent(given))
    for actor in WHO:
        for rtype in ("Observation", "Communication", "Patient"):
            assert sees(conn, actor, rtype) >= plain(conn, actor, rtype), (actor.name, rtype)
    assert plain(conn, People.dara, "Observation") == {"o1"}
    for actor in (People.amina, People.bilal):  # a result that waits is asked for one by one
        assert not policy.filter_for(Ask(actor, "r", "Observation")).enough


def test_a_grant_of_what_carries_a_mark_opens_nothing_else(conn: Connection[Any], record: Door) -> None:
    """Compiled from what came with one part of a joined record: a row must have all its labels."""
    record.create(consent(permit(BILAL, "health-record", securityLabel=[PSY])), rid="x")
    assert sees(conn, People.bilal, "Observation") == {"o1", "o2"}
    mark = BITS[PSY["system"], "PSY"]
    conn.execute("UPDATE access_grant SET marked = %s WHERE source = %s", (mark, reference_key("Consent/x")))
    assert sees(conn, People.bilal, "Observation") == {"o2"}


def test_one_thing_that_is_named_opens_no_other(conn: Connection[Any], record: Door) -> None:
    one = [{"meaning": "instance", "reference": {"reference": "Communication/c1"}}]
    record.create(consent(permit(BILAL, data=one)))
    files_ = [file(record, f"Communication/{rid}") for rid in ("c1", "c2", "m1")]
    assert sees(conn, People.bilal, "Communication") == {"c1"}
    assert sees(conn, People.bilal, "Binary") == {files_[0]}
    record.create(consent(permit(BILAL, data=[one[0] | {"meaning": "related"}])))
    assert sees(conn, People.bilal, "Communication") == {"c1", "m1"}
    file(record, "Communication/c1", meta={"security": [PSY]})
    assert sees(conn, People.bilal, "Binary") == {files_[0], files_[2]}


# ---------------------------------------------------------------- files


def test_a_file_of_what_is_deleted_is_closed(conn: Connection[Any], record: Door) -> None:
    record.create(consent(permit(BILAL, "conversations")))
    name = file(record, "Communication/m1")
    assert sees(conn, People.bilal, "Binary") == {name}
    record.delete("Communication", "m1")
    assert sees(conn, People.bilal, "Binary") == sees(conn, People.amina, "Binary") == set()


def test_a_file_is_closed_by_its_own_label_and_its_own_type(conn: Connection[Any], record: Door) -> None:
    plain = file(record, "Communication/m1")
    labelled = file(record, "Communication/m1", meta={"security": [PSY]})
    assert sees(conn, People.dara, "Binary") == {plain, labelled}
    record.create(consent(deny(DARA, securityLabel=[PSY])))
    assert sees(conn, People.dara, "Binary") == {plain}
    record.create(consent(deny(DARA, **of_type("Binary"))))
    assert sees(conn, People.dara, "Binary") == set() and "m1" in sees(conn, People.dara, "Communication")


@pytest.mark.parametrize(
    ("given", "opens"),
    [
        (permit(BILAL, "conversations"), {"talk", "own"}),
        (permit(BILAL, "meetings"), {"meeting"}),
        (permit(BILAL, "health-record"), {"result"}),
        (permit(BILAL, "identity", "plan"), set()),
        (permit(BILAL, **of_type("Communication")), {"talk"}),
        (permit(BILAL, **of_type("Observation")), {"result"}),
        (permit(BILAL, **of_type("Binary")), {"talk", "own", "result"}),
    ],
)
def test_a_file_is_of_the_category_of_what_it_belongs_to(
    conn: Connection[Any], record: Door, given: Json, opens: set[str]
) -> None:
    marked = message("m2", "c1", "x") | {"meta": {"security": [coding("meetings", CATEGORY)]}}
    record.create(marked, rid="m2")
    belong = {
        "talk": "Communication/m1",
        "meeting": "Communication/m2",
        "result": "Observation/o1",
        "own": AMINA,
    }
    names = {file(record, context): name for name, context in belong.items()}
    assert {names[rid] for rid in sees(conn, People.amina, "Binary")} == set(belong)
    assert sees(conn, People.bilal, "Binary") == set()
    record.create(consent(given))
    assert {names[rid] for rid in sees(conn, People.bilal, "Binary")} == opens
    record.create(consent({**given, "type": "deny"}))
    assert sees(conn, People.bilal, "Binary") == set()


# ---------------------------------------------------------------- denials


@pytest.mark.parametrize(
    ("closed", "left", "plainly"),
    [
        (deny(DARA), set(), set()),
        ({"type": "deny"}, set(), set()),
        (deny(DARA, securityLabel=[PSY]), {"o1"}, {"o1"}),
        ({"type": "deny", "securityLabel": [PSY]}, {"o1"}, {"o1"}),
        (deny(DARA, **{"class": [coding("plan", CATEGORY)]}), {"o1", "o2"}, set()),
        (deny(BILAL), {"o1", "o2"}, {"o1"}),
        (deny(DARA, action=[{"coding": [coding("collect", "consentaction")]}]), {"o1", "o2"}, {"o1"}),
        (deny(DARA, provision=[permit(DARA, "health-record")]), {"o1"}, set()),
        (deny(DARA, period={"end": "2020"}), {"o1", "o2"}, set()),
    ],
)
def test_whom_a_denial_is_about_and_what(
    conn: Connection[Any], record: Door, closed: Json, left: set[str], plainly: set[str]
) -> None:
    record.create(consent(closed))
    assert sees(conn, People.dara, "Observation") == left
    assert plain(conn, People.dara, "Observation") == plainly
    assert sees(conn, People.amina, "Observation") == {"o1", "o2"}
    assert sees(conn, People.eve, "Observation") == {"e1"}
    assert sees(conn, People.program, "Observation") == {"o1", "o2", "e1"}


def test_a_grant_without_a_beginning_and_with_an_end(conn: Connection[Any], record: Door) -> None:
    """No Consent is compiled into one such; who adds a way to make one shall find the many rows right."""
    record.create(consent(permit(EVE_STAFF, "health-record")), rid="x")
    assert plain(conn, People.eve_staff, "Observation") == {"o1"}
    for narrowed in ("until = '2026-11-19'", "since = '2026-11-21', until = 'infinity'"):
        changed = f"UPDATE access_grant SET {narrowed} WHERE source = %s"
        conn.execute(changed, (reference_key("Consent/x"),))  # type: ignore[arg-type]
        assert sees(conn, People.eve_staff, "Observation") == set()
    conn.execute(
        "UPDATE access_grant SET since = '-infinity', scope = %s", (reference_key("Observation/o1"),)
    )
    assert sees(conn, People.eve_staff, "Observation") == {"o1"}
    assert plain(conn, People.eve_staff, "Observation") == set()


def test_what_is_open_of_one_patient_is_enough_for_them_alone(conn: Connection[Any], record: Door) -> None:
    record.create({"resourceType": "Location", "name": "Ward"}, rid="ward")
    assert plain(conn, People.dara, "Observation") == {"o1"}
    assert plain(conn, People.eve_staff, "Observation") == set()
    assert plain(conn, People.dara, "Location") == set() and sees(conn, People.dara, "Location") == {"ward"}


def test_a_denial_holds_whatever_unheard_purpose_is_named(conn: Connection[Any], record: Door) -> None:
    record.create(consent(deny(CHEN, purpose=[coding("TREAT", "v3-ActReason")])))
    for purpose, seen in (("TREAT", False), ("NONSENSE", False), ("HOPERAT", True)):
        where = policy.filter_for(Ask(People.chen, "r", "Patient", purpose))
        sql = f"SELECT 1 FROM resource t WHERE t.id = %(row)s AND {where.on('t')}"
        found = conn.execute(sql, {**where.params, "row": reference_key(AMINA)})  # type: ignore[arg-type]
        assert (found.fetchone() is not None) is seen


def test_a_consent_of_nobody_says_nothing(conn: Connection[Any], record: Door) -> None:
    body = {name: value for name, value in consent(deny("Device/bench")).items() if name != "patient"}
    made = record.create(body)
    for table in ("access_grant", "access_denial"):
        found = conn.execute(f"SELECT count(*) FROM {table} WHERE source = %s", (made.id,))  # type: ignore[arg-type]
        assert found.fetchone() == (0,)


def test_a_denial_of_an_action(conn: Connection[Any], record: Door) -> None:
    record.create(consent(deny(DARA, action=[{"coding": [coding("correct", "consentaction")]}])))
    assert sees(conn, People.dara, "Observation") == {"o1", "o2"}
    assert sees(conn, People.dara, "Observation", action="u") == set()
    assert sees(conn, People.dara, "Observation", action="c") == {"o1", "o2"}


def test_a_program_that_is_named_and_one_that_is_not(conn: Connection[Any], record: Door) -> None:
    other = Actor("client", "Device/other", "Other", "program", scopes=People.program.scopes)
    inner = permit("Device/bench", "health-record")
    for closed, left in (
        (deny("Device/bench"), {"e1"}),
        (deny("Device/bench", provision=[inner]), {"o1", "e1"}),
        (deny("Device/bench", **{"class": [coding("plan", CATEGORY)]}), {"o1", "o2", "e1"}),
    ):
        made = record.create(consent(closed))
        assert sees(conn, People.program, "Observation") == left
        assert sees(conn, other, "Observation") == {"o1", "o2", "e1"}
        record.delete("Consent", made.rid)


def test_a_file_of_who_closes_it_to_a_program_is_closed(conn: Connection[Any], record: Door) -> None:
    """A file lies in nobody's record: it is closed by what it belongs to, and when it is deleted."""
    hers, of_message, deleted = (file(record, at) for at in (AMINA, "Communication/m1", AMINA))
    eves, nobodys = file(record, "Patient/eve"), file(record, "Organization/mill-lane")
    record.delete("Binary", deleted)
    assert sees(conn, People.program, "Binary") == {hers, of_message, eves, nobodys}
    record.create(consent(deny("Device/bench", **{"class": [coding("Communication", RESOURCES)]})))
    assert sees(conn, People.program, "Binary") == {hers, eves, nobodys}
    record.create(consent(deny("Device/bench")))
    assert sees(conn, People.program, "Binary") == {eves, nobodys}
    program = Door(conn, People.program)
    for rid in (hers, deleted):
        with pytest.raises(Refused):
            program.history("Binary", rid)
    other = Actor("client", "Device/other", "Other", "program", scopes=People.program.scopes)
    assert sees(conn, other, "Binary") == {hers, of_message, eves, nobodys}


def test_a_program_with_limited_scopes_sees_what_any_of_them_finds(
    conn: Connection[Any], record: Door
) -> None:
    code = "system/Observation.rs?code=http://loinc.org|"
    record.create(observation("o3", code="x"), rid="o3")
    record.create(
        observation("o4", code="y") | {"meta": {"security": [coding("x", "urn:unheard")]}}, rid="o4"
    )

    def program(*scopes: str) -> Actor:
        return Actor("client", "Device/p", "p", scopes=scopes_of(" ".join(scopes)))

    assert sees(conn, program(f"{code}x"), "Observation") == {"o3"}
    assert sees(conn, program(f"{code}x", f"{code}y"), "Observation") == {"o3"}
    assert sees(conn, program(f"{code}x", f"{code}8867-4"), "Observation") == {"o1", "o2", "o3", "e1"}


# ---------------------------------------------------------------- holds


def hold(conn: Connection[Any], ref: str, minutes: int, patient: str = AMINA) -> None:
    ends = datetime.now(UTC) + timedelta(minutes=minutes)
    row = (reference_key(patient), reference_key(ref), ends, reference_key("Task/h"))
    conn.execute("INSERT INTO access_hold (patient, resource, ends, source) VALUES (%s, %s, %s, %s)", row)


def test_what_is_held_of_one_alone(conn: Connection[Any], record: Door) -> None:
    hold(conn, "Observation/o1", 10)
    assert sees(conn, People.amina, "Observation") == {"o2"}


def test_what_is_held_is_held_from_her_and_her_circle_until_then(conn: Connection[Any], record: Door) -> None:
    record.create(consent(permit(BILAL, "health-record", "conversations", securityLabel=[PSY])))
    hold(conn, "Observation/o1", -1)
    hold(conn, "Observation/e1", 10, "Patient/eve")
    for who in (People.amina, People.bilal, People.dara):
        assert sees(conn, who, "Observation") == {"o1", "o2"}
    hold(conn, "Observation/o1", 10)
    hold(conn, "Communication/c1", 10)
    paper = file(record, "Observation/o1"), file(record, "Observation/o2")
    for who in (People.amina, People.bilal):
        assert sees(conn, who, "Observation") == {"o2"}
        assert not sees(conn, who, "Communication") & {"c1", "m1"}, "and what refers to it"
        assert sees(conn, who, "Binary") == {paper[1]}
    assert sees(conn, People.amina, "Communication") == {"c2"}
    assert sees(conn, People.dara, "Observation") == {"o1", "o2"} and sees(conn, People.dara, "Binary") == {
        *paper
    }
    assert sees(conn, People.program, "Observation") == {"o1", "o2", "e1"}
    assert sees(conn, People.eve, "Observation") == set()


# ---------------------------------------------------------------- carers


def test_what_a_carer_says_of_themselves_is_theirs_alone(conn: Connection[Any], record: Door) -> None:
    def answer(rid: str, subject: str, author: str, **more: Any) -> None:
        body = {"resourceType": "QuestionnaireResponse", "status": "completed", "questionnaire": "urn:x"}
        refs = {"subject": {"reference": subject}, "author": {"reference": author}}
        record.create({**body, **refs, **more}, rid=rid)

    def came_to(rid: str, **refs: Any) -> None:
        body = {"resourceType": "Observation", "status": "final", "code": {"text": "x"}}
        record.create({**body, **refs}, rid=rid)

    answer("his", BILAL, BILAL)
    answer("moved", BILAL, BILAL)
    answer("hers", ZARA.ref, BILAL)
    answer("odd", BILAL, BILAL, meta={"security": [coding("x", "urn:unheard")]})
    answer("staffs", BILAL, BILAL, meta={"security": [coding("staff-only", "urn:rapport:label")]})
    answer("amina", AMINA, BILAL)
    came_to("sum", focus=[{"reference": BILAL}])
    came_to("other", focus=[{"reference": ZARA.ref}], performer=[{"reference": "Practitioner/dara"}])
    conn.execute(
        "UPDATE resource SET patient = %s WHERE id = %s",
        (reference_key(AMINA), reference_key("QuestionnaireResponse/moved")),
    )
    for action in ("r", "s", "c", "u"):
        assert sees(conn, People.bilal, "QuestionnaireResponse", action=action) == {"his"}
    assert sees(conn, ZARA, "QuestionnaireResponse") == {"hers"}
    assert sees(conn, People.bilal, "Observation") == {"sum"} and sees(conn, ZARA, "Observation") == {"other"}
    assert sees(conn, People.bilal, "Observation", action="u") == set()
    for who in (People.amina, People.dara, People.eve, People.eve_staff, People.root):
        assert not sees(conn, who, "QuestionnaireResponse") & {"his", "hers"}


# ---------------------------------------------------------------- what is at hand


def test_without_its_rule_nobody_is_told_what_hides(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(policy, "RULES", ())
    for actor in (Actor.system("tests"), People.program):
        for action in get_args(Action):
            assert policy.hidden_labels(Ask(actor, action, "Observation")) is None


# ---------------------------------------------------------------- who may say it


@pytest.fixture
def judged(no_guards: None) -> Callable[[Door, Json | None, Json | None], str]:
    """What the guard says against a write, "" for nothing."""
    guard.set_up()

    def judge(door: Door, before: Json | None, after: Json | None) -> str:
        try:
            guard.judge(door, before, after)
        except Refused as refused:
            return str(refused)
        return ""

    return judge


def test_who_may_enter_what(
    conn: Connection[Any], record: Door, judged: Callable[[Door, Json | None, Json | None], str]
) -> None:
    plain, law = consent(permit(BILAL, "plan")), consent(permit(BILAL, "plan", role="PRN"))
    privacy = Actor("staff", "Practitioner/p", "P", "", (), (), frozenset({"privacy"}))
    hers = Door(conn, People.amina)
    for who in (Actor.system("tests"), People.program):
        assert judged(Door(conn, who), plain, None) == ""
    for who in (People.chen, privacy):
        assert judged(Door(conn, who), None, law) == "" and judged(Door(conn, who), law, None)
    for who in (People.dara, People.root, People.bilal):
        assert judged(Door(conn, who), None, plain)
    assert judged(hers, None, plain) == judged(hers, plain, plain) == ""
    assert judged(hers, None, plain | {"performer": [{"reference": AMINA}]}) == ""
    assert judged(hers, None, plain | {"performer": [{"reference": AMINA}, {"reference": DARA}]})
    assert judged(hers, plain, None), "nothing of it is deleted"
    assert judged(hers, None, law) and judged(hers, plain, law) and judged(hers, law, plain)
    for born, refused in (("2022-01-01", True), ("1990", False), ("", False)):
        patient = record.read("Patient", "amina").json | {"birthDate": born}
        record.update({name: value for name, value in patient.items() if value})
        assert bool(judged(Door(conn, People.amina), None, plain)) is refused


def test_which_consents_are_about_access() -> None:
    plain = consent(permit(BILAL, "plan"))
    assert guard.about_access(plain) and guard.about_access({"resourceType": "Consent"})
    for code in ("adr", "research", "treatment"):
        assert not guard.about_access(plain | {"scope": {"coding": [coding(code, "consentscope")]}})
    assert not guard.about_access({"resourceType": "Observation"})
