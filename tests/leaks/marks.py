"""Resources that carry a mark in every value that can hold one, and finding such marks in an answer.

A mark tells whose it is, on which shelf it lies (the resource type, and the kind of its security label), and
survives being a text, a date, a number or a file. Two people get the same seeds, so their records have the
same shape and differ in their marks alone.
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable, Iterator
from copy import deepcopy
from functools import cache
from random import Random
from typing import Any, NamedTuple

import orjson

from rapport.fhir import index
from rapport.fhir.definitions import TYPE_NAMES, TYPE_NUMBERS
from rapport.fhir.keys import reference_key
from rapport.fhir.table import Element, Kind
from rapport.fhir.validation import check
from rapport.gate.permissions import DIRECTORY
from tests.fhir import generating
from tests.fhir.making import least

Json = dict[str, Any]

_ACT = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
#: The kinds of label: none, a sensitive one, a staff note's, one that nobody here knows.
LABELS = {
    "o": [],
    "s": [{"system": _ACT, "code": "SEX"}],
    "n": [{"system": "urn:rapport:label", "code": "staff-only"}],
    "u": [{"system": "urn:unheard", "code": "of"}],
}
_LETTERS = "".join(LABELS)
#: Types whose resources carry marks: all that a site's own directory does not hold.
MARKED = sorted(set(TYPE_NUMBERS) - DIRECTORY)
#: Elements that say what a resource is, and not what it says.
_KEPT = {"resourceType", "reference", "security"}
_DATE = re.compile(r"\d{4}(-\d\d(-\d\d)?)?(T.*)?")


class Shelf(NamedTuple):
    """A resource type and the letter of its label."""

    rtype: str
    letter: str


class Whose(NamedTuple):
    """A person whose record is marked: five letters for texts and ids, a digit for numbers and dates."""

    ref: str
    word: str
    digit: int

    def rid(self, rtype: str, letter: str = "o") -> str:
        """The id of their resource on a shelf."""
        return f"{self.word}-{TYPE_NUMBERS[rtype]}-{letter}"

    def text(self, shelf: Shelf) -> str:
        """Nine letters, so that nothing changes in it when a file is written in base64."""
        return f"{self.word}{TYPE_NUMBERS[shelf.rtype]:03}{shelf.letter}"

    def date(self, shelf: Shelf) -> str:
        """A day of a year long ago."""
        return f"1{TYPE_NUMBERS[shelf.rtype]:03}-0{self.digit}-2{_LETTERS.index(shelf.letter)}"

    def number(self, shelf: Shelf) -> int:
        """Ten digits; small enough for every kind of integer."""
        return int(f"189{self.digit}7{TYPE_NUMBERS[shelf.rtype]:03}{_LETTERS.index(shelf.letter)}5")


AMINA = Whose("Patient/amina", "zebra", 7)
EVE = Whose("Patient/eve", "okapi", 8)
#: What people call somebody is said in whatever they write or take part in: a shelf of its own, whose number
#: no mark bears otherwise (the directory has none).
NAME = Shelf("Practitioner", "o")


# ---------------------------------------------------------------- finding


@cache
def _pattern(whose: Whose) -> re.Pattern[bytes]:
    word = whose.word
    coded = "|".join(sorted({b64encode(f"{word}{digit}".encode()).decode()[:7] for digit in "01"}))
    forms = (
        rf"(?i:{word}(\d\d\d)([{_LETTERS}]))",
        rf"(?i:{word}-(\d+)-([{_LETTERS}]))",
        rf"1(\d\d\d)-0{whose.digit}-2([0-3])",
        rf"189{whose.digit}7(\d\d\d)([0-3])5",
    )
    return re.compile("|".join([*forms, rf"((?:{coded})\w{{5}})"]).encode())


def marks(whose: Whose, answer: bytes) -> Iterator[tuple[bytes, Shelf]]:
    """The marks of a person in an answer as they stand there, and the shelf of each."""
    for found in _pattern(whose).finditer(answer):
        coded = found[found.re.groups]
        if coded:
            plain = b64decode(coded)
            yield found[0], Shelf(TYPE_NAMES[int(plain[5:8])], plain[8:9].decode())
            continue
        number, letter = (part.decode() for part in found.groups() if part)
        letter = letter.lower() if letter.isalpha() else _LETTERS[int(letter)]
        yield found[0], Shelf(TYPE_NAMES[int(number)], letter)


_POINTING = re.compile(rb'"reference":\s*"[^"]*"')


def shelves(whose: Whose, answer: bytes, asked: bytes = b"") -> set[Shelf]:
    """The shelves that an answer tells of, beyond what was in the question.

    What a resource points to is said by that resource: it tells nothing of the other's own shelf.
    """
    return {shelf for text, shelf in marks(whose, _POINTING.sub(b"", answer)) if text not in asked}


# ---------------------------------------------------------------- making


class _Pointing(generating.Generator):
    """Makes a resource that points to its owner wherever it may, and else to what else is theirs."""

    whose = AMINA

    def value(self, element: Element, kind: Kind, depth: int) -> Any:
        if kind.name != "Reference":
            return super().value(element, kind, depth)
        targets = kind.targets or ("Patient",)
        if "Patient" in targets and (depth < 2 or self.chance.random() < 0.5):
            return {"reference": self.whose.ref}
        rtype = self.chance.choice(targets)
        return {"reference": f"{rtype}/{self.whose.rid(rtype)}"}


def _leaves(value: Any) -> Iterator[tuple[Any, Any]]:
    """The list or dict, and the key, of every plain value that is no name of what something is."""
    pairs: Iterable[tuple[Any, Any]] = value.items() if isinstance(value, dict) else enumerate(value)
    for key, part in list(pairs):
        if key in _KEPT:
            continue
        if isinstance(part, dict | list):
            yield from _leaves(part)
        elif part is not None and not isinstance(part, bool):
            yield value, key


def _marked(whose: Whose, shelf: Shelf, key: Any, value: Any) -> Any:
    """A value of the same kind that is a mark."""
    text = whose.text(shelf)
    if isinstance(value, int):
        return whose.number(shelf)
    if isinstance(value, float):
        return whose.number(shelf) + 0.5
    if key == "data":
        return b64encode(text.encode()).decode()
    if key == "div":
        return f'<div xmlns="http://www.w3.org/1999/xhtml">{text}</div>'
    if _DATE.fullmatch(value):
        return whose.date(shelf) + ("T09:30:00Z" if "T" in value else "")
    return f"urn:{text}" if ":" in value else text


def with_marks(whose: Whose, shelf: Shelf, made: Json) -> Json:
    """The same resource with a mark in every value in which one is valid."""
    before = {}
    for number, (owner, key) in enumerate(_leaves(made)):
        before[number] = (owner, key, owner[key])
        owner[key] = _marked(whose, shelf, key, owner[key])
    waiting = dict(before)
    while issues := check(made):
        places = {id(owner): key for issue in issues for owner, key in generating.place(made, issue.path)}
        wrong = [
            number
            for number, (owner, key, _) in waiting.items()
            if places.get(id(owner)) == key or _within(made, issues, owner)
        ] or list(waiting)
        for number in wrong:
            owner, key, value = waiting.pop(number)
            owner[key] = value
    return made


def _within(made: Json, issues: Iterable[Any], owner: Any) -> bool:
    """Whether a value lies in what an issue is about."""
    for issue in issues:
        way = generating.place(made, issue.path)
        there = way[-1][0][way[-1][1]] if way else made
        if there is owner and there is not made:
            return True
        if (
            isinstance(there, dict | list)
            and there is not made
            and any(o is owner for o, _ in _leaves(there))
        ):
            return True
    return False


def resource(whose: Whose, shelf: Shelf) -> Json:
    """Somebody's resource on a shelf: valid, theirs if its type can be anybody's, full of marks."""
    for seed in range(40):
        made = _made(whose, shelf.rtype, seed)
        made = with_marks(whose, shelf, made)
        made |= {"id": whose.rid(*shelf)} | MENDED.get(shelf.rtype, _as_it_is)(made)
        made["meta"] = {"security": deepcopy(LABELS[shelf.letter])} if LABELS[shelf.letter] else {}
        if not made["meta"]:
            del made["meta"]
        if shelf.rtype not in OWNED or index.rows(made).patient == reference_key(whose.ref):
            return made
    raise AssertionError(f"no {shelf.rtype} of {whose.ref} came about")


def _made(whose: Whose, rtype: str, seed: int) -> Json:
    for attempt in range(20):
        pointing = _Pointing(rtype, seed * 20 + attempt, 1.0)
        pointing.whose = whose
        found = generating.mended(pointing.whole())
        if found is not None:
            return generating.plain(found)
    return least(rtype)


def _as_it_is(made: Json) -> Json:
    return {}


def _about_research(made: Json) -> Json:
    """A Consent that says nothing of access, so that no chance opens or closes anything."""
    scope = {"system": "http://terminology.hl7.org/CodeSystem/consentscope", "code": "research"}
    return {"scope": {"coding": [scope]}}


MENDED: dict[str, Callable[[Json], Json]] = {"Consent": _about_research}
#: Types that belong to somebody.
OWNED = frozenset(index.own.OWNER)


def letters(rtype: str) -> str:
    """The labels under which a type is kept: open, and one of the others by turns; of some all."""
    usual = ("Appointment", "Binary", "CarePlan", "Communication", "Condition", "Observation", "Task")
    return _LETTERS if rtype in usual else "o" + "snu"[TYPE_NUMBERS[rtype] % 3]


def record(whose: Whose) -> Iterator[tuple[Json, Json]]:
    """A whole record: each resource as it was first and as it is now.

    What is open now was sensitive before, and the other way round: an earlier version may be more private
    than the present one, or less.
    """
    for rtype in MARKED:
        if rtype == "Patient":
            continue
        for letter in letters(rtype):
            now = resource(whose, Shelf(rtype, letter))
            first = resource(whose, Shelf(rtype, "s")) if letter == "o" else now
            first = {name: part for name, part in first.items() if letter != "s" or name != "meta"}
            yield {**first, "id": now["id"]}, now


def size(made: Json) -> int:
    """How many values of a resource carry a mark."""
    return sum(1 for _ in marks(AMINA, orjson.dumps(made)))


def chance(*words: object) -> Random:
    """Chance that is the same at each run."""
    return Random(" ".join(map(str, words)))
