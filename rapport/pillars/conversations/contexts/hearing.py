"""What software heard in letters, as pages say it: help for who wrote, one quiet line for the team.

It is worked out when a page is shown and kept nowhere: what somebody feels is not written into a record.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from babel import Locale, UnknownLocaleError
from django.utils.functional import Promise as Lazy
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from rapport.gate.door import Door
from rapport.listening import Heard, Span
from rapport.people import alarms
from rapport.people.alarms import Help
from rapport.people.portrait import apart
from rapport.pillars.conversations import moment
from rapport.pillars.conversations.contexts import said
from rapport.pillars.conversations.guards import sounding
from rapport.pillars.conversations.reading import ConversationView, Face, Letter, on_call
from rapport.pillars.conversations.rules import alerts as rules
from rapport.ui.roles import role_said

#: What somebody may be, after "may be".
FEELINGS: dict[str, Lazy] = {
    "fear_worry": lazy("afraid or worried"),
    "sadness_grief": lazy("sad or grieving"),
    "anger_frustration": lazy("angry or let down"),
    "confusion": lazy("unsure what is meant"),
    "relief_gratitude": lazy("relieved or thankful"),
    "hope": lazy("hopeful"),
    "loneliness": lazy("lonely"),
}
#: How words speak of a danger that is not present -> what the team reads.
LOWERED: dict[str, Lazy] = {
    "negated": lazy("It reads as if they do not have it."),
    "past": lazy("It reads as past."),
    "settled": lazy("It reads as seen to already."),
    "other person": lazy("It reads as about somebody else."),
    "hypothetical": lazy("It reads as a question about what could be."),
    "read or quoted": lazy("It reads as something read or quoted."),
    "figurative": lazy("It reads as a figure of speech."),
}
READ = ("en", "es", "fr")
#: So many feelings are named, and so many letters are read on one page.
MOST_FEELINGS, MOST_LETTERS = 2, 5
_STRENGTHS = ("high", "medium", "low")
#: So long does help stand on the page of who wrote, until somebody answered.
HELP_STANDS = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Mood:
    """A feeling that words may show, and the words: as they stand in the letter."""

    label: str
    name: str
    words: str


@dataclass(frozen=True, slots=True)
class HeardLine:
    """The quiet line above a letter of the patient's side.

    marks    places of the words in the letter, to underline them
    lowered  dangers that the words name in another way, as (words, how it reads)
    foreign  the language, where it is none that we read
    rules    what found it all, for who says that it is wrong
    """

    moods: tuple[Mood, ...]
    marks: tuple[tuple[int, int], ...]
    lowered: tuple[tuple[str, str], ...]
    foreign: str
    rules: tuple[str, ...]


def help_now(
    heard: Heard, *, sent: bool = False, on_call: Sequence[Face] = (), others: str = ""
) -> Help | None:
    """The help that a letter asks for; None where it speaks of no danger."""
    kind = rules.help_for(heard)
    if not kind:
        return None
    language = heard.language if heard.language in READ else (get_language() or "en").partition("-")[0]
    return Help(kind, language, sent, _named(on_call[0]) if on_call else "", others)


def connect() -> None:
    """Other pillars sound alarms here, too (`people.alarms`)."""
    alarms.connect(sounding.sound, _on_call, sounding.talk)


def _on_call(door: Door) -> str:
    here = on_call(door, moment.now())
    return _named(here[0]) if here else ""


def _named(face: Face) -> str:
    name = apart(face.name)
    return f"{name} ({role_said(face.role)})" if face.role else name


def last_dangerous(view: ConversationView, now: datetime) -> tuple[Letter, Heard] | None:
    """The newest letter of who looks that speaks of danger and that nobody of the team has answered."""
    for letter in reversed(view.letters):
        if letter.by.kind == "staff" and not letter.for_team:
            return None
        if letter.by.you and letter.text and now - letter.sent <= HELP_STANDS:
            heard = rules.hear(letter.text, letter.language)
            if rules.help_for(heard):
                return letter, heard
    return None


def circle_of(view: ConversationView) -> str:
    """Who of the circle reads the conversation besides who looks."""
    return said.join([said.called(face) for face in view.faces if face.kind == "kin" and not face.you])


def unmet(view: ConversationView) -> tuple[Letter, ...]:
    """The letters of the patient's side since the team last wrote, the newest ones."""
    found: list[Letter] = []
    for letter in reversed(view.letters):
        if letter.for_team or letter.state == "withdrawn":
            continue
        if letter.by.kind == "staff":
            break
        if letter.text:
            found.append(letter)
    return tuple(reversed(found[:MOST_LETTERS]))


def heard_lines(letters: Iterable[Letter]) -> dict[str, HeardLine]:
    """The quiet lines of letters, by rid; one in which nothing was heard has an empty one."""
    return {
        letter.rid: heard_line(rules.hear(letter.text, letter.language), letter.text) for letter in letters
    }


def heard_line(heard: Heard, text: str) -> HeardLine:
    """The quiet line of one letter."""
    feelings = sorted(heard.feelings, key=lambda one: _STRENGTHS.index(one.strength))[:MOST_FEELINGS]
    shown = [flag for flag in heard.red_flags if flag.status == "present"]
    lowered = [flag for flag in heard.red_flags if flag.status != "present"]
    spans = [span for one in feelings for span in one.spans] + [flag.span for flag in shown]
    return HeardLine(
        moods=tuple(
            Mood(one.label, str(FEELINGS[one.label]), _clause(text, one.spans[0])) for one in feelings
        ),
        marks=_merged(spans),
        lowered=tuple((flag.span.text, str(LOWERED[flag.status])) for flag in lowered),
        foreign=_language(heard.language) if heard.language not in (*READ, "und") else "",
        rules=(*(flag.rule for flag in (*shown, *lowered)), *(f"feeling.{one.label}" for one in feelings)),
    )


def _clause(text: str, span: Span) -> str:
    """The words that show it, with what stands around them in their sentence, if that is short."""
    start = max(text.rfind(mark, 0, span.start) for mark in ".?!\n;") + 1
    ends = [found for mark in ".?!\n;" if (found := text.find(mark, span.end)) >= 0]
    whole = " ".join(text[start : min(ends, default=len(text))].split())
    return whole if len(whole) <= 90 else " ".join(span.text.split())


def _merged(spans: Iterable[Span]) -> tuple[tuple[int, int], ...]:
    found: list[tuple[int, int]] = []
    for span in sorted(spans, key=lambda one: (one.start, one.end)):
        if found and span.start <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], span.end))
        else:
            found.append((span.start, span.end))
    return tuple(found)


def _language(code: str) -> str:
    """A language by its name in the reader's language."""
    try:
        return str(Locale.parse(code).get_display_name(get_language() or "en") or code)
    except (UnknownLocaleError, ValueError):
        return code


def alert_words(level: str) -> str:
    """What an alert asks of who takes it."""
    return {
        "self_harm": _("May be about to harm themselves. Speak with them now."),
        "emergency": _("May be an emergency. Ring them now."),
    }.get(level, _("May need somebody today. Ring them."))
