"""What the templates of screens are given."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.forms import Form
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from rapport.people.alarms import Help
from rapport.people.portrait import Person
from rapport.pillars.screens.reading import Trend
from rapport.pillars.screens.rules.scoring import is_asked
from rapport.pillars.screens.shapes.answers import Answers, values
from rapport.pillars.screens.shapes.instruments import Instrument
from rapport.pillars.screens.shapes.orders import FollowUp, Order
from rapport.pillars.screens.shapes.packs import Pack, Question, Words
from rapport.pillars.screens.shapes.scores import Scored

#: Band, or result without a sum, as staff read it.
BANDS: Final[Mapping[str, Any]] = {
    "minimal": lazy("minimal"),
    "mild": lazy("mild"),
    "moderate": lazy("moderate"),
    "moderately-severe": lazy("moderately severe"),
    "severe": lazy("severe"),
    "negative": lazy("below the threshold"),
    "positive": lazy("somebody has to look"),
    "acute": lazy("acute: stay with them"),
}
#: Answers are sent under this and the link id of their question.
PREFIX = "answer-"
#: So many results are drawn as one line.
DRAWN = 12
WIDE, HIGH, EDGE = 300.0, 72.0, 6.0


@dataclass(frozen=True, slots=True)
class Asked:
    """One question as a reader sees it. `options`: value to send, words, whether it was chosen."""

    number: int
    link: str
    words: str
    options: tuple[tuple[str, str, bool], ...]

    @property
    def name(self) -> str:
        """The name under which its answer is sent."""
        return f"{PREFIX}{self.link}"

    @property
    def chosen(self) -> str:
        """The words of the answer; "" for none yet."""
        return next((words for _code, words, here in self.options if here), "")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of finished answers, for who gave them. `look_by`: when somebody looks at the latest."""

    sum: str
    positive: bool | None
    filled: bool
    missing: bool
    look_by: datetime | None


@dataclass(frozen=True, slots=True)
class CheckPage:
    """`check.html`: one form for who answers it.

    mode      `one` (a question a page), `all`, `end` (look over and finish), `done`, `over`, `closed` (not
              offered: nobody is on call)
    asked     the questions that are asked now; `one` the present one, with the links before and after it
    language  of the form's words; `foreign`: that language by name, where it is not the reader's
    withheld  a question about self-harm is left out, because nobody is on call
    carer     it is about who answers as a carer: nobody else reads it
    """

    rid: str
    title: str
    intro: tuple[str, ...]
    mode: str
    asked: tuple[Asked, ...]
    one: Asked | None
    before: str
    language: str
    foreign: str
    withheld: bool
    help: Help | None
    outcome: Outcome | None
    carer: bool


@dataclass(frozen=True, slots=True)
class ChecksPage:
    """`checks.html`: what waits for who reads, and what came of the others. `carer`: forms for who cares, as
    address and title; `kin`: who reads is of a circle."""

    waiting: tuple[tuple[str, str, bool], ...]
    results: tuple[TrendLine, ...]
    carer: tuple[tuple[str, str], ...]
    kin: bool
    once: str


@dataclass(frozen=True, slots=True)
class Point:
    """One result: when, in words, and the ids that lead to its answers."""

    at: datetime | None
    sum: str
    band: str
    positive: bool | None
    answers: str
    remark: str


@dataclass(frozen=True, slots=True)
class TrendLine:
    """The results of one instrument. `line` and `dots` draw them, the oldest first; "" for fewer than two."""

    title: str
    last: Point
    points: tuple[Point, ...]
    line: str
    dots: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class OrderLine:
    """A form on a schedule: its title, how often, since when."""

    order: Order
    title: str
    often: str


@dataclass(frozen=True, slots=True)
class LookLine:
    """A result that somebody has to look at. `mine`: who reads has it; `who` and `did` in words."""

    look: FollowUp
    title: str
    name: str
    answers: str
    patient: str
    mine: bool
    did: str


@dataclass(frozen=True, slots=True)
class StaffPage:
    """`staff.html`: the checks of one person, for who works here."""

    person: Person
    called: str
    shared: bool
    looks: tuple[LookLine, ...]
    done: tuple[LookLine, ...]
    results: tuple[TrendLine, ...]
    orders: tuple[OrderLine, ...]
    form: Form | None
    once: str
    trouble: str
    nobody: bool


@dataclass(frozen=True, slots=True)
class AnswersPage:
    """`answers.html`: what somebody answered, for who works here."""

    person: Person
    called: str
    title: str
    language: str
    at: datetime | None
    asked: tuple[tuple[str, str], ...]
    state: str
    result: TrendLine | None


