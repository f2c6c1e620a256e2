"""No writer gets around the heard loop: page, API, bundle or import; each refusal names its rule."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from rapport.fhir.outcomes import Refused
from rapport.gate.actor import Actor
from rapport.gate.door import Door
from rapport.pillars.conversations import actions, reading
from rapport.pillars.conversations.rules import RULES
from tests.conversations.conftest import Clock, task
from tests.personas import AMINA, OTHER_TEAM, People

Doors = Callable[[Actor], Door]
Body = dict[str, Any]

#: Name of the attempt -> (what it does to the Task of an open concern, words of the rule that must stop it).
ATTEMPTS: dict[str, tuple[Callable[[Body], Body], str]] = {
    "hear it for her": (
        lambda t: _state(t, "completed", "heard"),
        "heard only|answered|closed only|one step",
    ),
    "close it without a reason": (
        lambda t: _state(t, "cancelled", "closed"),
        "reason|person says so|works here",
    ),
    "status alone": (lambda t: {**t, "status": "completed"}, "agree"),
    "state alone": (lambda t: {**t, "businessStatus": _business("heard")}, "agree"),
    "take off the clock": (lambda t: _without(t, "restriction", "period"), "clock"),
    "no restriction": (lambda t: _drop(t, "restriction"), "team"),
    "later": (lambda t: _due(t, "2027-01-01T00:00:00Z"), "clock"),
    "sooner": (lambda t: _due(t, "2026-06-15T10:01:00Z"), "clock"),
    "other words": (lambda t: _words(t, "Nothing, all is well."), "as they were written"),
    "no promised time": (lambda t: {**t, "input": t["input"][:1]}, "as they were written"),
    "another patient": (
        lambda t: {**t, "for": {"reference": "Patient/eve"}},
        "as they were written|written here",
    ),
    "another conversation": (
        lambda t: {**t, "basedOn": [{"reference": "Communication/x"}]},
        "as they were written",
    ),
    "another letter": (lambda t: {**t, "focus": {"reference": "Communication/x"}}, "as they were written"),
    "another asker": (
        lambda t: {**t, "requester": {"reference": "Patient/eve"}},
        "as they were written|cannot be",
    ),
    "another kind": (lambda t: {**t, "code": {"text": "x"}}, "stays what it is|your own messages"),
    "two kinds": (lambda t: _kinds(t, "concern", "promise"), "stays what it is|written here"),
    "in Dara's name": (lambda t: _owner(t, "PractitionerRole/dara"), "reason|own name|works here|Only"),
    "in nobody's name": (lambda t: _owner(t, "PractitionerRole/nobody"), "works here|reason|Only"),
    "hide it": (lambda t: _label(t), "label"),
    "answered by nothing": (lambda t: _state(t, "in-progress", "answered"), "answer|own name|works here"),
    "an event of another": (lambda t: {**t, "output": [_event("confirmed", AMINA)]}, "written down once"),
    "an event of the past": (
        lambda t: {**t, "output": [_event("taken", "x", "2020-01-01T00:00:00Z")]},
        "written down",
    ),
    "no words": (lambda t: {**t, "input": []}, "words"),
    "nonsense state": (lambda t: _state(t, "requested", "asleep"), "state"),
    "urgent without a word": (lambda t: {**t, "priority": "stat"}, "reason|works here"),
    "priority of no meaning": (lambda t: {**t, "priority": "asap"}, "priority"),
}


def _state(t: Body, status: str, state: str) -> Body:
    return {**t, "status": status, "businessStatus": _business(state)}


def _business(state: str) -> Body:
    return {"coding": [{"system": "urn:rapport:concern-state", "code": state}]}


def _drop(t: Body, name: str) -> Body:
    return {key: value for key, value in t.items() if key != name}


def _without(t: Body, name: str, inner: str) -> Body:
    return {**t, name: _drop(t[name], inner)}


def _due(t: Body, at: str) -> Body:
    return {**t, "restriction": {**t["restriction"], "period": {"end": at}}}


def _words(t: Body, words: str) -> Body:
    return {**t, "input": [{**t["input"][0], "valueString": words}, *t["input"][1:]]}


def _kinds(t: Body, *kinds: str) -> Body:
    return {**t, "code": {"coding": [{"system": "urn:rapport:kind", "code": kind} for kind in kinds]}}


def _owner(t: Body, ref: str) -> Body:
    return {**_state(t, "accepted", "accepted"), "owner": {"reference": ref}}


def _label(t: Body) -> Body:
    return {**t, "meta": {**t["meta"], "security": [{"system": "urn:rapport:label", "code": "staff-only"}]}}


def _event(code: str, by: str, at: str = "2026-06-15T10:00:00Z") -> Body:
    note = {"authorReference": {"reference": by}, "time": at, "text": "Yes."}
    if "/" not in by:
        note = {"authorString": by, "time": at, "text": "Yes."}
    return {
        "type": {"coding": [{"system": "urn:rapport:concern-event", "code": code}]},
        "valueAnnotation": note,
    }


def _writers(people: People) -> dict[str, Actor]:
    return {
        "amina": people.amina,
        "chen": people.chen,
        "program": people.program,
        "import": Actor.system("import"),
    }


def _put(door: Door, body: Body) -> None:
    door.update(body)


def _transaction(door: Door, body: Body) -> None:
    entry = {"resource": body, "request": {"method": "PUT", "url": f"{body['resourceType']}/{body['id']}"}}
    door.bundle(json.dumps({"resourceType": "Bundle", "type": "transaction", "entry": [entry]}).encode())


@pytest.mark.parametrize("way", [_put, _transaction])
@pytest.mark.parametrize("writer", ["amina", "chen", "program", "import"])
@pytest.mark.parametrize("attempt", ATTEMPTS)
def test_an_open_concern(
    attempt: str,
    writer: str,
    way: Callable[[Door, Body], None],
    door: Doors,
    people: People,
    three: actions.Sent,
) -> None:
    change, rule = ATTEMPTS[attempt]
    mine = door(_writers(people)[writer])
    before = task(door(people.chen), three.concerns[0])
    with pytest.raises(Refused) as refused:
        way(mine, change(copy.deepcopy(before)))
    assert refused.value.status in (400, 403, 409, 422), refused.value
    assert refused.value.next or refused.value.issues
    assert task(door(people.chen), three.concerns[0]) == before
    if writer == "chen" and refused.value.code == "rule":
        assert re.search(rule, refused.value.text), refused.value.text


@pytest.mark.parametrize("writer", ["amina", "chen", "program", "import"])
def test_nothing_is_deleted(writer: str, door: Doors, people: People, three: actions.Sent) -> None:
    mine = door(_writers(people)[writer])
    promised = actions.promise(
        door(people.chen), once="a promise", conversation=three.conversation, text="I ring you.",
        due=reading.concern(door(people.chen), three.concerns[0]).raised,
    )  # fmt: skip
    for rtype, rid in (
        ("Task", three.concerns[0]), ("Task", promised),
        ("Communication", three.conversation), ("Communication", three.message),
    ):  # fmt: skip
        with pytest.raises(Refused) as refused:
            mine.delete(rtype, rid)
        assert refused.value.status in (403, 422)
        entry = {"request": {"method": "DELETE", "url": f"{rtype}/{rid}"}}
        bundle = {"resourceType": "Bundle", "type": "transaction", "entry": [entry]}
        with pytest.raises(Refused):
            mine.bundle(json.dumps(bundle).encode())
        assert door(people.chen).read(rtype, rid)


def test_a_batch_refuses_its_entry_alone(door: Doors, people: People, three: actions.Sent) -> None:
    entry = {"request": {"method": "DELETE", "url": f"Task/{three.concerns[0]}"}}
    bundle = {"resourceType": "Bundle", "type": "batch", "entry": [entry]}
    answer = json.loads(door(people.program).bundle(json.dumps(bundle).encode()))
    assert answer["entry"][0]["response"]["status"].startswith("422")
    assert "never deleted" in json.dumps(answer)
    assert task(door(people.chen), three.concerns[0])["status"] == "requested"


@pytest.mark.parametrize("by", ["partOf", "basedOn"])
def test_who_was_let_into_one_conversation_opens_no_other(
    door: Doors, people: People, three: actions.Sent, by: str
) -> None:
    """A header that hangs on a shared one would be as open as that, and give Amina's name to its readers."""
    amina, bilal, eve = door(people.amina), door(people.bilal), door(people.eve_staff)
    header = amina.read("Communication", three.conversation).json
    amina.update({**header, "recipient": [*header["recipient"], {"reference": "RelatedPerson/bilal"}]})
    new = {name: header[name] for name in ("resourceType", "status", "category", "subject", "topic", "sent")}
    new |= {"sender": {"reference": "RelatedPerson/bilal"}, "recipient": [{"reference": OTHER_TEAM}]}
    with pytest.raises(Refused):
        bilal.create({**new, by: [{"reference": f"Communication/{three.conversation}"}]})
    assert eve.find("Patient", "amina") is None


