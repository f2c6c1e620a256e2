"""What happened with a concern or promise, in its Task.output: who, when, in which words. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from rapport.pillars.conversations.shapes.codes import (
    EVENT,
    Resource,
    code_in,
    concept,
    display_of,
    instant,
    moment,
    ref_of,
    reference,
)

#: What can happen to a concern or promise -> what the record says where no words were given.
EVENTS = {
    "taken": "Taken.",
    "handed-over": "Handed over.",
    "assigned": "Given to someone.",
    "returned": "Given back to the team.",
    "passed-on": "Late. Passed on.",
    "answered": "Answered.",
    "confirmed": "Yes, this answers it.",
    "not-yet": "Not yet.",
    "answer-withdrawn": "The answer was taken back.",
    "closed": "Closed.",
    "split": "Made into separate questions.",
    "reminded": "Reminded to say whether this answers it.",
    "silent": "No reply.",
    "urgent": "Marked as urgent.",
    "not-urgent": "Not urgent.",
    "kept": "Kept.",
    "broken": "Not kept.",
    "late": "The day has passed.",
    "settled": "Reached in another way.",
    "seen-to": "Seen to.",
}

#: The same where the record says whose it was: "taken" by who stands in for them, "returned" since they left.
WHOSE = {"taken": "In for {}.", "returned": "{} does not work here any more."}

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class By:
    """Who does something, as the record names them. `ref` is "" for Rapport itself."""

    ref: str
    name: str


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened.

    to      whom it went to (passed on, handed over)
    letter  the message with which it was answered
    whose   who had it: "taken" by who stands in for them, "returned" because they left
    """

    code: str
    by: By
    at: datetime
    words: str = ""
    to: str = ""
    to_name: str = ""
    letter: str = ""
    whose: str = ""
    whose_name: str = ""


def events_of(task: Mapping[str, Any]) -> tuple[Event, ...]:
    """What happened, oldest first. An output `to`, `letter` or `whose` belongs to the event before it."""
    found: list[Event] = []
    for item in task.get("output") or ():
        code = code_in(item.get("type"), EVENT)
        note = item.get("valueAnnotation")
        link = item.get("valueReference")
        if code in EVENTS and isinstance(note, Mapping):
            found.append(_event(code, note))
        elif code in ("to", "letter", "whose") and found:
            found.append(_linked(found.pop(), code, ref_of(link), display_of(link)))
    return tuple(found)


def _linked(event: Event, code: str, ref: str, name: str) -> Event:
    if code == "letter":
        return replace(event, letter=ref)
    if code == "to":
        return replace(event, to=ref, to_name=name)
    event = replace(event, whose=ref, whose_name=name)
    return replace(event, words="") if event.words == _usual(event) else event


def _usual(event: Event) -> str:
    """What the record says of an event where no words were given; pages say it in the reader's language."""
    if event.whose and event.code in WHOSE:
        return WHOSE[event.code].format(event.whose_name)
    return EVENTS[event.code]


def _event(code: str, note: Mapping[str, Any]) -> Event:
    author = note.get("authorReference")
    by = By(ref_of(author), display_of(author)) if author else By("", str(note.get("authorString", "")))
    words = str(note.get("text", ""))
    return Event(code, by, moment(note.get("time")) or _EPOCH, "" if words == EVENTS[code] else words)


def outputs(event: Event) -> list[Resource]:
    """The Task.output entries of an event."""
    author: Resource = {"authorReference": reference(event.by.ref, event.by.name)}
    if not event.by.ref:
        author = {"authorString": event.by.name}
    note = {**author, "time": instant(event.at), "text": event.words or _usual(event)}
    found: list[Resource] = [{"type": concept(EVENT, event.code), "valueAnnotation": note}]
    if event.to:
        found.append({"type": concept(EVENT, "to"), "valueReference": reference(event.to, event.to_name)})
    if event.letter:
        found.append({"type": concept(EVENT, "letter"), "valueReference": reference(event.letter)})
    if event.whose:
        link = reference(event.whose, event.whose_name)
        found.append({"type": concept(EVENT, "whose"), "valueReference": link})
    return found


def with_event(task: Mapping[str, Any], event: Event) -> Resource:
    """The task with one more event; it was modified then, but never before it was authored (inv-1)."""
    at = max(event.at, moment(task.get("authoredOn")) or event.at)
    return {**task, "output": [*(task.get("output") or ()), *outputs(event)], "lastModified": instant(at)}
