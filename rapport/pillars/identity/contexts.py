"""Contexts of who is who: one dataclass for each page, with its words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as lazy

from rapport.pillars.identity.reading import Done, Entry, Likeness, Side
from rapport.pillars.identity.rules import Trait

TRAITS: Mapping[str, str | Promise] = {
    "name": lazy("Name"),
    "born": lazy("Born"),
    "gender": lazy("Gender"),
    "phone": lazy("Phone"),
    "email": lazy("E-mail"),
    "identifier": lazy("Record numbers"),
    "address": lazy("Address"),
}
#: What speaks for one person, in words.
_WHY: Mapping[tuple[str, str], str | Promise] = {
    ("name", "same"): lazy("the same name"),
    ("name", "swapped"): lazy("first and family name are swapped"),
    ("name", "near"): lazy("the names differ by one letter"),
    ("born", "same"): lazy("the same birth date"),
    ("born", "swapped"): lazy("the birth dates differ by swapped digits"),
    ("born", "near"): lazy("the birth dates may be the same"),
    ("phone", "same"): lazy("the same phone number"),
    ("email", "same"): lazy("the same e-mail address"),
    ("identifier", "same"): lazy("the same record number"),
    ("address", "same"): lazy("the same address"),
}
#: How the two sides of a line compare.
HOW: Mapping[str, str | Promise] = {
    "same": lazy("agrees"),
    "swapped": lazy("swapped"),
    "near": lazy("nearly"),
    "other": lazy("differs"),
    "": lazy("not known"),
}
_GENDERS: Mapping[str, str | Promise] = {
    "female": lazy("female"),
    "male": lazy("male"),
    "other": lazy("another gender"),
    "unknown": lazy("not known"),
}
KINDS: Mapping[str, str | Promise] = {
    "Communication": lazy("Conversation"),
    "Condition": lazy("Problem"),
    "MedicationRequest": lazy("Medicine"),
    "MedicationStatement": lazy("Medicine"),
    "AllergyIntolerance": lazy("Allergy"),
    "Observation": lazy("Measurement or result"),
    "DiagnosticReport": lazy("Measurement or result"),
    "Encounter": lazy("Visit"),
    "Appointment": lazy("Visit"),
    "Goal": lazy("Goal"),
    "QuestionnaireResponse": lazy("Something that matters to them"),
}
_OTHER_KIND = lazy("Other entry")


@dataclass(frozen=True, slots=True)
class Line:
    """One trait of both records; `state` of the mark: agrees, differs or unknown."""

    title: str
    left: tuple[str, ...]
    right: tuple[str, ...]
    how: str
    said: str


@dataclass(frozen=True, slots=True)
class Proposed:
    """Two records that may be of one person, and why, in a sentence."""

    left: Side
    right: Side
    why: str


@dataclass(frozen=True, slots=True)
class ListPage:
    """`list.html`: who may be one person, and what was joined or split lately."""

    pairs: tuple[Proposed, ...]
    done: tuple[Done, ...]


@dataclass(frozen=True, slots=True)
class PairPage:
    """`pair.html`: two records side by side. `keep`: the id of the one that the page proposes to keep."""

    left: Side
    right: Side
    lines: tuple[Line, ...]
    why: str
    apart: bool
    both_sign_in: bool
    keep: str
    once: str
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class SplitPage:
    """`split.html`: whose the entries are, then which. `target` is None until a person was chosen."""

    source: Side
    name: str
    found: tuple[Side, ...]
    target: Side | None
    entries: tuple[tuple[str, Entry], ...]
    once: str
    trouble: str = ""


def why(likeness: Likeness) -> str:
    """What speaks for one person, as a list in words; "" for nothing."""
    found = [str(_WHY[trait.key, trait.how]) for trait in likeness.traits if (trait.key, trait.how) in _WHY]
    return ", ".join(found)


def proposed(likeness: Likeness) -> Proposed:
    """One pair of the list."""
    said = why(likeness)
    return Proposed(likeness.left, likeness.right, said[:1].upper() + said[1:])


def lines(likeness: Likeness) -> tuple[Line, ...]:
    """Every trait that one of the two tells."""
    return tuple(_line(trait) for trait in likeness.traits if trait.left or trait.right)


def _line(trait: Trait) -> Line:
    said: tuple[tuple[str, ...], ...] = (trait.left, trait.right)
    if trait.key == "gender":
        said = tuple(tuple(str(_GENDERS.get(one, one)) for one in side) for side in said)
    return Line(str(TRAITS[trait.key]), said[0], said[1], trait.how, str(HOW[trait.how]))


def keep(likeness: Likeness) -> str:
    """The record that the page proposes to keep: the one that is signed in with, else the first."""
    return (likeness.right if likeness.right.signs_in and not likeness.left.signs_in else likeness.left).rid


def entry_lines(found: tuple[Entry, ...]) -> tuple[tuple[str, Entry], ...]:
    """Entries with the word for what they are."""
    return tuple((str(KINDS.get(one.rtype, _OTHER_KIND)), one) for one in found)
