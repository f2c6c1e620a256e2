"""Writing: start a conversation, write more, record a contact, note, correct, withdraw, open."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from rapport.fhir.labels import JOINED
from rapport.fhir.outcomes import not_found
from rapport.gate.door import Door
from rapport.people import notices
from rapport.pillars.conversations import finding, moment
from rapport.pillars.conversations.actions.alerts import read_first
from rapport.pillars.conversations.actions.doing import Sent, as_written, named, once_only
from rapport.pillars.conversations.actions.files import Upload, check
from rapport.pillars.conversations.actions.letters import (
    marked_in,
    open_header,
    raise_concerns,
    title_of,
    write_letter,
)
from rapport.pillars.conversations.rules.words import broken
from rapport.pillars.conversations.shapes import letters
from rapport.pillars.conversations.shapes.codes import SPOKEN, ref_of
from rapport.pillars.conversations.shapes.letters import read_message


def start(
    door: Door,
    *,
    once: str,
    topic: str,
    text: str,
    concerns: Sequence[str] = (),
    title: str = "",
    patient: str = "",
    files: Sequence[Upload] = (),
    language: str = "",
) -> Sent:
    """A patient starts a conversation with the team of a topic. Without concerns it starts no clock."""
    who, rid = finding.who(door), named(door, once, "message")
    if who.staff:
        raise broken("asked-in-letter")
    patient = patient or (who.ref if who.kind == "patient" else "")
    text = as_written(text)

    def act() -> Sent:
        named_so, is_open = title or title_of(text, concerns), bool(marked_in(concerns))
        header = open_header(door, once, patient=patient, topic=topic, title=named_so, is_open=is_open)
        return write_letter(
            door, header, once=once, text=text, concerns=concerns, files=files, language=language
        )

    return once_only(door, "starting a conversation", rid, act)


def start_for(
    door: Door,
    *,
    once: str,
    patient: str,
    topic: str,
    text: str,
    title: str = "",
    files: Sequence[Upload] = (),
    language: str = "",
    medium: str = "written",
) -> Sent:
    """Staff start a conversation with a patient. It raises no concern: those are the patient's to raise.

    medium  `post` when it is printed and posted, too
    """
    if not finding.who(door).staff:
        raise broken("staff-only")
    text = as_written(text)

    def act() -> Sent:
        header = open_header(
            door, once, patient=patient, topic=topic, title=title or title_of(text), is_open=False
        )
        return write_letter(door, header, once=once, text=text, files=files, language=language, medium=medium)

    return once_only(door, "starting a conversation", named(door, once, "message"), act)


def record_contact(
    door: Door,
    *,
    once: str,
    patient: str,
    topic: str,
    medium: str,
    text: str,
    concerns: Sequence[str] = (),
    answer: str = "",
    conversation: str = "",
    title: str = "",
    caller: str = "",
    at: datetime | None = None,
) -> Sent:
    """Staff write down what someone said on the phone or in person, what it asks, and what was answered.

    caller  who said it when not the patient: `RelatedPerson/…`
    at      when it was said; now when left out. The clocks run from now.
    """
    who = finding.who(door)
    if not who.staff:
        raise broken("staff-only")
    if medium not in SPOKEN:
        raise broken("shape", kind="contact", what="its medium is phone or in-person")
    text, said = as_written(text), at or moment.now()

    def act() -> Sent:
        header = finding.header(door, conversation) if conversation else open_header(
            door, once, patient=patient, topic=topic, title=title or title_of(text, concerns),
            is_open=bool(marked_in(concerns)),
        )  # fmt: skip
        if header.patient != patient:
            raise not_found()
        sent = write_letter(door, header, once=once, text=text, concerns=concerns, speaker=caller or patient,
                       medium=medium, at=said)  # fmt: skip
        if answer.strip():
            about = [f"Task/{rid}" for rid in sent.concerns]
            write_letter(
                door,
                header,
                once=f"{once} answer",
                text=as_written(answer),
                about=about,
                medium=medium,
                at=said + timedelta(milliseconds=1),  # after what it answers
            )
        return sent

    return once_only(door, "recording a contact", named(door, once, "message"), act)


def write_more(
    door: Door,
    *,
    once: str,
    conversation: str,
    text: str,
    concerns: Sequence[str] = (),
    about: Sequence[str] = (),
    files: Sequence[Upload] = (),
    language: str = "",
    medium: str = "written",
    drafted: bool = False,
) -> Sent:
    """Either side writes again; a conversation that was done is open again when a concern is raised.

    concerns  new ones, which patients and their circle raise
    about     rids of concerns that a patient's words add to; they change no state (see `not_yet`)
    medium    `post` when staff print and post it, too
    """
    text = as_written(text) if text.strip() or not files else ""
    check(files)

    def act() -> Sent:
        header = finding.header(door, conversation)
        if finding.who(door).staff and (concerns or about):
            raise broken("staff-only") if concerns else broken("answer-letter")
        return write_letter(
            door,
            header,
            once=once,
            text=text,
            concerns=concerns,
            files=files,
            language=language,
            medium=medium,
            about=[f"Task/{finding.rid_of(rid)}" for rid in about],
            drafted=drafted,
        )

    return once_only(door, "writing", named(door, once, "message"), act)


def note(door: Door, *, once: str, conversation: str, text: str) -> Sent:
    """A note that only staff ever see, beside the letters."""
    if not finding.who(door).staff:
        raise broken("staff-only")
    text = as_written(text)

    def act() -> Sent:
        return write_letter(door, finding.header(door, conversation), once=once, text=text, is_note=True)

    return once_only(door, "writing a team note", named(door, once, "message"), act)


def mark_concern(door: Door, *, once: str, letter: str, text: str) -> str:
    """One more concern is seen in a letter of the patient's side: its writer or staff mark it. Its id."""
    rid, text = named(door, once, "concern"), as_written(text)
    if door.find("Task", rid) is not None:
        return rid
    with door.unit("marking a question"):
        message = read_message(finding.need(door, "Communication", letter, "message"))
        header = finding.header(door, message.conversation)
        if message.sender.startswith("Practitioner") or message.state == "withdrawn":
            raise broken("asked-in-letter")
        raise_concerns(door, header, message.ref, message.sender, [(rid, text)])
    return rid


