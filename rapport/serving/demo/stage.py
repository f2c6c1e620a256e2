"""The stage of the demo's stories: who acts, when. Every step is a verb of conversations."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta

from django.db import transaction

from rapport.gate.door import Door
from rapport.people import actors, asking, site
from rapport.people.models import User
from rapport.pillars.conversations import actions, moment, tasks
from rapport.pillars.conversations.actions import Sent

#: On the last working day of the stories nothing happens after this local time, so that it is past by now.
LAST_HOUR = time(9, 45)


@dataclass(slots=True)
class Stage:
    """One story at a time: `name` makes its ids, so that telling it twice tells it once."""

    now: datetime
    name: str = ""
    steps: int = 0
    _days: list[datetime] = field(default_factory=list)

    # ------------------------------------------------------------ when

    def day(self, back: int, clock: str) -> datetime:
        """The working day that is `back` before the last one, at a local time such as "08:40"."""
        calendar = site.current().calendar
        while len(self._days) <= back:
            tried = self._days[-1] - timedelta(days=1) if self._days else self._last_day()
            while not calendar.openings(tried.date()):
                tried -= timedelta(days=1)
            self._days.append(tried)
        return datetime.combine(self._days[back].date(), time.fromisoformat(clock), calendar.zone)

    def _last_day(self) -> datetime:
        local = self.now.astimezone(site.current().zone)
        return local if local.time() > LAST_HOUR else local - timedelta(days=1)

    def lately(self, minutes: int) -> datetime:
        """So many minutes ago."""
        return self.now - timedelta(minutes=minutes)

    def coming(self, days: int, clock: str) -> datetime:
        """The first working day that is at least so many days ahead, at a local time."""
        calendar = site.current().calendar
        ahead = (self.now + timedelta(days=days)).astimezone(calendar.zone).date()
        while not calendar.openings(ahead):
            ahead += timedelta(days=1)
        return datetime.combine(ahead, time.fromisoformat(clock), calendar.zone)

    # ------------------------------------------------------------ who

    @contextmanager
    def acting(self, who: str, at: datetime) -> Iterator[Door]:
        """A door for somebody (their e-mail name before the @), at a time."""
        user = User.objects.get(email=f"{who}@example.org")
        with moment.set_to(at), transaction.atomic():
            door = Door(asking.conn(), actors.actor_for(asking.conn(), user), unit=transaction.atomic)
            yield door
            door.finish()

    def once(self) -> str:
        """The token of the next step of this story."""
        self.steps += 1
        return f"demo {self.name} {self.steps}"

    # ------------------------------------------------------------ the patient's side

    def starts(
        self, who: str, at: datetime, topic: str, text: str, asks: Sequence[str] = (), title: str = ""
    ) -> Sent:
        """A patient starts a conversation, or somebody of their circle."""
        with self.acting(who, at) as door:
            about = door.actor.patients[0]
            return actions.start(
                door, once=self.once(), topic=topic, text=text, concerns=asks, title=title, patient=about
            )

    def adds(self, who: str, at: datetime, sent: Sent, text: str, asks: Sequence[str] = ()) -> Sent:
        """Either side writes more."""
        with self.acting(who, at) as door:
            return actions.write_more(
                door, once=self.once(), conversation=sent.conversation, text=text, concerns=asks
            )

    def confirms(self, who: str, at: datetime, concern: str) -> None:
        """Yes, this answers it."""
        with self.acting(who, at) as door:
            actions.confirm(door, concern=concern)

    def not_yet(self, who: str, at: datetime, concern: str, text: str) -> None:
        """Not yet."""
        with self.acting(who, at) as door:
            actions.not_yet(door, once=self.once(), concern=concern, text=text)

    def opens(self, who: str, at: datetime, *letters: Sent) -> None:
        """Somebody has these letters on the screen."""
        with self.acting(who, at) as door:
            actions.mark_opened(door, [letter.message for letter in letters])

    # ------------------------------------------------------------ the team's side

    def takes(self, who: str, at: datetime, *concerns: str) -> None:
        """Somebody reads the letters that concerns stand in, and takes them in their own name."""
        for concern in concerns:
            with self.acting(who, at) as door:
                letter = str(door.read("Task", concern).json["focus"]["reference"])
                actions.mark_opened(door, [letter.partition("/")[2]])
                actions.take(door, concern=concern)

    def answers(self, who: str, at: datetime, sent: Sent, concerns: Sequence[str], text: str) -> Sent:
        """Somebody answers concerns."""
        with self.acting(who, at) as door:
            return actions.answer(
                door, once=self.once(), conversation=sent.conversation, concerns=concerns, text=text
            )

    def notes(self, who: str, at: datetime, sent: Sent, text: str) -> None:
        """A note for the team alone."""
        with self.acting(who, at) as door:
            actions.note(door, once=self.once(), conversation=sent.conversation, text=text)

    def promises(self, who: str, at: datetime, sent: Sent, text: str, due: datetime, by: str = "") -> str:
        """A dated promise."""
        with self.acting(who, at) as door:
            return actions.promise(
                door, once=self.once(), conversation=sent.conversation, text=text, due=due, by=by
            )

    def clock(self, at: datetime, *concerns: str) -> None:
        """The clock looks at concerns, as it does every minute."""
        for concern in concerns:
            with moment.set_to(at):
                tasks.look_at(asking.at_work("clock"), concern)
