"""What goes against somebody's words: an order, a medicine or an appointment that they asked not to have.

The rules are data, one readable file each in `against/`: what is said, what turns it, what is ordered. A
finding always names the words that caused it. No finding never means that nothing goes against what matters.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.resources import files

from rapport.pillars.what_matters.shapes import Entry

#: What is proposed in words alone, whatever it will become: rules that look for words read it too.
PROPOSALS = ("Goal", "CarePlan")
_SENTENCE = re.compile(r"[^.!?;\n]+")
_NUMBERS = {
    "seven": 7, "eight": 8, "nine": 9, "ten": 10, "eleven": 11, "noon": 12, "midday": 12,
    "siete": 7, "ocho": 8, "nueve": 9, "diez": 10, "once": 11, "mediodia": 12,
    "sept": 7, "huit": 8, "neuf": 9, "dix": 10, "onze": 11, "midi": 12,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Order:
    """What is planned: its FHIR type, all its words, and the local time at which it begins, if it has one."""

    ref: str
    rtype: str
    words: str
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Against:
    """An order that goes against an entry: by which rule, and the words on both sides that say so."""

    rule: str
    entry: Entry
    said: str
    order: Order
    ordered: str


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule.

    kinds    of entries that it reads
    said     what is said; `unless` what in the same sentence turns it
    types    FHIR types of orders; `ordered` what is ordered, nothing for every order of these types
    lacks    words of which an order must hold one, or it goes against what is said
    before   an hour before which an appointment goes against it; 0: the hour that is said
    """

    name: str
    kinds: frozenset[str]
    said: re.Pattern[str]
    unless: re.Pattern[str] | None
    types: frozenset[str]
    ordered: re.Pattern[str] | None
    lacks: re.Pattern[str] | None
    before: int | None


def against(entries: Iterable[Entry], orders: Iterable[Order]) -> tuple[Against, ...]:
    """Every order that goes against an entry that stands, each pair once, in the order of the entries."""
    planned = tuple(orders)
    found: dict[tuple[str, str], Against] = {}
    for entry in entries:
        for rule, sentence, said in _told(entry):
            for order in planned:
                ordered = _meets(rule, sentence, order)
                if ordered is not None:
                    one = Against(rule.name, entry, said, order, ordered)
                    found.setdefault((entry.rid, order.ref), one)
    return tuple(found.values())


def may_be_against(order: Order) -> bool:
    """Whether anything that somebody may have said speaks of such an order: quick, for every write."""
    words = _speaking(order.rtype)
    return words is None or bool(words.search(_fold(order.words)))


@cache
def _speaking(rtype: str) -> re.Pattern[str] | None:
    """What any rule for a type looks for in an order; None where one looks at every order of it."""
    each = [rule.ordered for rule in rules() if _reads(rule, rtype)]
    if None in each:
        return None
    return re.compile("|".join(one.pattern for one in each if one is not None) or "(?!)")


def _reads(rule: Rule, rtype: str) -> bool:
    return rtype in rule.types or (rtype in PROPOSALS and rule.ordered is not None and not rule.before)


def _told(entry: Entry) -> Iterator[tuple[Rule, str, str]]:
    """The rules that an entry speaks to: with the sentence, folded, and the words in it as written."""
    for sentence in _SENTENCE.findall(entry.words) if entry.stands else ():
        folded = _fold(sentence)
        for rule in rules():
            if entry.kind in rule.kinds and not (rule.unless and rule.unless.search(folded)):
                said = rule.said.search(folded)
                if said:
                    yield rule, folded, sentence.strip()


def _meets(rule: Rule, sentence: str, order: Order) -> str | None:
    """The words of an order that go against it ("" for its time alone); None where it does not."""
    if not _reads(rule, order.rtype):
        return None
    words = _fold(order.words)
    if rule.lacks is not None and rule.lacks.search(words):
        return None
    if rule.before is not None and not _too_early(rule.before or _hour(sentence), order.at):
        return None
    if rule.ordered is None:
        return ""
    found = rule.ordered.search(words)
    return order.words[found.start() : found.end()] if found else None


def _too_early(hour: int, at: datetime | None) -> bool:
    return at is not None and at.hour < hour


def _hour(sentence: str) -> int:
    """The hour that a sentence names, 0 for none."""
    for word in re.findall(r"\d{1,2}|[a-z]+", sentence):
        if word.isdigit() and 5 <= int(word) <= 14:
            return int(word)
        if word in _NUMBERS:
            return _NUMBERS[word]
    return 0


def _fold(text: str) -> str:
    """Small letters without accents, one for one, so that places stay what they are."""
    return "".join(_folded(letter) for letter in text)


@cache
def _folded(letter: str) -> str:
    if letter in "’‘":
        return "'"
    return unicodedata.normalize("NFKD", letter)[:1].lower()[:1] or letter


@cache
def rules() -> tuple[Rule, ...]:
    """All rules, by the names of their files. ValueError for a file that holds anything else."""
    folder = files(__package__).joinpath("against")
    names = sorted(file.name for file in folder.iterdir() if file.name.endswith(".toml"))
    return tuple(
        _rule(name.removesuffix(".toml"), told)
        for name in names
        for told in tomllib.loads(folder.joinpath(name).read_text("utf-8"))["rule"]
    )


def _rule(name: str, told: dict[str, object]) -> Rule:
    known = {"kinds", "said", "unless", "types", "ordered", "lacks", "before"}
    if not {"kinds", "said", "types"} <= set(told) <= known:
        raise ValueError(f"{name}: a rule has kinds, said and types, and may have {sorted(known)}")
    before = told.get("before")
    return Rule(
        name,
        _names(told["kinds"]),
        _phrases(told["said"]),
        _phrases(told["unless"]) if "unless" in told else None,
        _names(told["types"]),
        _phrases(told["ordered"]) if "ordered" in told else None,
        _phrases(told["lacks"]) if "lacks" in told else None,
        before if isinstance(before, int) else None,
    )


def _names(value: object) -> frozenset[str]:
    return frozenset(str(value).split())


def _phrases(value: object) -> re.Pattern[str]:
    """Phrases parted by commas or lines, as one pattern; `*` stands for any ending of a word."""
    phrases = [" ".join(phrase.split()) for phrase in re.split(r"[,\n]", str(value)) if phrase.strip()]
    parts = (re.escape(_fold(phrase)).replace(r"\*", r"\w*").replace(r"\ ", r"\s+") for phrase in phrases)
    return re.compile(rf"(?<!\w)(?:{'|'.join(parts)})(?!\w)")
