"""Writing: start a conversation, write more, record a contact, note, correct, withdraw, open."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from rapport.fhir.outcomes import not_found
from rapport.gate.door import Door
from rapport.people import notices, site
from rapport.pillars.conversations import finding, moment
from rapport.pillars.conversations.actions.doing import Sent, as_written, named, once_only, team_of
from rapport.pillars.conversations.actions.files import Upload, attach, check
from rapport.pillars.conversations.rules.words import broken
from rapport.pillars.conversations.shapes import letters
from rapport.pillars.conversations.shapes.codes import MEDIA, ref_of
from rapport.pillars.conversations.shapes.concerns import concern
from rapport.pillars.conversations.shapes.letters import Header, read_header, read_message

LONGEST_TITLE = 80


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
    patient = patient or (who.ref if who.kind == "patient" else "")
    text = as_written(text)

    def act() -> Sent:
        header = _header(door, once, patient=patient, topic=topic, title=title or _title(text, concerns),
                         is_open=bool(_marked(concerns)))  # fmt: skip
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
) -> Sent:
    """Staff start a conversation with a patient. It raises no concern: those are the patient's to raise."""
    if not finding.who(door).staff:
        raise broken("staff-only")
    text = as_written(text)

    def act() -> Sent:
        header = _header(door, once, patient=patient, topic=topic, title=title or _title(text), is_open=False)
        return write_letter(door, header, once=once, text=text, files=files, language=language)

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
    if medium not in MEDIA:
        raise broken("shape", kind="contact", what="its medium is phone or in-person")
    text, said = as_written(text), at or moment.now()

    def act() -> Sent:
        header = finding.header(door, conversation) if conversation else _header(
            door, once, patient=patient, topic=topic, title=title or _title(text, concerns),
            is_open=bool(_marked(concerns)),
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
                at=said,
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
) -> Sent:
    """Either side writes again; a conversation that was done is open again when a concern is raised.

    concerns  new ones, which patients and their circle raise
    about     rids of concerns that a patient's words add to; they change no state (see `not_yet`)
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
            about=[f"Task/{finding.rid_of(rid)}" for rid in about],
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
        _raise(door, header, message.ref, message.sender, [(rid, text)])
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


def mark_opened(door: Door, letters_shown: Iterable[str]) -> None:
    """Whoever looks has these letters (rids) on the screen: both sides can see it, notices are settled."""
    refs = [f"Communication/{finding.rid_of(rid)}" for rid in letters_shown]
    if not refs or door.actor.kind in ("system", "client"):
        return
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
            return
        door.opened(new)
        for conversation in {read_message(record.json).conversation for record in new}:
            notices.settle(door.actor.ref, conversation, door.conn)
        door.changed(*(f"patient:{ref_of(record.json.get('subject'))}" for record in new))


def _own(door: Door) -> tuple[str, ...]:
    return (door.actor.ref, *door.actor.positions)


def _header(door: Door, once: str, *, patient: str, topic: str, title: str, is_open: bool) -> Header:
    rules, chosen, who = site.current(), finding.topic(topic), finding.who(door)
    if not patient.startswith("Patient/") or door.find("Patient", finding.rid_of(patient)) is None:
        raise not_found()
    team = rules.team(chosen.team)
    recipients = [(chosen.team, rules.say(team.name) if team else "")]
    body = letters.header(
        named(door, once, "conversation"),
        patient=patient,
        title=title,
        topic=topic,
        recipients=recipients,
        sender=who.signs,
        at=moment.now(),
        is_open=is_open,
    )
    return read_header(door.create(body, rid=body["id"]).json)


def write_letter(
    door: Door,
    header: Header,
    *,
    once: str,
    text: str,
    concerns: Sequence[str] = (),
    about: Sequence[str] = (),
    files: Sequence[Upload] = (),
    language: str = "",
    medium: str = "written",
    speaker: str = "",
    at: datetime | None = None,
    is_note: bool = False,
) -> Sent:
    """Store a message with its files and concerns. `speaker`: whose words staff write down."""
    who, now, rid = finding.who(door), moment.now(), named(door, once, "message")
    speaks_for_self = not speaker or speaker in who.names
    sender = who.signs if speaks_for_self else (speaker, "")
    to = [header.patient] if who.staff and speaks_for_self else header.recipients
    body = letters.message(
        rid,
        conversation=header.ref,
        patient=header.patient,
        sender=sender,
        recipients=[] if is_note else to,
        at=at or now,
        text=text,
        files=attach(door, files, conversation=header.ref, once=once),
        about=about,
        medium=medium,
        recorded=None if speaks_for_self else (who.ref, who.name, now),
        language=language,
        note=is_note,
    )
    door.create(body, rid=rid)
    marked = [(named(door, once, f"concern {number}"), text) for number, text in enumerate(_marked(concerns))]
    _raise(door, header, f"Communication/{rid}", sender[0], marked)
    return Sent(header.rid, rid, tuple(rid for rid, _text in marked))


def _raise(
    door: Door, header: Header, letter: str, requester: str, marked: Sequence[tuple[str, str]]
) -> None:
    """Store concerns. Each is a millisecond younger than the one before, so that they keep their order."""
    now, clocks = moment.now(), finding.clocks(header.topic)
    for number, (rid, text) in enumerate(marked):
        body = concern(
            rid,
            conversation=header.ref,
            letter=letter,
            patient=header.patient,
            requester=requester,
            team=team_of(door, header),
            words=text,
            at=now + timedelta(milliseconds=number),
            take_by=clocks.take_by(now),
            answer_by=clocks.answer_by(now),
        )
        door.create(body, rid=rid)


def _marked(concerns: Sequence[str]) -> list[str]:
    return [kept for text in concerns if (kept := " ".join(text.split()))]


def _title(text: str, concerns: Sequence[str] = ()) -> str:
    """What a conversation is called when nobody named it: its first concern, else its first line."""
    line = next(iter(_marked(concerns)), "") or text.strip().splitlines()[0].strip()
    if len(line) <= LONGEST_TITLE:
        return line
    cut = line[:LONGEST_TITLE].rsplit(None, 1)[0]
    return cut.rstrip(" ,;:") + "…"
