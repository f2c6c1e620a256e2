"""Conversation headers, messages and staff notes as FHIR Communications: build and read. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rapport.fhir.labels import is_private, relabelled
from rapport.pillars.conversations.shapes.codes import (
    DRAFTED,
    KIND,
    LABEL,
    MEDIA,
    MEDIUM,
    ORIGIN,
    STAFF_ONLY,
    TOPIC,
    Resource,
    code_in,
    codes_in,
    concept,
    display_of,
    instant,
    kind_of,
    moment,
    ref_of,
    reference,
    refs_of,
    updated,
    version,
)


@dataclass(frozen=True, slots=True)
class Attached:
    """A stored attachment: `ref` is `Binary/id`, `size` in bytes."""

    ref: str
    name: str
    kind: str
    size: int


@dataclass(frozen=True, slots=True)
class Header:
    """A conversation: what it is about, for whom, and to whom it is addressed."""

    rid: str
    patient: str
    title: str
    topic: str
    recipients: tuple[str, ...]
    sender: str
    started: datetime | None
    is_open: bool

    @property
    def ref(self) -> str:
        """`Communication/id`."""
        return f"Communication/{self.rid}"

    @property
    def teams(self) -> tuple[str, ...]:
        """The teams it is addressed to, the first being the one that was chosen."""
        return tuple(ref for ref in self.recipients if ref.startswith("Organization/"))


@dataclass(frozen=True, slots=True)
class Message:
    """A message or a staff note. `about`: concerns that it answers or adds to. `recorded_by`: (ref, name)."""

    rid: str
    conversation: str
    patient: str
    sender: str
    sender_name: str
    sent: datetime | None
    text: str
    files: tuple[Attached, ...]
    about: tuple[str, ...]
    medium: str
    recorded_by: tuple[str, str] | None
    language: str
    state: str
    changed: datetime | None
    is_note: bool
    private: bool = False  # kept from the circle
    drafted: bool = False

    @property
    def ref(self) -> str:
        """`Communication/id`."""
        return f"Communication/{self.rid}"


def header(
    rid: str,
    *,
    patient: str,
    title: str,
    topic: str,
    recipients: Sequence[tuple[str, str]],
    sender: tuple[str, str],
    at: datetime,
    is_open: bool,
) -> Resource:
    """A conversation header; recipients and sender as (reference, name)."""
    return {
        "resourceType": "Communication",
        "id": rid,
        "status": "in-progress" if is_open else "completed",
        "category": [concept(KIND, "conversation")],
        "subject": reference(patient),
        "topic": concept(TOPIC, topic, title),
        "recipient": [reference(*recipient) for recipient in recipients],
        "sender": reference(*sender),
        "sent": instant(at),
    }


def read_header(resource: Mapping[str, Any]) -> Header:
    """The facts of a conversation header."""
    topic = resource.get("topic") or {}
    return Header(
        rid=str(resource.get("id", "")),
        patient=ref_of(resource.get("subject")),
        title=str(topic.get("text", "")),
        topic=code_in(topic, TOPIC),
        recipients=refs_of(resource.get("recipient")),
        sender=ref_of(resource.get("sender")),
        started=moment(resource.get("sent")),
        is_open=resource.get("status") == "in-progress",
    )


def message(
    rid: str,
    *,
    conversation: str,
    patient: str,
    sender: tuple[str, str],
    recipients: Sequence[str],
    at: datetime,
    text: str,
    files: Sequence[Attached] = (),
    about: Sequence[str] = (),
    replies_to: str = "",
    medium: str = "written",
    recorded: tuple[str, str, datetime] | None = None,
    language: str = "",
    note: bool = False,
    drafted: bool = False,
) -> Resource:
    """A message, or with `note` a staff note. `recorded`: who wrote it down for another, and when.

    drafted  software wrote the draft of it, and its sender checked it
    """
    found: Resource = {
        "resourceType": "Communication",
        "id": rid,
        "status": "completed",
        "category": [concept(KIND, "note" if note else "message")],
        "subject": reference(patient),
        "partOf": [reference(conversation)],
        "sender": reference(*sender),
        "sent": instant(at),
        "payload": [{"contentString": text}] if text else [],
    }
    if note:
        found["meta"] = {"security": [{"system": LABEL, "code": STAFF_ONLY}]}
    if drafted:
        found.setdefault("meta", {})["tag"] = [{"system": ORIGIN, "code": DRAFTED}]
    if recipients:
        found["recipient"] = [reference(ref) for ref in recipients]
    if about:
        found["about"] = [reference(ref) for ref in about]
    if replies_to:
        found["inResponseTo"] = [reference(replies_to)]
    if medium in MEDIA:
        found["medium"] = [concept(MEDIUM, MEDIA[medium])]
    if language:
        found["language"] = language
    if recorded:
        found["note"] = [_recorded(*recorded)]
    found["payload"] += [_attachment(file, at) for file in files]
    return found


def _recorded(ref: str, name: str, at: datetime) -> Resource:
    by = {"authorReference": reference(ref, name)} if ref else {"authorString": name}
    return {**by, "time": instant(at), "text": f"Written down by {name}"}


def _attachment(file: Attached, at: datetime) -> Resource:
    content = {"contentType": file.kind, "url": file.ref, "size": file.size, "title": file.name}
    return {"contentAttachment": {**content, "creation": instant(at)}}


def read_message(resource: Mapping[str, Any]) -> Message:
    """The facts of a message or note."""
    withdrawn = resource.get("status") == "entered-in-error"
    rewritten = version(resource) > 1 + relabelled(resource)
    state = "withdrawn" if withdrawn else "corrected" if rewritten else "sent"
    modes = {mode: name for name, mode in MEDIA.items()}
    return Message(
        rid=str(resource.get("id", "")),
        conversation=next(iter(refs_of(resource.get("partOf"))), ""),
        patient=ref_of(resource.get("subject")),
        sender=ref_of(resource.get("sender")),
        sender_name=display_of(resource.get("sender")),
        sent=moment(resource.get("sent")),
        text="" if withdrawn else text_of(resource),
        files=() if withdrawn else files_of(resource),
        about=tuple(ref for ref in refs_of(resource.get("about")) if ref.startswith("Task/")),
        medium=modes.get(code_in(resource.get("medium"), MEDIUM), "written"),
        recorded_by=recorder_of(resource),
        language=str(resource.get("language", "")),
        state=state,
        changed=updated(resource) if state != "sent" else None,
        is_note=kind_of(resource) == "note",
        private=is_private(resource),
        drafted=DRAFTED in codes_in((resource.get("meta") or {}).get("tag"), ORIGIN),
    )


def text_of(resource: Mapping[str, Any]) -> str:
    """The words of a message, its text payloads as paragraphs."""
    parts = (part.get("contentString") for part in resource.get("payload") or ())
    return "\n\n".join(part for part in parts if isinstance(part, str))


def files_of(resource: Mapping[str, Any]) -> tuple[Attached, ...]:
    """The attachments of a message that are kept as Binary resources."""
    found = []
    for part in resource.get("payload") or ():
        content = part.get("contentAttachment") or {}
        url = content.get("url")
        if isinstance(url, str) and url.startswith("Binary/"):
            title, kind = str(content.get("title", "")), str(content.get("contentType", ""))
            found.append(Attached(url, title, kind, int(content.get("size") or 0)))
    return tuple(found)


def recorder_of(resource: Mapping[str, Any]) -> tuple[str, str] | None:
    """Who wrote the words down for the sender, as (reference or "", name); None when the sender wrote."""
    notes = resource.get("note") or ()
    if not notes:
        return None
    author = notes[0].get("authorReference")
    return (ref_of(author), display_of(author)) if author else ("", str(notes[0].get("authorString", "")))


def corrected(resource: Mapping[str, Any], text: str) -> Resource:
    """The message with other words; its attachments stay."""
    kept = [part for part in resource.get("payload") or () if "contentString" not in part]
    return {**resource, "payload": [{"contentString": text}, *kept]}


def withdrawn(resource: Mapping[str, Any]) -> Resource:
    """The message taken back: its words leave the present version; the first one stays in the history."""
    found = {**resource, "status": "entered-in-error"}
    found.pop("payload", None)
    return found


def with_status(resource: Mapping[str, Any], is_open: bool) -> Resource:
    """The header, open or not."""
    return {**resource, "status": "in-progress" if is_open else "completed"}


def with_recipient(resource: Mapping[str, Any], ref: str, name: str) -> Resource:
    """The header addressed to one more team or position."""
    present = list(resource.get("recipient") or ())
    if ref not in refs_of(present):
        present.append(reference(ref, name))
    return {**resource, "recipient": present}
