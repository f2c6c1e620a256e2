"""Concerns: the words that name what troubles the writer, in order."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence

from rapport.listening.context import Contexts
from rapport.listening.feelings import apart
from rapport.listening.heard import RedFlag, Span
from rapport.listening.packs import Found
from rapport.listening.words import Words, sentences

_LEAD = re.compile(
    r"(?:and|but|so|also|i think|i have|i've|ive|i've got|i am|i'm|now|with|because"
    r"|y|pero|porque|tengo|et|mais|car|j'ai)\s+",
    re.IGNORECASE,
)
_BREAK = re.compile(
    r"[,;]\s|\s[-–—]\s|\s(?:but|because|although|pero|porque|aunque|mais|parce que|car)\s", re.IGNORECASE
)
_ABOUT = re.compile(r"\s*(?:of|about|over|de|por|du|des)\s+", re.IGNORECASE)
WINDOW = 300
_NOT_FEARED = re.compile(
    r"(?:before|when|if|to|and|as|so|at|it'?s|que me|about it|about this|de ir)\b", re.IGNORECASE
)
_LOWERED = frozenset(
    {"negated", "past", "settled", "other person", "read or quoted", "figurative", "hypothetical"}
)


def concerns(
    words: Words, found: Iterable[Found], flags: Sequence[RedFlag], asked: Sequence[Span], contexts: Contexts
) -> list[Span]:
    """What troubles the writer: dangers that are present, complaints, and what they say they fear."""
    text = words.text
    bounds = sentences(text)
    dangers = [_clause(text, bounds, flag.span) for flag in flags if flag.status == "present"]
    named: list[Span] = []
    for each in found:
        start, end = words.starts[each.first], words.ends[each.last]
        if each.means[0] == "fear_of":
            feared = _feared(text, bounds, start, end)
            if feared is not None:
                named.append(feared)
        elif each.means[0] == "symptom" and contexts.judge(each.first, each.last).status not in _LOWERED:
            named.append(_clause(text, bounds, Span.of(text, start, end)))
    taken, told = _Taken(dangers), _Taken(asked)
    kept = [span for span in named if not taken.holds(span) and not told.holds(span)]
    return apart([*dangers, *kept])


class _Taken:
    """Stretches that are named already; spans of one text that do not overlap each other."""

    def __init__(self, spans: Iterable[Span]) -> None:
        self._spans = apart(spans)
        self._ends = [span.end for span in self._spans]

    def holds(self, span: Span) -> bool:
        place = bisect_right(self._ends, span.start)
        return place < len(self._spans) and self._spans[place].start < span.end


def _sentence(bounds: Sequence[tuple[int, int]], span: Span) -> tuple[int, int]:
    low, high = 0, len(bounds)
    while low < high:
        middle = (low + high) // 2
        if bounds[middle][1] <= span.start:
            low = middle + 1
        else:
            high = middle
    return bounds[low] if low < len(bounds) else (span.start, span.end)


def _clause(text: str, bounds: Sequence[tuple[int, int]], span: Span) -> Span:
    """The clause in which a span stands: to the nearest break on each side, without a leading "and"."""
    start, end = _sentence(bounds, span)
    start = max(start, span.start - WINDOW)
    end = max(min(end, span.end + WINDOW), span.end)
    for cut in _BREAK.finditer(text, start, end):
        if cut.end() <= span.start:
            start = cut.end()
        elif cut.start() >= span.end:
            end = cut.start()
            break
    lead = _LEAD.match(text, start)
    while lead and lead.end() <= span.start:
        start = lead.end()
        lead = _LEAD.match(text, start)
    return Span.of(text, start, end)


def _feared(text: str, bounds: Sequence[tuple[int, int]], start: int, end: int) -> Span | None:
    """What follows the words of fear, to the end of its clause."""
    last = min(_sentence(bounds, Span.of(text, start, end))[1], end + WINDOW)
    cut = _BREAK.search(text, end, last)
    lead = _ABOUT.match(text, end)
    end = lead.end() if lead else end
    span = Span.of(text, end, cut.start() if cut else last)
    words = span.text.rstrip(".!")
    if len(words) <= 3 or _NOT_FEARED.match(words):
        return None
    return Span.of(text, span.start, span.start + len(words))