def test_nobody_writes_into_a_conversation_that_they_do_not_see(
    door: Doors, people: People, three: actions.Sent
) -> None:
    """What also refers to a shared conversation is seen there; that lets nobody into another one."""
    amina, bilal = door(people.amina), door(people.bilal)
    header = amina.read("Communication", three.conversation).json
    amina.update({**header, "recipient": [*header["recipient"], {"reference": "RelatedPerson/bilal"}]})
    own = actions.start(amina, once="between us", topic="health", text="Just for you.", concerns=("Why?",))
    new = amina.read("Communication", own.message).json
    new = {name: new[name] for name in ("resourceType", "status", "category", "subject", "partOf", "sent")}
    new |= {"sender": {"reference": "RelatedPerson/bilal"}, "payload": [{"contentString": "I was here."}]}
    with pytest.raises(Refused):
        bilal.create({**new, "basedOn": [{"reference": f"Communication/{three.conversation}"}]})
    assert len(reading.conversation(amina, own.conversation).letters) == 1


def test_nobody_goes_by_another_name(door: Doors, people: People, three: actions.Sent) -> None:
    """Who cannot look somebody up reads the name beside the reference: Bilal was not Dr Chen."""
    amina, bilal, chen = door(people.amina), door(people.bilal), door(people.chen)
    header = amina.read("Communication", three.conversation).json
    kin = {"reference": "RelatedPerson/bilal"}
    amina.update({**header, "recipient": [*header["recipient"], kin]})
    letter = amina.read("Communication", three.message).json
    letter = {key: letter[key] for key in ("resourceType", "status", "category", "subject", "partOf", "sent")}
    letter |= {
        "sender": {**kin, "display": "Dr Mei Chen"},
        "payload": [{"contentString": "Stop the tablet."}],
    }
    question = {
        key: value for key, value in task(amina, three.concerns[0]).items() if key not in ("id", "meta")
    }
    taken = _owner(task(chen, three.concerns[0]), people.chen.positions[0])
    new_header = {key: value for key, value in header.items() if key not in ("id", "meta")}
    for writer, body in (
        (bilal, letter),
        (bilal, {**letter, "sender": kin, "recipient": [{"reference": AMINA, "display": "Eve Marsh"}]}),
        (amina, {**question, "requester": {"reference": AMINA, "display": "Dr Mei Chen"}}),
        (amina, {**question, "owner": {**question["owner"], "display": "The emergency team"}}),
        (amina, {**new_header, "recipient": [{**header["recipient"][0], "display": "Dr Mei Chen"}]}),
        (chen, {**taken, "owner": {**taken["owner"], "display": "Dara Okafor"}}),
    ):
        with pytest.raises(Refused, match="is not one of theirs"):
            writer.update(body) if "id" in body else writer.create(body)
    bilal.create({**letter, "sender": {**kin, "display": "Bilal Haddad"}})
    amina.create({**question, "requester": {"reference": AMINA, "display": "Amina Haddad"}})
    chen.update({**taken, "owner": {**taken["owner"], "display": "Mei Chen"}})


