"""Storing what is written: a conversation's header, a letter with its files, the concerns in it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from rapport.fhir.outcomes import not_found
from rapport.gate.door import Door
from rapport.people import site
from rapport.pillars.conversations import finding, moment
from rapport.pillars.conversations.actions.doing import Sent, named, team_of
from rapport.pillars.conversations.actions.files import Upload, attach
from rapport.pillars.conversations.shapes import letters
from rapport.pillars.conversations.shapes.concerns import concern
from rapport.pillars.conversations.shapes.letters import Header, read_header

LONGEST_TITLE = 80


def open_header(door: Door, once: str, *, patient: str, topic: str, title: str, is_open: bool) -> Header:
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
    drafted: bool = False,
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
        drafted=drafted and who.staff,
    )
    door.create(body, rid=rid)
    marked = [
        (named(door, once, f"concern {number}"), text) for number, text in enumerate(marked_in(concerns))
    ]
    raise_concerns(door, header, f"Communication/{rid}", sender[0], marked)
    return Sent(header.rid, rid, tuple(rid for rid, _text in marked))


def raise_concerns(
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


def marked_in(concerns: Sequence[str]) -> list[str]:
    return [kept for text in concerns if (kept := " ".join(text.split()))]


def title_of(text: str, concerns: Sequence[str] = ()) -> str:
    """What a conversation is called when nobody named it: its first concern, else its first line."""
    line = next(iter(marked_in(concerns)), "") or text.strip().splitlines()[0].strip()
    if len(line) <= LONGEST_TITLE:
        return line
    cut = line[:LONGEST_TITLE].rsplit(None, 1)[0]
    return cut.rstrip(" ,;:") + "…"
