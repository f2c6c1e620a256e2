"""What is heard in a letter, whom that concerns, and what may become of an alert. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from rapport.listening import Heard, RedFlag, listen
from rapport.pillars.conversations.rules.letters import unchanged
from rapport.pillars.conversations.rules.raising import SLACK
from rapport.pillars.conversations.rules.who import Who
from rapport.pillars.conversations.rules.words import broken
from rapport.pillars.conversations.shapes.alerts import VERDICTS, AlertTask, Found, read_alert, read_verdict
from rapport.pillars.conversations.shapes.codes import ref_of
from rapport.pillars.conversations.shapes.events import events_of

Body = Mapping[str, Any]

#: The longest pause before the next person is asked.
LONGEST_PAUSE = timedelta(minutes=60)
#: Kinds of danger that come from people near: never told to the circle, nor is harm to oneself.
FROM_NEAR = frozenset({"safeguarding"})
#: Levels of danger, the gravest first.
LEVELS = ("self_harm", "emergency", "urgent")


def hear(text: str, language: str = "") -> Heard:
    """What a letter says. The words decide about their language; `language` where they do not tell."""
    heard = listen(text)
    return listen(text, language) if heard.language == "und" and language else heard


def alarming(heard: Heard) -> tuple[RedFlag, ...]:
    """The dangers that a person has to look at now."""
    return tuple(flag for flag in heard.red_flags if flag.status == "present" and flag.channel == "alert")


def first_look(heard: Heard) -> tuple[RedFlag, ...]:
    """What only asks to be read first."""
    return tuple(flag for flag in heard.red_flags if flag.status == "present" and flag.channel != "alert")


def is_private(heard: Heard) -> bool:
    """Whether the circle is told nothing of this letter: harm to oneself, harm by others, even in doubt."""
    return any(flag.level == "self_harm" or flag.kind in FROM_NEAR for flag in heard.red_flags)


def help_for(heard: Heard) -> str:
    """Which help the writer is shown: `self_harm`, `emergency`, `abuse`, `urgent`; "" for none."""
    flags = alarming(heard)
    level = next((level for level in LEVELS if any(flag.level == level for flag in flags)), "")
    return "abuse" if level == "urgent" and any(flag.kind in FROM_NEAR for flag in flags) else level


def findings(flags: Sequence[RedFlag], edition: str) -> tuple[Found, ...]:
    """Red flags as an alert keeps them."""
    return tuple(
        Found(flag.rule, edition, flag.why, flag.level, flag.span.start, flag.span.end) for flag in flags
    )


def whom_next(ladder: Sequence[str], alert: AlertTask) -> str:
    """Whom to ask next: all in order, then again from the first. "" where nobody is there."""
    asked = sum(event.code in ("assigned", "passed-on") for event in alert.events)
    return ladder[asked % len(ladder)] if ladder else ""


def pause(minutes: int, ladder: Sequence[str], alert: AlertTask) -> timedelta:
    """How long who was asked has. Each round is twice as long as the one before, an hour at most."""
    asked = sum(event.code in ("assigned", "passed-on") for event in alert.events)
    rounds = min(asked // max(len(ladder), 1), 6)
    first = timedelta(minutes=minutes)
    return max(first, min(first * (1 << rounds), LONGEST_PAUSE))


# ---------------------------------------------------------------- what may become of them


def alert(before: Body | None, after: Body, who: Who, at: datetime) -> None:
    """Rapport alone opens an alert; who works here takes it in their own name, and says what was done."""
    if who.rapport or who.importing:
        return
    if before is None or not who.staff:
        raise broken("staff-only")
    unchanged(before, after, frozenset(("status", "output", "lastModified", "owner")), "alert")
    was, now = read_alert(before), read_alert(after)
    if not was.is_open or now.state not in ("taken", "seen"):
        raise broken("one-step", what=f"{now.state or 'unknown'} from {was.state or 'unknown'}")
    if now.owner != was.owner and now.owner not in who.names:
        raise broken("own-name")
    old, new = list(before.get("output") or ()), list(after.get("output") or ())
    steps = events_of({"output": new[len(old) :]})
    if new[: len(old)] != old or [step.code for step in steps] != [_STEPS[now.state]]:
        raise broken("happenings")
    if any(step.by.ref not in who.names or abs(step.at - at) > SLACK for step in steps):
        raise broken("happenings")
    if now.state == "seen" and now.stat and not steps[0].words:
        raise broken("why")


_STEPS = {"taken": "taken", "seen": "seen-to"}


def verdict(before: Body | None, after: Body, who: Who, at: datetime) -> None:
    """Who works here says once how a letter was read, in their own name."""
    if who.importing:
        return
    if before is not None or not who.staff:
        raise broken("staff-only")
    said = read_verdict(after)
    if said.verdict not in VERDICTS or not said.letter or after.get("payload"):
        raise broken("shape", kind="verdict", what="it says misread or missed, and of which letter")
    if ref_of(after.get("sender")) not in who.names:
        raise broken("own-voice")
