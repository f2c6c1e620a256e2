"""One provision of a Consent as limits: what it says of who, what, why and when.

Each limit is read twice. *Narrow* is for what opens: what can't be read opens nothing. *Wide* is for what
closes: what can't be read limits nothing. An absent limit limits neither, but a permit that lists nothing
opens nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from rapport.fhir.definitions import TYPE_NUMBERS
from rapport.fhir.keys import reference_key
from rapport.fhir.labels import BITS
from rapport.gate.permissions import PURPOSES
from rapport.gate.spans import ALWAYS, DATED, Bound, span

from . import words
from .boxes import Box, Kinds, Named, Who

Node = dict[str, Any]
T = TypeVar("T")

#: What a provision may say; anything else is a limit that nobody here understands.
_KNOWN = frozenset(
    (
        "id",
        "extension",
        "type",
        "period",
        "actor",
        "action",
        "securityLabel",
        "purpose",
        "class",
        "dataPeriod",
        "data",
        "provision",
    )
)
#: A permit names who, what for, what they may do, and either kinds or resources.
_LISTS = ("actor", "action", "purpose")


@dataclass(frozen=True, slots=True)
class Limits:
    """One provision, read. `narrow` is None where something in it can't be read.

    kind      "permit", "deny", or "" where the root says neither
    complete  a permit that names all it must
    clears    the labels that a permit opens, as bits
    """

    kind: str
    narrow: Box | None
    wide: Box
    complete: bool
    clears: int


def limits(node: Node) -> Limits:
    """The limits of a provision that is a dict."""
    kind = node.get("type") if "type" in node else ""
    kind = kind if kind in ("permit", "") else "deny"  # what can't be read closes
    narrow: Box | None = Box()
    wide = Box()
    for name, read in _READERS.items():
        if name not in node:
            continue
        exact, known = read(node[name])
        if exact is None:
            narrow = None
            continue
        narrow = None if narrow is None else _with(narrow, exact)
        wide = _with(wide, exact) if known else wide
    if not node.keys() <= _KNOWN:
        narrow = None
    clears = 0
    if kind != "permit" and "securityLabel" in node:  # of a permit, labels are what it opens
        mask, known = _labels(node["securityLabel"])
        narrow = None if narrow is None or not mask else replace(narrow, carries=(mask,))
        wide = replace(wide, carries=(mask,)) if known else wide
    elif "securityLabel" in node:
        clears, _ = _labels(node["securityLabel"])
    named = ("class" in node) != ("data" in node)
    complete = named and all(name in node for name in _LISTS)
    return Limits(kind, narrow, wide, complete, clears)


def _with(box: Box, part: dict[str, Any]) -> Box:
    return replace(box, **part)


# ---------------------------------------------------------------- each limit: what can be read; is that all?

Read = tuple[dict[str, Any] | None, bool]


def _each(value: Any, read: Callable[[Any], T | None]) -> tuple[list[T], bool]:
    """What can be read of a list, and whether that is all of it; an empty list can't be read."""
    if not isinstance(value, list) or not value:
        return [], False
    found = [read(item) for item in value]
    good = [item for item in found if item is not None]
    return good, len(good) == len(found)


def _bits(value: Any, read: Callable[[Any], int | None]) -> tuple[int, bool]:
    good, known = _each(value, read)
    bits = 0
    for one in good:
        bits |= one
    return bits, known


def _actors(value: Any) -> Read:
    good, known = _each(value, _actor)
    return {"actors": (frozenset(good),)}, known


def _actor(value: Any) -> Who | None:
    """An actor whose role and reference can both be read."""
    if not isinstance(value, dict) or not value.keys() <= {"id", "extension", "role", "reference"}:
        return None
    roles = _codings(value.get("role"))
    reference = _reference(value.get("reference"))
    known = roles and all(role in words.ORDINARY_ROLES or role in words.AUTHORITIES for role in roles)
    if not known or not reference.startswith(words.ACTORS):
        return None
    claims = [words.AUTHORITIES[role] for role in roles if role in words.AUTHORITIES]
    return Who(reference_key(reference), claims[0] if claims else "") if len(claims) < 2 else None


