"""Due times of a concern: to be taken, to be answered, to be reminded of, to be passed on. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from rapport.people.hours import Calendar
from rapport.pillars.conversations.shapes.concerns import ConcernTask

#: Events after which a person has had a fair time before the concern is passed on again.
_TOUCHES = ("taken", "handed-over", "assigned", "returned", "passed-on", "not-yet", "answer-withdrawn")


@dataclass(frozen=True, slots=True)
class Clocks:
    """The times that a topic promises. Hours are open hours of `calendar`; days are plain days.

    accept_hours    within so many, a person takes a concern
    answer_hours    within so many of that, it is answered; a reopened one is answered within so many
    reminder_days   so many days after an answer the patient is reminded
    no_reply_days   after so many days without a reply staff may close it
    """

    calendar: Calendar
    accept_hours: float = 4
    answer_hours: float = 16
    reminder_days: tuple[int, ...] = (3, 7)
    no_reply_days: int = field(default=14)

    def take_by(self, at: datetime) -> datetime:
        """When a concern raised, or given back, at `at` is to be taken."""
        return self.calendar.add_working(at, self.accept_hours)

    def answer_by(self, at: datetime) -> datetime:
        """When a concern raised at `at` is to be answered in full: the promise shown before sending."""
        return self.calendar.add_working(at, self.accept_hours + self.answer_hours)

    def reopened(self, at: datetime) -> datetime:
        """When a concern reopened at `at` is to be answered."""
        return self.calendar.add_working(at, self.answer_hours)

    def after_answer(self, answered: datetime, reminders: int) -> datetime:
        """What comes next while the patient is silent: reminder number `reminders` + 1, or "no reply"."""
        days = (*self.reminder_days, self.no_reply_days)
        return answered + timedelta(days=days[min(reminders, len(days) - 1)])

    def promised(self, concern: ConcernTask) -> datetime:
        """The full answer promised to a concern when it was sent."""
        return concern.answer_by or self.answer_by(concern.raised)

    def given_back(self, concern: ConcernTask, at: datetime) -> datetime:
        """When a concern that went back to the team is to be taken: never later than its promised answer."""
        return min(self.take_by(at), self.promised(concern))

    def escalates(self, concern: ConcernTask) -> datetime | None:
        """When a concern is passed on if nothing happens: once late, after a fair time for its holder."""
        if concern.due is None or concern.state not in ("raised", "accepted", "reopened"):
            return None
        touched = concern.last(*_TOUCHES)
        return max(concern.due, self.take_by(touched.at)) if touched else concern.due

    def silent_since(self, concern: ConcernTask) -> datetime | None:
        """When an answered concern may be closed as "no reply"; None for one that is not answered."""
        answered = concern.last("answered")
        if concern.state != "answered" or answered is None:
            return None
        return answered.at + timedelta(days=self.no_reply_days)

    def may_close_unanswered(self, concern: ConcernTask, at: datetime) -> bool:
        """Whether staff may close it as "no reply": all reminders went out and the days are over."""
        since = self.silent_since(concern)
        return since is not None and at >= since and reminders(concern) >= len(self.reminder_days)


def reminders(concern: ConcernTask) -> int:
    """How many reminders went out since the last answer."""
    count = 0
    for event in reversed(concern.events):
        if event.code == "answered":
            break
        count += event.code == "reminded"
    return count


def next_in_chain(chain: tuple[str, ...], concern: ConcernTask, away: frozenset[str] = frozenset()) -> str:
    """The next named person to pass a late concern on to: a position, or "" when nobody is left.

    chain  positions in order, the team lead last; who has it, had it passed on, or is away is left out,
           but the lead is asked even when away
    """
    left = [step for step in chain if step not in (concern.owner, *concern.passed)]
    present = [step for step in left if step not in away or step == chain[-1]]
    return present[0] if present else ""
