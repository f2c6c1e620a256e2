"""Which rule speaks for whom, about what: the whole table, said a second time.

Every kind of actor, action and resource type. What a rule then lets through is SQL, which other tests try.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from psycopg import Connection

from rapport.fhir import labels
from rapport.fhir.definitions import TYPE_NUMBERS
from rapport.fhir.keys import reference_key, resource_key
from rapport.gate import granting, policy, roles
from rapport.gate.actor import Actor
from rapport.gate.door import Door
from rapport.gate.permissions import DIRECTORY
from rapport.gate.policy import Ask
from rapport.gate.scopes import scopes_of
from tests.personas import AMINA, EVE, People

TYPES = sorted(TYPE_NUMBERS)


def _staff(duty: str) -> Actor:
    return Actor("staff", f"Practitioner/{duty}", duty, "", (), ("Organization/site",), frozenset({duty}))


def _program(scopes: str) -> Actor:
    return Actor("client", "Device/p", "p", scopes=scopes_of(scopes))


ACTORS = (
    People.amina, People.bilal, People.dara, _staff("lead"), _staff("privacy"), _staff("operator"),
    _program("system/Observation.rs system/Task.c"), _program("system/*.d"),
    _program("system/Observation.rs?category=laboratory"), Actor("client", "Device/q", "q"),
    Actor.system("tests"),
)  # fmt: skip


def speaks(rule: str, ask: Ask) -> bool:
    """Whether a rule has anything to say: the table of `docs/explanation/who-sees-what.md`."""
    kind, duties, reading = ask.actor.kind, ask.actor.duties, ask.action in ("r", "s")
    person = kind in ("patient", "kin", "staff")
    match rule:
        case "system":
            return kind == "system"
        case "client":
            return any(
                one.rtype in ("*", ask.rtype) and ask.action in one.letters for one in ask.actor.scopes or ()
            )
        case "directory":
            return kind != "client" and reading and ask.rtype in DIRECTORY
        case "directory_keepers":
            return bool(duties & {"lead", "operator"}) and not reading and ask.rtype in DIRECTORY
        case "registrars":
            return "lead" in duties and ask.rtype in ("Patient", "CareTeam") and ask.action != "d"
        case "sharing_keepers":
            return bool(duties & {"lead", "privacy"}) and ask.rtype == "Consent" and ask.action != "d"
        case "carers":
            theirs = ("QuestionnaireResponse", "Observation") if reading else ("QuestionnaireResponse",)
            return kind == "kin" and ask.rtype in theirs and ask.action != "d"
        case "granted":
            return person and ask.rtype != "Binary" and (reading or ask.rtype != "AuditEvent")
        case "files":
            return person and ask.rtype == "Binary"
    raise AssertionError(rule)


def asks() -> Iterator[Ask]:
    """Every question that there is."""
    for actor in ACTORS:
        for action in "crusd":
            yield from (Ask(actor, action, rtype) for rtype in TYPES)  # type: ignore[arg-type]


def test_the_whole_table() -> None:
    wrong = [
        (rule.__name__, ask)
        for ask in asks()
        for rule in policy.RULES
        if (rule(ask) is not None) != speaks(rule.__name__, ask)
    ]
    assert not wrong, wrong[:5]
    assert len({rule.__name__ for rule in policy.RULES}) == 9


def test_no_rule_means_no() -> None:
    for ask in asks():
        said = any(speaks(rule.__name__, ask) for rule in policy.RULES)
        assert policy.filter_for(ask).nothing is not said


def test_labels_at_hand_say_what_the_filter_says() -> None:
    for ask in asks():
        hidden, scopes = policy.hidden_labels(ask), ask.actor.scopes or ()
        if ask.actor.kind == "system":
            assert hidden == 0
        elif ask.actor.kind == "client" and any(
            not one.query and one.covers(ask.rtype, ask.action) for one in scopes
        ):
            assert hidden == labels.UNKNOWN
        else:
            assert hidden is None


@pytest.mark.parametrize("kind", ["patient", "kin", "staff"])
def test_what_a_kind_of_actor_may_clear_at_most(kind: str) -> None:
    most = granting.clearance(Actor(kind, "Patient/x", "x"))
    assert not most & labels.UNKNOWN
    assert bool(most & labels.STAFF) is (kind == "staff")
    for bit in labels.BITS.values():
        assert most & bit or bit == labels.STAFF


@pytest.mark.parametrize(
    ("role", "staff"),
    [(roles.OWN, False), (roles.CARE_TEAM, True), (roles.ADDRESSED, True), (roles.ADDRESSED_KIN, False),
     (roles.CORRESPONDENT, True), (roles.EMERGENCY, True), (roles.RELATED, False)],
)  # fmt: skip
def test_a_role_clears_staff_notes_for_staff_alone(role: roles.Role, staff: bool) -> None:
    assert bool(role.labels & labels.STAFF) is staff
    assert not role.labels & labels.UNKNOWN


def test_the_patients_whose_rows_may_pass(conn: Connection[Any], people: People) -> None:
    """What narrows a search beforehand names each patient of whom there is any grant, and nobody else."""
    found: Callable[[Actor], set[int]] = lambda actor: {  # noqa: E731
        row[0]
        for where in [policy.granted(Ask(actor, "s", "Observation"))]
        if where
        for row in conn.execute(where.patients, where.params).fetchall()
    }
    assert found(people.amina) == {reference_key(AMINA)} and found(people.eve) == {reference_key(EVE)}
    assert found(people.dara) == {reference_key(AMINA)} and found(people.eve_staff) == set()


NOTE = {"security": [{"system": "urn:rapport:label", "code": "staff-only"}]}
ODD = {"security": [{"system": "urn:unheard", "code": "of"}]}


def _labelled(rtype: str, label: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"resourceType": rtype, "meta": label, **more}


def _held(
    conn: Connection[Any], actor: Actor, action: str, rtype: str, key: int, purpose: str = "TREAT"
) -> bool:
    """Whether a rule lets an actor do this to a row."""
    where = policy.filter_for(Ask(actor, action, rtype, purpose))  # type: ignore[arg-type]
    sql = f"SELECT 1 FROM resource t WHERE t.id = %(row)s AND {where.on('t')}"
    return conn.execute(sql, {**where.params, "row": key}).fetchone() is not None  # type: ignore[arg-type]


def test_labels_by_rule(conn: Connection[Any], people: People) -> None:
    """A staff note is for who works here and for programs; what nobody understands is for Rapport alone."""
    me, system = {"reference": AMINA}, Door(conn, Actor.system("tests"))
    made = {
        "Observation": {"status": "final", "code": {"text": "x"}, "subject": me},
        "Patient": {},
        "Consent": {"status": "inactive", "scope": {"text": "x"}, "category": [{"text": "x"}], "patient": me,
                    "policyRule": {"text": "x"}},
        "Organization": {"name": "x"},
    }  # fmt: skip
    keys = {
        (rtype, note): system.create(_labelled(rtype, NOTE if note else ODD, **more)).id
        for rtype, more in made.items()
        for note in (True, False)
    }
    lead, privacy = _staff("lead"), _staff("privacy")
    reader = _program("system/*.cruds")
    dara, root = people.dara, people.root
    seen = [
        (reader, "r", "Observation"), (reader, "r", "Organization"), (lead, "r", "Patient"),
        (lead, "u", "Patient"), (lead, "r", "Consent"), (lead, "u", "Organization"),
        (privacy, "r", "Consent"), (root, "u", "Organization"), (dara, "r", "Organization"),
        (dara, "r", "Observation"),
    ]  # fmt: skip
    for actor, action, rtype in seen:
        assert _held(conn, actor, action, rtype, keys[rtype, True]), (actor.name, action, rtype)
        assert not _held(conn, actor, action, rtype, keys[rtype, False]), (actor.name, action, rtype)
    for actor in (people.amina, people.bilal, people.eve):
        assert not any(_held(conn, actor, "r", rtype, key) for (rtype, _), key in keys.items())


def test_a_purpose_that_nobody_knows_opens_nothing(conn: Connection[Any], people: People) -> None:
    key = reference_key(AMINA)
    assert _held(conn, people.dara, "r", "Patient", key) and _held(conn, people.amina, "r", "Patient", key)
    for purpose in ("", "NONSENSE", "treat"):
        assert not _held(conn, people.dara, "r", "Patient", key, purpose)
        assert not _held(conn, people.amina, "r", "Patient", key, purpose)


def test_the_directory_is_what_belongs_to_nobody(conn: Connection[Any], people: People) -> None:
    """A row of a type of the directory that is somebody's, by whatever mistake, is not in it."""
    key = Door(conn, Actor.system("tests")).create({"resourceType": "Organization", "name": "x"}).id
    assert _held(conn, people.eve, "r", "Organization", key) and _held(
        conn, people.root, "u", "Organization", key
    )
    conn.execute("UPDATE resource SET patient = %s WHERE id = %s", (reference_key(AMINA), key))
    assert not _held(conn, people.eve, "r", "Organization", key)
    assert not _held(conn, people.root, "u", "Organization", key)


def test_registered_people_and_agreements_belong_to_somebody(conn: Connection[Any], people: People) -> None:
    """What should be a patient's and is nobody's is not for leads, either."""
    system = Door(conn, Actor.system("tests"))
    team = system.create({"resourceType": "CareTeam", "status": "active"}).id
    lead = _staff("lead")
    assert not _held(conn, lead, "r", "CareTeam", team)
    assert _held(conn, lead, "u", "CareTeam", resource_key("CareTeam", "amina-harbour-street"))
    assert not _held(conn, lead, "d", "CareTeam", resource_key("CareTeam", "amina-harbour-street"))


@pytest.mark.parametrize("kind", ["patient", "kin", "client", "system"])
def test_only_staff_have_duties(kind: str) -> None:
    """The rules of keepers ask for the duty alone."""
    with pytest.raises(ValueError, match="duties"):
        Actor(kind, "Patient/x", "x", duties=frozenset({"lead"}))