# ---------------------------------------------------------------- words of forms


def language_of(pack: Pack) -> str:
    """The language in which a form is shown: the reader's, else the form's own."""
    wanted = (get_language() or "").partition("-")[0]
    whole = all(wanted in one.words for one in pack.questions) and wanted in pack.title
    return wanted if whole else pack.languages[0]


def in_words(words: Words, language: str) -> str:
    """Words of a form in a language, else in its own."""
    return words.get(language) or next(iter(words.values()), "")


def asked_now(pack: Pack, given: Answers, *, roster: bool, language: str) -> tuple[Asked, ...]:
    """The questions that are asked now, in order, numbered."""
    worth = values(pack, given)
    now = [
        one
        for one in pack.questions
        if not one.item
        or one.link in given.given
        or is_asked(pack.instrument, one.item, worth, roster=roster)
    ]
    return tuple(_asked(number, one, given, language) for number, one in enumerate(now, 1))


def _asked(number: int, one: Question, given: Answers, language: str) -> Asked:
    chosen = given.given.get(one.link, ("", ""))[1]
    options = ((each.code, in_words(each.words, language), each.code == chosen) for each in one.options)
    return Asked(number, one.link, in_words(one.words, language), tuple(options))


def title_of(pack: Pack) -> str:
    """What a form is called, in the reader's language where it has that."""
    return in_words(pack.title, language_of(pack))


def titles_of(packs: Iterable[Pack]) -> tuple[tuple[str, str], ...]:
    """The forms that can be asked of a patient: address and title."""
    return tuple((one.url, title_of(one)) for one in packs if not one.instrument.carer)


# ---------------------------------------------------------------- results


def sum_words(one: Scored) -> str:
    """A score as read: “12 of 27”; a percentage has no such words, a result without a sum none at all."""
    if one.total is None:
        return ""
    return _("%(n)s of %(most)s") % {"n": one.total, "most": highest(one)}


def highest(one: Scored) -> int:
    """The most that a score of this kind can be."""
    items = len(one.instrument.items) - (len(one.instrument.harm) if one.short else 0)
    return items * one.instrument.most * one.instrument.factor


def point(one: Scored) -> Point:
    """One result in words for staff."""
    said = sum_words(one) or ("" if one.result else _("No sum: answers are missing"))
    band = str(BANDS.get(one.result, "")) or (str(BANDS["positive"]) if one.positive else "")
    remark = _("without the question about self-harm") if one.short else ""
    if one.note:
        remark = _("answers were missing and are filled in")
    return Point(one.at, said, band, one.positive, one.answers.partition("/")[2], remark)


def trend_lines(trends: Iterable[Trend], packs: Iterable[Pack]) -> tuple[TrendLine, ...]:
    """The results of a person, each instrument with its line."""
    titles = {one.instrument.key: in_words(one.title, language_of(one)) for one in packs}
    return tuple(
        trend_line(one, titles.get(one.instrument.key, one.instrument.key.upper())) for one in trends
    )


def trend_line(trend: Trend, title: str) -> TrendLine:
    """The results of one instrument as numbers and as a line."""
    points = tuple(point(one) for one in trend.scores)
    some = trend.scores[:DRAWN]
    drawn = [(one.at.timestamp(), one.total) for one in some if one.at and one.total is not None]
    dots = _drawn(sorted(drawn), trend.instrument) if len(drawn) > 1 else ()
    return TrendLine(title, points[0], points, " ".join(f"{x},{y}" for x, y in dots), dots)


def _drawn(values: list[tuple[float, int]], instrument: Instrument) -> tuple[tuple[str, str], ...]:
    first, last = values[0][0], values[-1][0]
    across, up = WIDE - 2 * EDGE, HIGH - 2 * EDGE
    wide, high = (last - first) or 1.0, instrument.highest or 1
    return tuple(
        (f"{EDGE + across * (at - first) / wide:.1f}", f"{HIGH - EDGE - up * value / high:.1f}")
        for at, value in values
    )


def outcome(found: Scored | None, look: FollowUp | None) -> Outcome | None:
    """What came of answers, for who gave them."""
    if found is None:
        return None
    by = look.due if look is not None and look.state == "open" else None
    missing = found.total is None and not found.result
    return Outcome(sum_words(found), found.positive, bool(found.note), missing, by)


def look_line(look: FollowUp, title: str, name: str, mine: bool) -> LookLine:
    """A result that somebody has to look at, as a line."""
    did = look.steps[-1][3] if look.state == "done" and look.steps else ""
    rid = look.answers.partition("/")[2]
    return LookLine(look, title, name, rid, look.patient.partition("/")[2], mine, did)