def _actions(value: Any) -> Read:
    bits, known = _bits(value, _action)
    return {"actions": bits}, known


def _action(value: Any) -> int | None:
    codings = _codings(value)
    if not codings or any(system != words.ACTION or code not in words.ACTIONS for system, code in codings):
        return None
    bits = 0
    for _, code in codings:
        bits |= words.ACTIONS[code]
    return bits


def _purposes(value: Any) -> Read:
    bits, known = _bits(value, lambda one: _coded(one, words.PURPOSE, PURPOSES))
    return {"purposes": bits}, known


def _kinds(value: Any) -> Read:
    good: list[int | str]
    good, known = _each(value, _kind)
    categories = 0
    types: set[str] = set()
    for one in good:
        if isinstance(one, str):
            types.add(one)
        else:
            categories |= one
    return {"kinds": Kinds(categories, frozenset(types))}, known


def _kind(value: Any) -> int | str | None:
    category = _coded(value, words.CATEGORY, words.CATEGORIES)
    if category is not None:
        return category
    system, code = _coding(value)
    return code if system == words.TYPES and code in TYPE_NUMBERS else None


def _period(value: Any) -> Read:
    found = _span(value)
    return (None, False) if found is None else ({"begins": found[0], "ends": found[1]}, True)


def _data_period(value: Any) -> Read:
    found = _span(value)
    if found is None:
        return None, False
    # What has no clinical time is stored with the first moment there is: it lies in no period.
    return {"since": DATED if found[0] == ALWAYS else found[0], "until": found[1]}, True


def _span(value: Any) -> tuple[Bound, Bound] | None:
    readable = isinstance(value, dict) and value.keys() <= {"id", "extension", "start", "end"}
    return span(value) if readable and ("start" in value or "end" in value) else None


def _data(value: Any) -> Read:
    good, known = _each(value, _named)
    return {"named": frozenset(good)}, known


def _named(value: Any) -> Named | None:
    if not isinstance(value, dict) or not value.keys() <= {"id", "extension", "meaning", "reference"}:
        return None
    reference, meaning = _reference(value.get("reference")), value.get("meaning")
    if not reference or not isinstance(meaning, str) or meaning not in words.ITSELF | words.AROUND:
        return None
    return Named(reference_key(reference), meaning in words.AROUND)


_READERS: dict[str, Callable[[Any], Read]] = {
    "actor": _actors,
    "action": _actions,
    "purpose": _purposes,
    "class": _kinds,
    "period": _period,
    "dataPeriod": _data_period,
    "data": _data,
}


def _labels(value: Any) -> tuple[int, bool]:
    """The bits of labels that hide something here, and whether these are all labels of the list."""
    return _bits(value, lambda one: BITS.get(_coding(one)))


# ---------------------------------------------------------------- codes


def _coding(value: Any) -> words.Coding:
    """System and code; ("", "") for what is none."""
    if not isinstance(value, dict):
        return "", ""
    system, code = value.get("system"), value.get("code")
    return (system, code) if isinstance(system, str) and isinstance(code, str) else ("", "")


def _codings(concept: Any) -> list[words.Coding]:
    """The codings of a CodeableConcept; none where any of them can't be read."""
    found = concept.get("coding") if isinstance(concept, dict) else None
    codings = [_coding(one) for one in found] if isinstance(found, list) else []
    return codings if all(code for _, code in codings) else []


def _coded(value: Any, system: str, codes: Any) -> int | None:
    found = _coding(value)
    return codes.get(found[1]) if found[0] == system else None


def _reference(value: Any) -> str:
    """`Type/id` of a local reference, "" for what is none."""
    reference = value.get("reference") if isinstance(value, dict) else None
    if not isinstance(reference, str):
        return ""
    rtype, slash, rid = reference.split("/_history/", 1)[0].partition("/")
    return f"{rtype}/{rid}" if slash and rid and "/" not in rid and rtype in TYPE_NUMBERS else ""


def codings_of(concepts: Any) -> Iterable[words.Coding]:
    """The codings of one CodeableConcept or a list of them; for the head of a Consent."""
    for concept in concepts if isinstance(concepts, list) else [concepts]:
        yield from _codings(concept)