def correct(door: Door, *, letter: str, text: str) -> None:
    """The writer puts other words in place; everyone sees that; the first version is kept."""
    text = as_written(text)
    with door.unit("correcting a message"):
        body = finding.need(door, "Communication", letter, "message", "note")
        if letters.text_of(body) != text:
            door.update(letters.corrected(body, text))


def withdraw(door: Door, *, letter: str) -> None:
    """The writer takes a message back: its words are shown no longer, that it was there is."""
    with door.unit("withdrawing a message"):
        body = finding.need(door, "Communication", letter, "message", "note")
        door.lock("conversation", ref_of(body["partOf"][0]))
        if body.get("status") != "entered-in-error":
            door.update(letters.withdrawn(body))


def mark_opened(door: Door, letters_shown: Iterable[str]) -> frozenset[str]:
    """Whoever looks has these letters (rids) on the screen: both sides can see it, notices are settled.

    The live topics that this counted up, each by one.
    """
    refs = [f"Communication/{finding.rid_of(rid)}" for rid in letters_shown]
    if not refs or door.actor.kind in ("system", "client"):
        return frozenset()
    with door.unit("opening letters"):
        found = {
            ref: record for ref, record in door.many(refs).items() if read_message(record.json).conversation
        }
        theirs = [record for record in found.values() if ref_of(record.json.get("sender")) not in _own(door)]
        known = door.openings([record.id for record in theirs])
        new = [
            record
            for record in theirs
            if all(opening.ref != door.actor.ref for opening in known.get(record.id, ()))
        ]
        if not new:
            return frozenset()
        door.opened(new, moment.now())
        if finding.who(door).staff:
            read_first(door, [record.ref for record in new])
        for conversation in {read_message(record.json).conversation for record in new}:
            notices.settle(door.actor.ref, conversation, door.conn)
        # of what carries a label the circle hears nothing
        shown_to_all = [record for record in new if not record.sens & ~JOINED]
        stirred = {f"conversation:{read_message(record.json).conversation}" for record in shown_to_all}
        stirred |= {f"patient:{ref_of(record.json.get('subject'))}" for record in new}
        door.changed(*stirred)
        return frozenset(stirred)


def _own(door: Door) -> tuple[str, ...]:
    return (door.actor.ref, *door.actor.positions)
