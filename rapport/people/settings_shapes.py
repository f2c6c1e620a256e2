"""What a site may decide, as plain frozen values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, time
from zoneinfo import ZoneInfo

from rapport.people.hours import Calendar, Span

#: Words by language code. Read them with `Site.say`.
Words = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Team:
    """People who share an inbox. `lead` and `escalation` are `PractitionerRole/…`; lead "" for none yet."""

    ref: str
    name: Words
    lead: str = ""
    escalation: tuple[str, ...] = ()

    @property
    def chain(self) -> tuple[str, ...]:
        """Who is asked, one after the other, when nobody takes a concern in time: the lead comes last."""
        return (
            *(step for step in self.escalation if step != self.lead),
            *((self.lead,) if self.lead else ()),
        )


@dataclass(frozen=True, slots=True)
class Topic:
    """What one can write about. Hours are open hours (see `hours.Calendar`)."""

    id: str
    label: Words
    hint: Words
    team: str
    accept_hours: float
    answer_hours: float


@dataclass(frozen=True, slots=True)
class Crisis:
    """Numbers for help: `emergency` for danger to life, `talk` for someone to talk to, short of that."""

    emergency: str
    talk: str
    talk_name: str = ""
    text: Words = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Alerts:
    """What happens when the words of a message speak of danger.

    mode     `off`; `silent` (written down for a trial, nobody is alerted); `on`
    on_call  positions on call, in the order in which they are asked
    minutes  so long each has to take it before the next is asked, too
    always   on call day and night, and not only while the site is open
    """

    mode: str = "silent"
    on_call: tuple[str, ...] = ()
    minutes: int = 10
    always: bool = False


@dataclass(frozen=True, slots=True)
class Drafting:
    """A model of the site's own that writes drafts. `address` "" for none; `seconds` it may take."""

    address: str = ""
    model: str = ""
    seconds: int = 30


@dataclass(frozen=True, slots=True)
class MailServer:
    """How e-mail leaves. Without a host none does."""

    sender: str
    host: str = ""
    port: int = 587
    user: str = ""
    security: str = "starttls"


@dataclass(frozen=True, slots=True)
class Site:
    """Everything a site may decide. Minutes, hours and days are plain; working hours are in `calendar`."""

    name: str
    base_url: str
    time_zone: str
    country: str
    region: str
    languages: tuple[str, ...]
    hours: Mapping[int, tuple[Span, ...]]
    closures: frozenset[date]
    holidays: bool
    teams: tuple[Team, ...]
    topics: tuple[Topic, ...]
    crisis: Crisis
    mail: MailServer
    quiet: tuple[time, time]
    batch_minutes: int
    staff_idle_minutes: int
    patient_idle_minutes: int
    longest_hours: int
    invitation_days: int
    reminder_days: tuple[int, ...]
    no_reply_days: int
    calendar: Calendar
    alerts: Alerts = field(default_factory=Alerts)
    drafting: Drafting = field(default_factory=Drafting)

    @property
    def zone(self) -> ZoneInfo:
        """The site's time zone."""
        return self.calendar.zone

    @property
    def language(self) -> str:
        """The language used where nobody has chosen."""
        return self.languages[0]

    def say(self, words: Words, language: str = "") -> str:
        """`words` in a language, else in the site's first that has them, else in any."""
        for code in (language, language.partition("-")[0], *self.languages):
            if words.get(code):
                return words[code]
        return next(iter(words.values()), "")

    def topic(self, topic_id: str) -> Topic | None:
        """The topic with this id."""
        return next((topic for topic in self.topics if topic.id == topic_id), None)

    def team(self, ref: str) -> Team | None:
        """The team `Organization/…`."""
        return next((team for team in self.teams if team.ref == ref), None)
