"""May this conversation, message, note or promise be written so? Pure.

Each function takes the resource as it was (None: new) and as it becomes, who writes, and when; it
raises Refused("rule") or says nothing. What needs other resources is judged in `guards`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from rapport.pillars.conversations.rules.raising import SLACK
from rapport.pillars.conversations.rules.who import Who
from rapport.pillars.conversations.rules.words import broken
from rapport.pillars.conversations.shapes.codes import (
    KINDS,
    MEDIA,
    is_staff_only,
    kind_of,
    kinds_of,
    ref_of,
    refs_of,
)
from rapport.pillars.conversations.shapes.concerns import due_of
from rapport.pillars.conversations.shapes.letters import files_of, read_header, read_message, text_of
from rapport.pillars.conversations.shapes.promises import PROMISED, read_promise

Body = Mapping[str, Any]
LONGEST_TEXT = 20_000
MOST_FILES = 5

#: Whom a conversation can be addressed to.
_ADDRESSEES = ("Organization/", "PractitionerRole/", "RelatedPerson/")
#: Kinds that carry the staff-only label; the others never do.
_FOR_TEAM = ("note", "undelivered", "alert", "verdict")


def same_kind(before: Body | None, after: Body | None) -> None:
    """Nothing is deleted, changes its kind, or has the staff's label put on or off."""
    if after is None:
        raise broken("no-delete")
    kind = kind_of(after)
    if len(set(kinds_of(after))) > 1 or (before is not None and kind_of(before) != kind):
        raise broken("one-kind")
    if KINDS.get(kind) != after.get("resourceType"):
        raise broken("one-kind")
    if is_staff_only(after) != (kind in _FOR_TEAM):
        raise broken("label")


def unchanged(before: Body, after: Body, moving: frozenset[str], kind: str) -> None:
    """Refused("rule") when anything but the `moving` elements differs."""
    for name in sorted((set(before) | set(after)) - moving - {"meta"}):
        if before.get(name) != after.get(name):
            raise broken("as-written", kind=kind, what=name)


def conversation(before: Body | None, after: Body, who: Who, at: datetime) -> None:
    """A conversation's header."""
    header = read_header(after)
    if not header.patient.startswith("Patient/") or after.get("payload"):
        raise broken("shape", kind="conversation", what="it names a patient, and carries no words itself")
    if after.get("partOf") or after.get("basedOn"):
        raise broken("shape", kind="conversation", what="it stands for itself, and is part of no other")
    if after.get("status") not in ("in-progress", "completed"):
        raise broken("shape", kind="conversation", what="its status is in-progress or completed")
    if not header.recipients or not all(ref.startswith(_ADDRESSEES) for ref in header.recipients):
        raise broken("recipients")
    if not header.teams and not any(ref.startswith("PractitionerRole/") for ref in header.recipients):
        raise broken("recipients")
    if who.rapport:
        return
    if before is None:
        if not who.importing:
            if header.sender not in who.names:
                raise broken("own-voice")
            _now(header.started or at, at)
            _addressed((), header.recipients, header.patient, who, new=True)
        return
    if who.importing and {**before, "meta": 0} != {**after, "meta": 0}:
        raise broken("import")
    unchanged(before, after, frozenset(("status", "recipient")), "conversation")
    _addressed(refs_of(before.get("recipient")), header.recipients, header.patient, who)


def _addressed(
    was: tuple[str, ...], becomes: tuple[str, ...], patient: str, who: Who, *, new: bool = False
) -> None:
    """The patient's side alone brings someone of the circle in; who works here adds teams and people."""
    added, dropped = set(becomes) - set(was), set(was) - set(becomes)
    kin = {ref for ref in added | dropped if ref.startswith("RelatedPerson/")}
    if kin and who.ref != patient and patient not in who.legal:
        raise broken("recipients")
    if not new and (added | dropped) - kin and not who.staff:
        raise broken("recipients")


def message(before: Body | None, after: Body, who: Who, at: datetime) -> None:
    """A message or a staff note."""
    kind = kind_of(after)
    if before is None:
        _whole_message(after, kind)
        if not who.importing and not who.rapport:
            _signed(after, who, at, kind)
        else:
            _now(read_message(after).sent, at)
        return
    if who.importing and {**before, "meta": 0} != {**after, "meta": 0}:
        raise broken("import")
    if who.rapport:
        return
    _rewritten(before, after, who, kind)


def _whole_message(after: Body, kind: str) -> None:
    found = read_message(after)
    parts = after.get("payload") or ()
    lacks = [
        ("its status is completed", after.get("status") in ("completed", "entered-in-error")),
        ("`subject` names the patient", found.patient.startswith("Patient/")),
        (
            "`partOf` names its one conversation",
            len(after.get("partOf") or ()) == 1 and bool(found.conversation),
        ),
        ("`sender` and `sent` are there", bool(found.sender) and found.sent is not None),
        ("it has words or a file", bool(parts) or after.get("status") == "entered-in-error"),
        (f"its words are at most {LONGEST_TEXT} letters", len(text_of(after)) <= LONGEST_TEXT),
        (
            f"it has at most {MOST_FILES} files",
            sum("contentString" not in part for part in parts) <= MOST_FILES,
        ),
        ("its files are kept as Binary", all(_kept(part) for part in parts)),
        (
            "its words are not blank",
            bool(text_of(after).strip()) or not any("contentString" in part for part in parts),
        ),
    ]
    what = next((text for text, there in lacks if not there), "")
    if what:
        raise broken("shape", kind=kind, what=what)