def test_every_rule_says_what_to_do_instead() -> None:
    for name, (text, instead) in RULES.items():
        assert text and instead, name


# ---------------------------------------------------------------- what an API writer may do, and what follows


def test_an_api_writer_need_not_know_our_clocks(
    door: Doors, people: People, three: actions.Sent, clock: Clock
) -> None:
    """The due time and the watch of a new concern, left out, are filled in."""
    amina = door(people.amina)
    body = task(amina, three.concerns[0])
    for name in ("id", "meta", "restriction"):
        body.pop(name)
    body["restriction"] = {"recipient": [{"reference": "Organization/harbour-street"}]}
    body["input"] = [{"type": {"text": "words"}, "valueString": "And can I swim?"}]
    rid = amina.create(body).rid
    seen = reading.concern(amina, rid)
    first = reading.concern(amina, three.concerns[0])
    assert (seen.due, seen.answer_by, seen.state) == (first.due, first.answer_by, "raised")
    assert task(amina, rid)["meta"]["tag"][0]["code"] == "running"


def test_a_step_over_the_api_gets_its_event_and_clock(
    door: Doors, people: People, three: actions.Sent, clock: Clock
) -> None:
    chen = door(people.chen)
    rid = three.concerns[0]
    body = _owner(task(chen, rid), people.chen.positions[0])
    body["meta"] = {"versionId": body["meta"]["versionId"]}
    chen.update(body)
    seen = reading.concern(door(people.amina), rid)
    assert (seen.state, seen.due) == ("accepted", seen.answer_by)
    assert [event.code for event in seen.happened] == ["taken"] and seen.happened[0].by.name == "Mei Chen"
    assert task(chen, rid)["meta"]["tag"][0]["code"] == "running"


