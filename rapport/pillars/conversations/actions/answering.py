"""Answering, and what the patient's side says to it."""

from __future__ import annotations

from collections.abc import Sequence

from rapport.gate.door import Door
from rapport.pillars.conversations import finding
from rapport.pillars.conversations.actions.doing import Sent, as_written, concern_of, named, once_only, step
from rapport.pillars.conversations.actions.files import Upload
from rapport.pillars.conversations.actions.letters import write_letter
from rapport.pillars.conversations.rules.words import broken
from rapport.pillars.conversations.shapes.concerns import read_concern


def answer(
    door: Door,
    *,
    once: str,
    conversation: str,
    concerns: Sequence[str],
    text: str,
    files: Sequence[Upload] = (),
    medium: str = "written",
    language: str = "",
    drafted: bool = False,
) -> Sent:
    """Staff answer some concerns (rids) of a conversation in one message; each then waits for a yes.

    medium   `phone` or `in-person` when it was said and is only written down here; `post`: on paper, too
    drafted  software wrote the draft of it (`draft_answer`): everybody reads that
    """
    text = as_written(text)

    def act() -> Sent:
        if not finding.who(door).staff:
            raise broken("staff-only")
        header = finding.header(door, conversation)
        about = [_answerable(door, rid, header.ref) for rid in dict.fromkeys(concerns)]
        if not about:
            raise broken("answer-letter")
        return write_letter(
            door, header, once=once, text=text, about=about, files=files, medium=medium, language=language,
            drafted=drafted,
        )  # fmt: skip

    return once_only(door, "answering", named(door, once, "message"), act)


def _answerable(door: Door, rid: str, conversation: str) -> str:
    concern = read_concern(concern_of(door, rid))
    if concern.conversation != conversation:
        raise broken("same-conversation", kind="message")
    if not concern.is_open:
        raise broken("one-step", what=f"answered from {concern.state}")
    return concern.ref


def confirm(door: Door, *, concern: str) -> None:
    """Yes, this answers it: the concern is heard. Twice is as once."""
    with door.unit("saying that it is answered"):
        body = concern_of(door, concern)
        if read_concern(body).state != "heard":
            step(door, body, "confirmed")


def not_yet(door: Door, *, once: str, concern: str, text: str = "") -> None:
    """Not yet: the concern is open again, with what is missing as a message when it was said."""
    rid = named(door, once, "message")
    if door.find("Communication", rid) is not None:
        return
    with door.unit("saying not yet"):
        body = concern_of(door, concern)
        if read_concern(body).state == "reopened" and not text.strip():
            return
        if text.strip():
            header = finding.header(door, read_concern(body).conversation)
            write_letter(door, header, once=once, text=as_written(text), about=[read_concern(body).ref])
        if read_concern(body).state != "reopened":
            step(door, body, "not-yet", text)


def close_with_reason(door: Door, *, concern: str, reason: str, words: str = "") -> None:
    """Staff close a concern that was not confirmed, with a reason (`rules.STAFF_REASONS`) in words."""
    with door.unit("closing a question with a reason"):
        body = concern_of(door, concern)
        known = read_concern(body)
        if (known.state, known.reason) != ("closed", reason):
            step(door, body, "closed", words, reason=reason)


def take_question_back(door: Door, *, concern: str, words: str = "") -> None:
    """Who asked takes the question back: it is closed as withdrawn. An urgent one stays."""
    close_with_reason(door, concern=concern, reason="withdrawn", words=words)