def _kept(part: Mapping[str, Any]) -> bool:
    return "contentString" in part or bool(files_of({"payload": [part]}))


def _signed(after: Body, who: Who, at: datetime, kind: str) -> None:
    found = read_message(after)
    if after.get("status") != "completed":
        raise broken("writer-only")
    if kind == "note" and not who.staff:
        raise broken("staff-only")
    if found.sender in who.names:
        if found.recorded_by:
            raise broken("own-voice")
        if found.medium != "written" and not who.staff:
            raise broken("own-voice")
    else:
        _for_another(after, who, kind)
    _now(found.sent, at)


def _for_another(after: Body, who: Who, kind: str) -> None:
    found = read_message(after)
    marked = found.medium in MEDIA and found.recorded_by is not None
    by_them = marked and found.recorded_by is not None and found.recorded_by[0] in ("", *who.names)
    theirs = found.sender.startswith(("Patient/", "RelatedPerson/"))
    if kind == "note" or who.kind not in ("staff", "client") or not theirs or not by_them:
        raise broken("own-voice")
    if who.staff and not (found.recorded_by and found.recorded_by[0] in who.names):
        raise broken("own-voice")


def _now(sent: datetime | None, at: datetime) -> None:
    """Nothing is sent in the future. The past may be: a letter waits on a phone without a net."""
    if sent is None or sent > at + SLACK:
        raise broken("now")


def _rewritten(before: Body, after: Body, who: Who, kind: str) -> None:
    was = read_message(before)
    unchanged(before, after, frozenset(("status", "payload")), kind)
    if before.get("status") == after.get("status") and before.get("payload") == after.get("payload"):
        return
    writers = who.names if was.recorded_by is None else ()
    recorded = was.recorded_by is not None and was.recorded_by[0] in who.names
    if was.sender not in writers and not recorded:
        raise broken("writer-only")
    if before.get("status") == "entered-in-error":
        raise broken("correction")
    if after.get("status") == "entered-in-error":
        if after.get("payload") and after.get("payload") != before.get("payload"):
            raise broken("correction")
        return
    if (
        after.get("status") != "completed"
        or files_of(before) != files_of(after)
        or not text_of(after).strip()
    ):
        raise broken("correction")
    _whole_message(after, kind)


def promise(before: Body | None, after: Body, who: Who, at: datetime) -> None:
    """A promise."""
    found = read_promise(after)
    whole = found.words.strip() and found.due and found.conversation and found.patient.startswith("Patient/")
    if not whole or after.get("status") not in PROMISED.values():
        raise broken("shape", kind="promise", what="it says what, for whom, by whom and until when")
    if who.rapport or (who.importing and before is None):
        return
    if before is None:
        _promised(after, who, at)
        return
    if who.importing and {**before, "meta": 0} != {**after, "meta": 0}:
        raise broken("import")
    moving = frozenset(("status", "statusReason", "output", "lastModified"))
    unchanged(before, after, moving, "promise")
    if due_of(before) != due_of(after):
        raise broken("as-written", kind="promise", what="restriction")
    was = read_promise(before)
    if before.get("status") == after.get("status"):
        unchanged(before, after, frozenset(("lastModified",)), "promise")
        return
    if was.state != "open" or not (who.staff or was.owner in who.names):
        raise broken("promise-end")
    _told(before, after, found.state, who, at)


def _promised(after: Body, who: Who, at: datetime) -> None:
    found = read_promise(after)
    owners = (*who.names, found.patient) if who.staff else who.names
    if found.owner not in owners or found.requester not in who.names:
        raise broken("promise-own")
    if found.state != "open" or after.get("output"):
        raise broken("promise-end")
    if found.due is None or found.due < at - timedelta(days=1):
        raise broken("shape", kind="promise", what="its day is not past")


def _told(before: Body, after: Body, state: str, who: Who, at: datetime) -> None:
    old, now = list(before.get("output") or ()), list(after.get("output") or ())
    events = read_promise({"output": now[len(old) :]}).events
    if now[: len(old)] != old or any(
        event.by.ref not in who.names or event.code != state for event in events
    ):
        raise broken("happenings")
    if any(abs(event.at - at) > SLACK for event in events):
        raise broken("happenings")


def undelivered(before: Body | None, after: Body, who: Who, at: datetime) -> None:
    """The task that says a notice did not arrive."""
    if who.rapport or who.importing:
        return
    if before is None or not who.staff:
        raise broken("staff-only")
    unchanged(before, after, frozenset(("status", "output", "lastModified", "owner")), "task")
    if ref_of(after.get("owner")) not in (ref_of(before.get("owner")), *who.names):
        raise broken("own-name")
    if before.get("status") == "completed" or after.get("status") not in (
        "requested",
        "accepted",
        "completed",
    ):
        raise broken("promise-end")