def test_a_message_over_the_api_answers(
    door: Doors, people: People, three: actions.Sent, clock: Clock
) -> None:
    chen = door(people.chen)
    message = {
        "resourceType": "Communication", "status": "completed",
        "category": [{"coding": [{"system": "urn:rapport:kind", "code": "message"}]}],
        "partOf": [{"reference": f"Communication/{three.conversation}"}], "subject": {"reference": AMINA},
        "sender": {"reference": people.chen.positions[0]}, "sent": "2026-06-15T10:00:00Z",
        "about": [{"reference": f"Task/{three.concerns[1]}"}],
        "payload": [{"contentString": "No, leave it."}],
    }  # fmt: skip
    chen.create(message)
    assert reading.concern(door(people.amina), three.concerns[1]).state == "answered"
    body = task(chen, three.concerns[1])
    door(people.amina).update(_state(body, "completed", "heard"))
    assert reading.concern(door(people.amina), three.concerns[1]).happened[-1].code == "confirmed"


def test_the_done_conversation_follows_the_api(door: Doors, people: People, three: actions.Sent) -> None:
    chen = door(people.chen)
    for rid in three.concerns:
        body = task(chen, rid)
        reason = {
            "coding": [{"system": "urn:rapport:concern-reason", "code": "asked-us"}],
            "text": "She rang.",
        }
        chen.update({**_state(body, "cancelled", "closed"), "statusReason": reason})
    assert chen.read("Communication", three.conversation).json["status"] == "completed"
    seen = reading.concern(door(people.amina), three.concerns[0])
    assert (seen.reason, seen.reason_words, seen.ended_by and seen.ended_by.name) == (
        "asked-us",
        "She rang.",
        "Mei Chen",
    )


# ---------------------------------------------------------------- messages, notes, headers, promises


