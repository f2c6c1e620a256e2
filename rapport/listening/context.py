"""How a danger is spoken of: denied, past, settled, someone else's, only imagined, read, or a figure.

Context lowers and shows its reason. It never lowers a sentence that turns ("but it's back again"),
and what it lowers is still shown: nothing is dropped.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rapport.listening.heard import Status
from rapport.listening.lexicon import Hit
from rapport.listening.packs import Found
from rapport.listening.words import Words

NEGATION_REACH = 6
BEFORE_REACH = 12
AFTER_REACH = 5
WINDOW = 60
_STATUS: dict[str, Status] = {
    "negated": "negated",
    "past": "past",
    "settled": "settled",
    "other": "other person",
    "hypothetical": "hypothetical",
    "read": "read or quoted",
    "figurative": "figurative",
}
_ORDER = ("figurative", "read", "negated", "other", "past", "hypothetical", "settled")
_QUOTES = {'"': '"', "“": "”", "«": "»", "„": "“"}


_BARE = frozenset(("not", "nobody"))
_BREAKS = frozenset(
    (
        *("and", "then", "just", "only", "i", "he", "she", "it", "we", "they", "which", "because"),
        *(
            "y",
            "luego",
            "solo",
            "ella",
            "yo",
            "et",
            "puis",
            "juste",
            "il",
            "elle",
            "je",
            "more",
            "rather",
            "plutot",
        ),
    )
)


@dataclass(frozen=True, slots=True)
class Reading:
    """A status with the words that gave it; `turned` says that the sentence turns against it."""

    status: Status
    because: str = ""
    turned: bool = False


PRESENT = Reading("present")


class Contexts:
    """The cues of one text, ready to judge any stretch of its words."""

    def __init__(self, words: Words, cues: Iterable[Found], turns: frozenset[str]) -> None:
        self._words = words
        self._turns = turns
        self._cues: dict[str, list[tuple[str, Found]]] = {}
        for cue in cues:
            self._cues.setdefault(cue.means[0], []).append((cue.means[1], cue))
        self._places = {kind: [cue.first for _, cue in rows] for kind, rows in self._cues.items()}
        self._quoted = list(_quotes(words.text))

    def _near(self, kind: str, first: int, last: int) -> list[tuple[str, Found]]:
        """Cues of a kind within a window around words, so that a text without full stops costs no more."""
        places = self._places.get(kind, [])
        return self._cues.get(kind, [])[
            bisect_left(places, first - WINDOW) : bisect_left(places, last + WINDOW)
        ]

    def kinds(self, first: int, last: int) -> list[str]:
        """The kinds of cues that stand among the words from `first` to `last`."""
        return [
            kind
            for kind, places in self._places.items()
            if bisect_left(places, first) < bisect_left(places, last + 1)
        ]

    def judge(
        self, first: int, last: int, only: tuple[str, ...] = _ORDER, own: Sequence[Hit] = ()
    ) -> Reading:
        """How the words from `first` to `last` are spoken of, as far as `only` these contexts tell.

        Cues that lie inside the `own` stretches of a pattern are part of what it says and judge nothing.
        """
        for kind in only:
            cue = self._cue(kind, first, last, own)
            if cue is not None:
                turned = kind not in ("figurative", "negated") and self._turn(first, last, cue)
                return Reading(_STATUS[kind], self._text(cue), turned)
        if self._in_quotes(first, last):
            return Reading("read or quoted", "in quotation marks")
        return PRESENT

    def judge_match(self, first: int, last: int, stretches: Sequence[Hit], whole: bool = False) -> Reading:
        """How a pattern is spoken of: by the context of all its words, or where one part of it is denied.

        `whole` says that no cue among the pattern's own words may lower it ("I googled how to die").
        """
        reading = self.judge(first, last, own=stretches if whole else ())
        if reading.status != "present":
            return reading
        for one in stretches:
            far = one[0] > last or one[1] < first
            for kind in _ORDER if far else ("negated",):
                cue = self._cue(kind, *one, own=stretches if whole else ())
                if cue is not None and not any(cue.first <= b and cue.last >= a for a, b in stretches):
                    return Reading(
                        _STATUS[kind], self._text(cue), far and kind != "negated" and self._turn(*one, cue)
                    )
        return PRESENT

    def _cue(self, kind: str, first: int, last: int, own: Sequence[Hit] = ()) -> Found | None:
        here, end = self._words.sentences[first], self._words.sentences[last]
        if kind == "read":
            here -= 1
        if kind in ("settled", "negated"):
            end += 1
        for side, cue in self._near(kind, first, last):
            sentence = self._words.sentences[cue.first]
            if not here <= sentence <= end or (kind == "settled" and sentence in self._words.asking):
                continue
            if own and self._outside(kind, side, cue, first, own):
                continue
            if self._reaches(kind, side, cue, first, last):
                return cue
        return None

    def _outside(self, kind: str, side: str, cue: Found, first: int, own: Sequence[Hit]) -> bool:
        """Whether a cue says nothing of a pattern: it is part of it, or denies another clause before it."""
        if any(a <= cue.first and cue.last <= b for a, b in own):
            return True
        apart = self._words.clauses[cue.last] != self._words.clauses[first]
        return kind == "negated" and side == "before" and apart

    def _reaches(self, kind: str, side: str, cue: Found, first: int, last: int) -> bool:
        if kind == "figurative":
            return cue.first <= last and cue.last >= first
        if kind == "read" and cue.first <= last and cue.last >= first:
            return True
        ats = self._words.ats
        if side == "before":
            if not (cue.first if kind == "hypothetical" else cue.last) < first + (kind == "other"):
                return False
            reach = NEGATION_REACH if kind == "negated" else BEFORE_REACH
            if kind == "negated" and cue.first == cue.last and self._words.norms[cue.last] in _BARE:
                reach = 1
            return ats[first] - ats[cue.last] <= reach and not self._broken(kind, cue.last, first)
        if side == "after" and kind == "read":
            return last < cue.first and ats[cue.first] - ats[last] <= 2
        if side == "after":
            return (
                cue.first > last and ats[cue.first] - ats[last] <= AFTER_REACH + 3 and self._ends(kind, cue)
            )
        if cue.first <= last and cue.last >= first and kind != "settled":
            return kind == "past"
        if kind == "settled" and cue.first > last:
            return True
        lower, upper = (cue.last, first) if cue.last < first else (last, cue.first)
        return not self._broken(kind, lower, upper)

    def _ends(self, kind: str, cue: Found) -> bool:
        """Whether a denial after the words ("chest pain: no") stands alone at its end."""
        following = cue.last + 1
        return (
            kind != "negated"
            or following >= len(self._words)
            or (
                self._words.clauses[following] != self._words.clauses[cue.last]
                and self._words.norms[following] not in self._turns
            )
        )

    def _broken(self, kind: str, lower: int, upper: int) -> bool:
        """Whether a turning word ("but"), or "and" after a denial, stands between two words."""
        between = self._words.norms[lower + 1 : upper]
        if any(word in self._turns for word in between):
            return True
        if kind == "negated":
            return any(word in _BREAKS for word in between)
        return False

    def _turn(self, first: int, last: int, cue: Found) -> bool:
        """Whether the sentence turns: says that it is so now, or goes on with "but" unsettled.

        When it began ("yesterday") turns nothing that somebody has looked at since, or of which one read.
        """
        sentence = self._words.sentences[first]
        calm = [found for _, found in self._near("settled", first, last)]
        for side, turn in self._near("turns", first, last):
            if self._words.sentences[turn.first] != sentence:
                continue
            if side == "when" and turn.last < cue.first and _told_after(cue):
                continue
            if not any(c.first <= turn.last and c.last >= turn.first for c in (*calm, cue)):
                return True
        return False

    def _in_quotes(self, first: int, last: int) -> bool:
        start, end = self._words.starts[first], self._words.ends[last]
        place = bisect_left(self._quoted, (start + 1, 0)) - 1
        return place >= 0 and end <= self._quoted[place][1]

    def _text(self, cue: Found) -> str:
        return self._words.text[self._words.starts[cue.first] : self._words.ends[cue.last]]


def _told_after(cue: Found) -> bool:
    return cue.means[1] == "checked" or cue.means[0] in ("other", "read")


def _quotes(text: str) -> Iterable[tuple[int, int]]:
    """Stretches between quotation marks, of two words at least and 300 letters at most."""
    opened = -1
    closing = ""
    for place, letter in enumerate(text):
        if opened >= 0 and letter == closing:
            if place - opened <= 300 and " " in text[opened + 1 : place].strip():
                yield opened, place
            opened = -1
        elif opened < 0 and letter in _QUOTES:
            opened, closing = place, _QUOTES[letter]
        elif opened >= 0 and (place - opened > 300 or letter == "\n"):
            opened = -1
