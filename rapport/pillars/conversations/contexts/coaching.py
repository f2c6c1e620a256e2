"""What the coach says beside a draft answer. For its writer alone; nothing of it is kept."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from rapport.listening import Advice, Heard, Suggestion, coach
from rapport.people.portrait import language_name
from rapport.pillars.conversations.contexts.hearing import FEELINGS
from rapport.pillars.conversations.rules import alerts as rules

#: Lines of the coach at once; hard words that are named.
MOST_LINES, MOST_HARD = 5, 4
_ICONS = {"safety": "stop", "dismissive": "speech", "question": "ask", "feeling": "heart", "grade": "chart"}


@dataclass(frozen=True, slots=True)
class CoachLine:
    """One line: its mark, what it says, and the words it speaks of."""

    code: str
    icon: str
    text: str
    words: str = ""


@dataclass(frozen=True, slots=True)
class CoachPage:
    """`_coach.html`: lines for a draft. `begun`: something was written; `well`: and nothing is to be said."""

    lines: tuple[CoachLine, ...]
    begun: bool


def coach_page(draft: str, message: str) -> CoachPage:
    """What to say of a draft that answers these words."""
    if not draft.strip() or not message.strip():
        return CoachPage((), False)
    return CoachPage(_lines(coach(draft, message), rules.hear(message))[:MOST_LINES], True)


def stops(draft: str, message: str, asked: Iterable[str]) -> tuple[CoachLine, ...]:
    """What to think of before an answer goes: danger, a question not seen, a strong feeling unmet.

    asked  the words of the questions that it is to answer; others need no answer in it
    """
    wanted = [words for words in asked if words]
    message = "\n\n".join(filter(None, (message, *(words for words in wanted if words not in message))))
    if not message.strip():
        return ()
    heard = rules.hear(message)
    strong = any(one.strength == "high" for one in heard.feelings)
    lines = _lines(coach(draft, message), heard)
    return tuple(
        line
        for line in lines
        if line.code == "safety"
        or (line.code == "feeling" and strong)
        or (line.code == "question" and any(_same(line.words, words) for words in wanted))
    )


def tongue(draft: str, called: str, languages: Sequence[str]) -> tuple[CoachLine, ...]:
    """That a draft is in a language that its reader does not read; nothing where either is not known."""
    written = rules.hear(draft).language.partition("-")[0]
    known = {code.partition("-")[0] for code in languages}
    if not known or written in known or written == "und":
        return ()
    names = {
        "name": called,
        "this": language_name(written),
        "those": ", ".join(map(language_name, languages)),
    }
    said = _("These words are in %(this)s. %(name)s reads: %(those)s. Who translates, or interprets?") % names
    return (CoachLine("language", "speech", said),)


def _same(one: str, other: str) -> bool:
    """Whether two wordings are one question, as somebody may have cut it."""
    first, second = one.casefold().strip(" ?¿.!"), other.casefold().strip(" ?¿.!")
    return bool(first and second) and (first in second or second in first)


def _lines(advice: Advice, heard: Heard) -> tuple[CoachLine, ...]:
    found = [_line(one, advice, heard) for one in advice.suggestions if one.code != "jargon"]
    if hard := _hard(advice):
        place = next((at for at, line in enumerate(found) if line.code in ("grade", "contact")), len(found))
        found.insert(place, hard)
    return tuple(line for line in found if line.text)


def _line(one: Suggestion, advice: Advice, heard: Heard) -> CoachLine:
    words = " ".join(one.span.text.split()) if one.span else ""
    text = ""
    if one.code == "safety":
        text = _("These words may speak of danger. Say what to do now, and whom to call:")
    elif one.code == "dismissive":
        text = _("This may sound as if the worry did not count. Could you say what you know instead?")
    elif one.code == "question":
        text = _("We see no answer to this yet:")
    elif one.code == "feeling":
        label = min(heard.feelings, key=lambda each: ("high", "medium", "low").index(each.strength)).label
        name = str(FEELINGS[label])
        text = _("Nothing here meets what they feel yet. They may be %(feeling)s:") % {"feeling": name}
    elif one.code == "grade" and advice.reading_grade is not None:
        age = round(advice.reading_grade) + 5
        text = _("Reads like age %(age)s. Aim for age 11: shorter sentences, plain words.") % {"age": age}
    elif one.code == "contact":
        text = _("You could say how to come back to you if things change.")
    return CoachLine(one.code, _ICONS.get(one.code, "info"), text, words)


def _hard(advice: Advice) -> CoachLine | None:
    """The hard words in one line, each with plain ones where we know them."""
    if not advice.jargon:
        return None
    seen = {term.span.text.casefold(): term for term in advice.jargon}
    parts = [
        _("“%(hard)s”: perhaps “%(plain)s”") % {"hard": term.span.text, "plain": term.plain}
        if term.plain
        else _("“%(hard)s”: in plain words") % {"hard": term.span.text}
        for term in list(seen.values())[:MOST_HARD]
    ]
    return CoachLine("jargon", "speech", _("Hard words. %(words)s.") % {"words": "; ".join(parts)})