def test_a_sent_message_is_its_writers(door: Doors, people: People, three: actions.Sent) -> None:
    chen, amina = door(people.chen), door(people.amina)
    body = chen.read("Communication", three.message).json
    for writer in (chen, door(people.program), door(Actor.system("import"))):
        with pytest.raises(Refused):
            writer.update({**body, "payload": [{"contentString": "I am well."}]})
        with pytest.raises(Refused):
            writer.update({**body, "status": "entered-in-error"})
    for change in (
        {"sent": "2026-06-01T10:00:00Z"}, {"subject": {"reference": "Patient/eve"}},
        {"partOf": [{"reference": "Communication/x"}]}, {"sender": {"reference": "Patient/eve"}},
        {"payload": []}, {"status": "preparation"}, {"about": [{"reference": "Task/x"}]},
    ):  # fmt: skip
        with pytest.raises(Refused):
            amina.update({**body, **change})
    amina.update({**body, "payload": [{"contentString": "I get dizzy in the morning."}]})
    letter = reading.conversation(chen, three.conversation).letters[0]
    assert (letter.state, letter.text) == ("corrected", "I get dizzy in the morning.")
    assert [version.present for version in reading.versions(chen, letter.rid)] == [False, True]


@pytest.mark.parametrize(
    "change",
    [
        {"sender": {"reference": "Practitioner/dara"}},
        {"sender": {"reference": AMINA}},
        {"sent": "2027-01-01T00:00:00Z"},
        {"status": "preparation"},
        {"payload": [{"contentString": "  "}]},
        {"partOf": []},
        {"subject": {"reference": "Patient/eve"}},
        {"meta": {"security": [{"system": "urn:rapport:label", "code": "staff-only"}]}},
    ],
)
def test_a_message_over_the_api_is_honest(
    change: Body, door: Doors, people: People, three: actions.Sent
) -> None:
    chen = door(people.chen)
    body = chen.read("Communication", three.message).json
    for name in ("id", "meta"):
        body.pop(name)
    body |= {"sender": {"reference": people.chen.positions[0]}, **change}
    with pytest.raises(Refused):
        chen.create(body)


def test_a_staff_note_stays_among_staff(door: Doors, people: People, three: actions.Sent) -> None:
    chen, amina = door(people.chen), door(people.amina)
    sent = actions.note(
        chen, once="a team note", conversation=three.conversation, text="Ring her, do not write."
    )
    with pytest.raises(Refused) as refused:
        amina.read("Communication", sent.message)
    assert refused.value.code == "not-found"
    assert all(
        "Ring her" not in letter.text for letter in reading.conversation(amina, three.conversation).letters
    )
    assert any(letter.for_team for letter in reading.conversation(chen, three.conversation).letters)
    body = chen.read("Communication", sent.message).json
    with pytest.raises(Refused, match="label"):
        chen.update({**body, "meta": {"versionId": "1"}})
    with pytest.raises(Refused):
        chen.create({**_drop(_drop(body, "id"), "meta")})
    with pytest.raises(Refused):
        amina.create(
            {
                **_drop(body, "id"),
                "sender": {"reference": AMINA},
                "meta": {"security": body["meta"]["security"]},
            }
        )


def test_a_header_keeps_its_person_and_its_readers(door: Doors, people: People, three: actions.Sent) -> None:
    chen, amina = door(people.chen), door(people.amina)
    body = chen.read("Communication", three.conversation).json
    for writer, change in (
        (chen, {"subject": {"reference": "Patient/eve"}}),
        (chen, {"recipient": []}),
        (chen, {"recipient": [{"reference": AMINA}]}),
        (chen, {"topic": {"text": "Something else"}}),
        (chen, {"payload": [{"contentString": "x"}]}),
        (chen, {"status": "entered-in-error"}),
        (chen, {"recipient": [*body["recipient"], {"reference": "RelatedPerson/bilal"}]}),
        (amina, {"recipient": [*body["recipient"], {"reference": OTHER_TEAM}]}),
        (amina, {"status": "completed"}),
        (door(people.program), {"recipient": [{"reference": OTHER_TEAM}]}),
    ):
        with pytest.raises(Refused):
            writer.update({**body, **change})
    new = {name: value for name, value in body.items() if name not in ("id", "meta")}
    new |= {"sender": {"reference": people.chen.positions[0]}}
    with pytest.raises(Refused):
        chen.create({**new, "recipient": [*body["recipient"], {"reference": "RelatedPerson/bilal"}]})
    amina.update({**body, "recipient": [*body["recipient"], {"reference": "RelatedPerson/bilal"}]})
    assert reading.conversation(door(people.bilal), three.conversation).title


