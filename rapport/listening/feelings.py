"""Feelings: which ones a text shows, how strongly, by which words."""

from __future__ import annotations

from collections.abc import Iterable

from rapport.listening.context import Contexts
from rapport.listening.heard import LABELS, Feeling, Label, Span, Strength
from rapport.listening.packs import Found
from rapport.listening.words import Words

_LEVELS: tuple[Strength, ...] = ("low", "medium", "high")
_STOPS = frozenset({"negated", "read or quoted"})
MOST_SPANS = 8


def feelings(words: Words, found: Iterable[Found], contexts: Contexts) -> list[tuple[Label, Strength, Span]]:
    """Each sign of a feeling in the text that is not denied and not quoted."""
    signs = []
    for each in found:
        label, strength = each.means
        if _denied(contexts, each):
            continue
        span = Span.of(words.text, words.starts[each.first], words.ends[each.last])
        signs.append((label, strength, span))
    return signs


def gather(signs: Iterable[tuple[Label, Strength, Span]]) -> tuple[Feeling, ...]:
    """One feeling for each label: its strongest sign, and all its words; three signs make it strong."""
    by_label: dict[Label, list[tuple[Strength, Span]]] = {}
    for label, strength, span in signs:
        by_label.setdefault(label, []).append((strength, span))
    gathered = []
    for label in LABELS:
        if label not in by_label:
            continue
        spans = apart(span for _, span in by_label[label])
        level = max(_LEVELS.index(strength) for strength, _ in by_label[label])
        if len(spans) >= 3:
            level = min(level + 1, 2)
        gathered.append(Feeling(label, _LEVELS[level], tuple(spans[:MOST_SPANS])))
    return tuple(gathered)


def apart(spans: Iterable[Span]) -> list[Span]:
    """Spans in order; of those that overlap, the longest."""
    kept: list[Span] = []
    for span in sorted(set(spans), key=lambda each: (each.start, -each.end)):
        if kept and span.start < kept[-1].end:
            if span.end - span.start > kept[-1].end - kept[-1].start:
                kept[-1] = span
            continue
        kept.append(span)
    return kept


def _denied(contexts: Contexts, each: Found) -> bool:
    return contexts.judge(each.first, each.last, only=("negated",)).status in _STOPS
