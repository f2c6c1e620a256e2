"""Every contact with a person on one line of time: messages, phone, visits, team notes."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from rapport.gate.door import Door
from rapport.gate.together import Asks, inquiry
from rapport.people.portrait import words
from rapport.pillars.conversations import finding
from rapport.pillars.conversations.reading import shown
from rapport.pillars.conversations.reading.talk import WRITTEN
from rapport.pillars.conversations.reading.views import Looking
from rapport.pillars.conversations.shapes.codes import instant, moment, ref_of
from rapport.pillars.conversations.shapes.letters import Message, read_header, read_message


@inquiry
def contacts(
    door: Door, patient: str, *, cursor: str = "", count: int = 30
) -> Asks[tuple[tuple[shown.Contact, ...], str]]:
    """Contacts of a patient, latest first, and the cursor of earlier ones ("" at the end).

    Two bounded searches, letters and visits, are merged; the cursor is the time to go on from.
    """
    looking = Looking(door)
    bound = cursor if moment(cursor) else ""
    letters = (yield "Communication", _query(patient, "sent", bound, count, WRITTEN)).matches
    visits = (yield "Encounter", _query(patient, "date", bound, count)).matches
    messages = [read_message(record.json) for record in letters]
    found = [*_letters(looking, messages), *(_visit(record.json) for record in visits)]
    known = [one for one in found if one is not None and (not bound or one.at < (moment(bound) or one.at))]
    known.sort(key=lambda one: (one.at, one.ref), reverse=True)
    page = [
        one for one in known if len(known) <= count or one.at >= known[count - 1].at
    ]  # never part of a moment
    more = len(known) > len(page) or len(letters) >= count or len(visits) >= count
    return tuple(page), instant(page[-1].at) if page and more else ""


def _query(patient: str, by: str, bound: str, count: int, *pairs: tuple[str, str]) -> list[tuple[str, str]]:
    until = [(by, f"lt{bound}")] if bound else []
    return [("patient", patient), *pairs, *until, ("_sort", f"-{by}"), ("_count", str(count))]


def _letters(looking: Looking, messages: list[Message]) -> list[shown.Contact | None]:
    headers = {
        ref: read_header(record.json)
        for ref, record in looking.door.many({one.conversation for one in messages}).items()
    }
    for one in messages:
        looking.faces.meet((one.sender,), one.sender_name)
    return [
        shown.Contact(
            kind="note" if one.is_note else {"written": "message"}.get(one.medium, one.medium),
            at=one.sent or looking.at,
            by=looking.faces.of(one.sender, one.sender_name),
            title=headers[one.conversation].title if one.conversation in headers else "",
            detail=one.text,
            conversation=finding.rid_of(one.conversation),
            ref=one.ref,
        )
        for one in messages
    ]


def _visit(body: dict[str, Any]) -> shown.Contact | None:
    period = body.get("period") or {}
    at = _any_moment(period.get("start"))
    if at is None:
        return None
    title = next((text for concept in body.get("type") or () if (text := words(concept))), "")
    reason = next((text for concept in body.get("reasonCode") or () if (text := words(concept))), "")
    met = next((ref for part in body.get("participant") or () if (ref := part.get("individual"))), None)
    by = shown.Face(ref_of(met), str(met.get("display", "")), "", "staff") if met else None
    return shown.Contact(
        kind="visit",
        at=at,
        by=by if by and by.name else None,
        title=title,
        detail=reason,
        ref=f"Encounter/{body.get('id', '')}",
        until=_any_moment(period.get("end")),
    )


def _any_moment(value: Any) -> datetime | None:
    """A FHIR dateTime, a plain day too (its beginning, UTC)."""
    if isinstance(value, str) and len(value) == 10:
        return moment(f"{value}T00:00:00Z")
    return moment(value)