def test_concerns_stay_with_the_person_of_the_letter(
    door: Doors, people: People, three: actions.Sent
) -> None:
    """Eve cannot hang a concern of hers on Amina's letter, nor Amina one of hers on Eve's conversation."""
    eve, amina = door(people.eve), door(people.amina)
    hers = actions.start(eve, once="eves first form", topic="health", text="Hello?", concerns=["Hello?"])
    body = task(amina, three.concerns[0])
    for name in ("id", "meta"):
        body.pop(name)
    for change in (
        {"focus": {"reference": f"Communication/{hers.message}"}},
        {"basedOn": [{"reference": f"Communication/{hers.conversation}"}]},
        {"for": {"reference": "Patient/eve"}},
        {"requester": {"reference": "Patient/eve"}},
        {"restriction": {"recipient": [{"reference": OTHER_TEAM}]}, "owner": {"reference": OTHER_TEAM}},
    ):
        with pytest.raises(Refused):
            amina.create({**body, **change})


def test_nobody_who_works_here_asks_a_question(door: Doors, people: People, three: actions.Sent) -> None:
    """Who asks may say that it is answered: so staff raise none of their own."""
    chen = door(people.chen)
    with pytest.raises(Refused, match="asked by who wrote"):
        actions.start(chen, once="as a patient", topic="health", text="a?", concerns=["a?"], patient=AMINA)
    sent = actions.write_more(chen, once="a letter", conversation=three.conversation, text="Dear Amina")
    body = task(chen, three.concerns[0])
    for name in ("id", "meta"):
        body.pop(name)
    desk = people.chen.positions[0]
    for change in (
        {"requester": {"reference": desk}, "focus": {"reference": f"Communication/{sent.message}"}},
        {"requester": {"reference": AMINA}, "focus": {"reference": f"Communication/{sent.message}"}},
        {"requester": {"reference": "Practitioner/chen"}},
    ):
        with pytest.raises(Refused):
            chen.create({**body, **change})


def test_an_import_brings_history_but_no_longer_clock(
    door: Doors, people: People, three: actions.Sent
) -> None:
    importing = door(Actor.system("import"))
    body = task(door(people.chen), three.concerns[0])
    done = {**_state(body, "completed", "heard"), "id": "of-old", "authoredOn": "2020-01-01T10:00:00Z"}
    done.pop("meta")
    importing.create(done, rid="of-old")
    assert reading.concern(door(people.chen), "of-old").state == "heard"
    for change in (
        {
            **body,
            "id": "late",
            "restriction": {**body["restriction"], "period": {"end": "2030-01-01T00:00:00Z"}},
        },
        {**_state(body, "cancelled", "closed"), "id": "no-reason"},
        {**body, "id": "ahead", "authoredOn": "2030-01-01T00:00:00Z"},
    ):
        with pytest.raises(Refused):
            importing.create(change, rid=change["id"])
    bare = {**_without(body, "restriction", "period"), "id": "bare", "input": body["input"][:1]}
    bare.pop("meta")
    importing.create(bare, rid="bare")
    assert reading.concern(door(people.chen), "bare").due is not None
    importing.update(_drop(task(importing, "of-old"), "meta"))  # the same again changes nothing
