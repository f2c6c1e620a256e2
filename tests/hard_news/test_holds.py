"""A result that falls under a wish is nowhere to be seen for whom it is, until told or the time is over."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from rapport.fhir.outcomes import Refused
from rapport.fhir.validation import check
from rapport.gate.actor import Actor
from rapport.gate.door import Door
from rapport.people import errands
from rapport.pillars.hard_news import actions, finding, reading, shapes
from rapport.pillars.hard_news.rules import law
from tests.gate.consent.test_consent import consent, permit
from tests.hard_news.conftest import MARK, around, report, wished
from tests.personas import AMINA, CHEN, People

Doors = Callable[[Actor], Door]


def arrive(door: Door, rid: str = "r", *, patient: str = AMINA, **more: Any) -> None:
    """A report arrives with all that belongs to it, as a program brings it."""
    with door.unit("a laboratory"):
        for body in [*around(rid, patient=patient), report(rid, patient=patient, **more)]:
            door.put(*_raw(body))


def _raw(body: dict[str, Any]) -> tuple[bytes, dict[str, Any]]:
    import orjson

    return orjson.dumps(body), body


def call_of(door: Door, patient: str = AMINA) -> errands.Errand:
    (one,) = errands.of_patient(door, patient, "result-call", still=False)
    return one


def seen(door: Door) -> list[str]:
    """What somebody finds of the marked things, by all ways of searching."""
    found = []
    for rtype in ("DiagnosticReport", "Observation", "Condition", "Provenance", "Task"):
        answer = door.search(rtype, "_count=100")
        found += [one.ref for one in [*answer.matches, *answer.included] if MARK in one.body.decode()]
    return found


@pytest.fixture
def told(people: People, door: Doors) -> None:
    """Amina has said how she wants to hear of tissue; Bilal sees all of her record that he may."""
    actions.wish(
        door(people.amina), patient=AMINA, said=wished(teller="PractitionerRole/chen", teller_name="Dr Chen")
    )
    body = consent(permit("RelatedPerson/bilal", "health-record", "conversations", "what-matters"))
    door(Actor.system("tests")).create(body)


def test_it_is_held_from_her_and_her_circle_and_staff_see_it(people: People, door: Doors, told: None) -> None:
    arrive(door(people.program))
    assert seen(door(people.amina)) == [] and seen(door(people.bilal)) == []
    assert {"DiagnosticReport/r", "Observation/r-grade", "Condition/r-means"} <= set(seen(door(people.dara)))
    for rtype, rid in (("DiagnosticReport", "r"), ("Observation", "r-grade"), ("Binary", "r-paper")):
        for who in (people.amina, people.bilal):
            with pytest.raises(Refused) as refused:
                door(who).read(rtype, rid)
            assert refused.value.code == "not-found"
            with pytest.raises(Refused):
                door(who).history(rtype, rid)


def test_without_a_wish_it_comes_as_it_comes(people: People, door: Doors) -> None:
    arrive(door(people.program))
    assert "DiagnosticReport/r" in seen(door(people.amina))
    assert errands.of_patient(door(people.dara), AMINA) == ()


def test_nobody_elses_results_are_held(people: People, door: Doors, told: None) -> None:
    arrive(door(people.program), patient="Patient/eve")
    assert "DiagnosticReport/r" in seen(door(people.eve))


def test_somebody_named_has_the_call_and_she_reads_what_was_agreed(
    people: People, door: Doors, told: None
) -> None:
    arrive(door(people.program))
    one = call_of(door(people.amina))
    assert (one.state, one.owner, one.owner_name) == ("open", "PractitionerRole/chen", "Mei Chen")
    assert (one.part("way"), one.part("beside"), one.part("words")) == ("call", "Bilal", "Slowly.")
    assert (
        one.moment("held-until") is not None
        and MARK not in door(people.amina).read("Task", one.rid).body.decode()
    )
    with pytest.raises(Refused):  # whether there is news is hers alone to tell
        door(people.bilal).read("Task", one.rid)
    (held,) = reading.held_for(door(people.chen), one)
    assert (held.ref, held.title) == ("DiagnosticReport/r", f"Biopsy {MARK}")
    assert reading.held_for(door(people.amina), one) == ()
    with connection.cursor() as cursor:
        cursor.execute("SELECT person, about FROM people_notice")
        assert cursor.fetchall() == [(CHEN, one.ref)]  # nobody is told of it but who has the call


def test_when_it_is_told_it_is_free_at_once(people: People, door: Doors, told: None) -> None:
    arrive(door(people.program))
    one = call_of(door(people.amina))
    actions.take_call(door(people.chen), call=one.rid)
    assert seen(door(people.amina)) == []
    actions.tell_done(door(people.chen), call=one.rid, words="We spoke for half an hour.")
    assert "DiagnosticReport/r" in seen(door(people.amina)) and "Condition/r-means" in seen(
        door(people.amina)
    )
    assert door(people.amina).read("Binary", "r-paper").rid == "r-paper"


def test_not_needed_frees_it_too(people: People, door: Doors, told: None) -> None:
    arrive(door(people.program))
    actions.not_needed(
        door(people.dara), call=call_of(door(people.amina)).rid, words="She heard it at the hospital."
    )
    assert "DiagnosticReport/r" in seen(door(people.amina))


def test_it_ends_on_the_second_with_nothing_having_run(people: People, door: Doors, told: None) -> None:
    arrive(door(people.program))
    with connection.cursor() as cursor:
        cursor.execute("SELECT min(ends - now()), max(ends - now()) FROM access_hold")
        low, high = cursor.fetchone()
        assert abs(low - timedelta(days=3)) < timedelta(minutes=1) and low == high
        cursor.execute("UPDATE access_hold SET ends = now() + interval '1 microsecond'")
        assert seen(door(people.amina)) == []
        cursor.execute("UPDATE access_hold SET ends = now()")
    assert "DiagnosticReport/r" in seen(door(people.amina))


def test_the_hold_can_be_compiled_anew(people: People, door: Doors, told: None) -> None:
    from rapport.gate import grants

    arrive(door(people.program))
    with connection.cursor() as cursor:
        cursor.execute("TABLE access_hold ORDER BY resource")
        before = cursor.fetchall()
    grants.rebuild(connection.connection)
    with connection.cursor() as cursor:
        cursor.execute("TABLE access_hold ORDER BY resource")
        assert cursor.fetchall() == before and len(before) == 3


def test_sent_twice_it_is_held_once_and_settled_it_is_news_again(
    people: People, door: Doors, told: None
) -> None:
    arrive(door(people.program), status="registered")
    assert errands.of_patient(door(people.dara), AMINA) == ()
    for _ in range(2):
        arrive(door(people.program), status="preliminary")
    one = call_of(door(people.dara))
    assert len(reading.held_for(door(people.dara), one)) == 1
    actions.tell_done(door(people.dara), call=one.rid, words="What we know so far.")
    assert "DiagnosticReport/r" in seen(door(people.amina))
    arrive(door(people.program), status="final")
    assert seen(door(people.amina)) == []
    arrive(door(people.program), status="amended")  # she knows of it; it does not vanish again
    assert len(errands.of_patient(door(people.dara), AMINA, still=False)) == 2


def test_several_results_are_one_call(people: People, door: Doors, told: None) -> None:
    arrive(door(people.program), "r")
    arrive(door(people.program), "s")
    assert len(reading.held_for(door(people.dara), call_of(door(people.dara)))) == 2


def test_the_most_particular_choice_counts(people: People, door: Doors) -> None:
    amina = door(people.amina)
    actions.wish(amina, patient=AMINA, said=wished("any"))
    actions.wish(amina, patient=AMINA, said=wished("tissue", way="portal", days=0))
    arrive(door(people.program))
    assert "DiagnosticReport/r" in seen(amina)
    blood = {"category": [{"coding": [{"code": "laboratory"}]}], "code": {"text": MARK}}
    door(people.program).create(
        {"resourceType": "Observation", "status": "final", "subject": {"reference": AMINA}, **blood},
        rid="blood",
    )
    assert "Observation/blood" not in seen(amina)


def test_what_lies_long_back_is_no_news(people: People, door: Doors, told: None) -> None:
    arrive(door(people.program), issued="2024-03-01T10:00:00Z")
    assert "DiagnosticReport/r" in seen(door(people.amina))


def test_taken_out_it_holds_nothing_more(people: People, door: Doors, told: None) -> None:
    actions.unwish(door(people.amina), patient=AMINA, kind="tissue")
    actions.unwish(door(people.amina), patient=AMINA, kind="tissue")
    arrive(door(people.program))
    assert "DiagnosticReport/r" in seen(door(people.amina))


def test_where_the_law_forbids_it_nothing_is_held_and_somebody_rings(
    people: People, door: Doors, told: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(law, "table", lambda: {"default": law.Law(False, 5, frozenset(), ())})
    arrive(door(people.program))
    assert "DiagnosticReport/r" in seen(door(people.amina))
    assert call_of(door(people.amina)).part("held-until") == ""


@pytest.mark.parametrize("who", ["amina", "bilal", "eve", "eve_staff", "root"])
def test_eve_and_others_neither_hold_nor_free(people: People, door: Doors, told: None, who: str) -> None:
    arrive(door(people.program))
    other = door(getattr(people, who))
    one = call_of(door(people.dara))
    body = door(people.dara).search("Task", "code=urn:rapport:kind|hold").matches[0].json
    tries: list[Callable[[], object]] = [
        lambda: actions.take_call(other, call=one.rid),
        lambda: actions.tell_done(other, call=one.rid, words="Free."),
        lambda: actions.not_needed(other, call=one.rid, words="Free."),
        lambda: other.update(shapes.ended(body, datetime.now(UTC))),
        lambda: other.update({**door(people.dara).read("Task", one.rid).json, "status": "completed"}),
        lambda: other.create({**body, "id": "theirs"}, rid="theirs"),
    ]
    if who != "amina":
        tries += [
            lambda: actions.wish(other, patient=AMINA, said=wished("scans")),
            lambda: actions.unwish(door(getattr(people, who)), patient=AMINA, kind="tissue") or _no(),
        ]
    for attempt in tries:
        with pytest.raises(Refused):
            attempt()
    assert seen(door(people.amina)) == []
    assert [one.kind for one in finding.wishes(door(people.amina), AMINA)] == ["tissue"]


def _no() -> None:
    raise Refused("not-found", "Nothing was found, so nothing was done.", "")


def test_a_hold_is_neither_made_nor_made_longer_by_anybody(people: People, door: Doors, told: None) -> None:
    arrive(door(people.program))
    body = door(people.dara).search("Task", "code=urn:rapport:kind|hold").matches[0].json
    longer = {"period": {**body["restriction"]["period"], "end": "2027-12-31T00:00:00Z"}}
    for who in (people.dara, people.chen, people.program):
        for change in ({"restriction": longer}, {"input": []}):
            with pytest.raises(Refused):
                door(who).update({**body, **change})
        with pytest.raises(Refused):
            door(who).create({**body, "id": "mine"}, rid="mine")
        with pytest.raises(Refused):
            door(who).delete("Task", body["id"])


@pytest.mark.parametrize(
    "change",
    [{"item": []}, {"status": "in-progress"}, {"meta": {}}, {"id": "other"}],
    ids=["empty", "half", "unmarked", "second"],
)
def test_a_broken_wish_is_refused(people: People, door: Doors, change: dict[str, Any]) -> None:
    body = shapes.wish(wished(), patient=AMINA, by=(AMINA, "Amina"), at=datetime.now(UTC))
    with pytest.raises(Refused):
        door(people.amina).create({**body, **change}, rid={**body, **change}["id"])


@pytest.mark.parametrize(
    "change", [{"days": 6}, {"days": 0}, {"kind": "stars"}, {"way": "pigeon"}, {"time": "soon"}]
)
def test_a_wish_beyond_the_law_is_refused(people: People, door: Doors, change: dict[str, Any]) -> None:
    from dataclasses import replace

    with pytest.raises(Refused):
        actions.wish(door(people.amina), patient=AMINA, said=replace(wished(), **change))


def test_all_of_it_is_valid_r4(people: People, door: Doors, told: None) -> None:
    arrive(door(people.program))
    one = call_of(door(people.amina))
    actions.take_call(door(people.chen), call=one.rid)
    actions.tell_done(door(people.chen), call=one.rid, words="Told.")
    dara = door(people.dara)
    bodies = [record.json for record in dara.search("Task", [("patient", AMINA)]).matches]
    bodies += [record.json for record in dara.search("QuestionnaireResponse", [("subject", AMINA)]).matches]
    assert len(bodies) == 3
    for body in bodies:
        assert check(body) == (), body
