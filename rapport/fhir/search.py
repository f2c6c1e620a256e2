"""The search grammar: a query becomes a frozen `Search`, or is refused with what is wrong named.

    parse("Observation", [("patient", "Patient/1"), ("_sort", "-date")])

Unknown parameters, modifiers and values are refused; with `lenient` unknown parameters are left out
(`Search.ignored` tells which), as `Prefer: handling=lenient` asks for.
"""

from __future__ import annotations

import typing
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

from rapport.fhir import search_values as values
from rapport.fhir.definitions import TYPE_NUMBERS, SearchParam, search_param, search_params
from rapport.fhir.emit import WORDED
from rapport.fhir.outcomes import Refused
from rapport.fhir.search_tree import (
    LOOKED_UP,
    Any,
    Chain,
    Clause,
    Condition,
    Has,
    Include,
    Search,
    Sort,
)
from rapport.fhir.search_values import Value

LARGEST_PAGE = 1000
#: What one search may cost at most: each value one, each type that a chain leads through at least `A_CHAIN`.
MOST = 4000
A_CHAIN = 10
#: How many parameters may lead through other resources: to plan them together takes more than to ask them.
CHAINS = 25
#: How many references `_include` may name, as many `_revinclude`; how many keys `_sort`.
INCLUDES, KEYS = 40, 10
#: Dots and `_has` of one parameter.
DEEPEST = 8
#: Modifiers by parameter type. `:Type` on references and `:of-type` on identifiers are apart.
MODIFIERS = {
    "token": {"not", "missing", "text", "in", "not-in", "below", "above"},
    "string": {"exact", "contains", "missing"},
    "reference": {"identifier", "missing", "text"},
    "uri": {"below", "above", "missing"},
    "date": {"missing"},
    "number": {"missing"},
    "quantity": {"missing"},
    "special": {"missing"},
    "composite": set[str](),
}
_CODED = ("CodeableConcept", "Coding", "code")
SORTABLE = ("date", "string", "number", "quantity", "uri", "token")
#: Parameters of the answer's form; the API takes care of them.
_FORM = {"_format", "_pretty"}
_LESS = "Ask in several searches."


__all__ = [
    "MODIFIERS",
    "Any",
    "Chain",
    "Clause",
    "Has",
    "Search",
    "parse",
    "pointing",
]


class _Unknown(Refused):
    """A parameter that does not exist."""


def parse(rtype: str, pairs: Sequence[tuple[str, str]], *, lenient: bool = False) -> Search:
    """Read the query of a search for one resource type. Refused("invalid") names what can't be read."""
    if rtype not in TYPE_NUMBERS:
        raise Refused("not-found", f"FHIR R4 has no resource type {rtype}.")
    asked = _Asked(rtype)
    ignored: list[str] = []
    for name, written in pairs:
        try:
            _take(asked, name, written)
        except _Unknown:
            if not lenient:
                raise
            ignored.append(name)
    return Search(rtype, tuple(asked.conditions), ignored=tuple(ignored), **asked.rest)


class _Asked:
    """What has been read so far: conditions, what these cost, and whatever else a `Search` has."""

    __slots__ = ("conditions", "cost", "rest", "rtype")

    def __init__(self, rtype: str) -> None:
        self.rtype = rtype
        self.conditions: list[Condition] = []
        self.cost = 0
        self.rest: dict[str, typing.Any] = {}


def _take(asked: _Asked, name: str, written: str) -> None:
    word, _, modifier = name.partition(":")
    if word in _FORM:
        return
    if word in ("_include", "_revinclude"):
        _include(asked, word, modifier, written)
        return
    if word in _RESULT:
        _RESULT[word](asked, word, written)
        return
    if name.count(".") + name.count("_has:") > DEEPEST:
        raise Refused("invalid", f"{name[:80]} leads through too many resources.", "Ask in smaller steps.")
    asked.conditions.append(_condition(asked.rtype, name, written, MOST - asked.cost))
    asked.cost += _cost(asked.conditions[-1])
    if sum(not isinstance(one, Clause) for one in asked.conditions) > CHAINS:
        raise Refused("invalid", f"More than {CHAINS} parameters lead through other resources.", _LESS)


def _condition(rtype: str, name: str, written: str, room: int) -> Condition:
    if len(written) < min(_SHORT, room) and "." not in name and not name.startswith("_"):
        return _read_before(rtype, name, written)
    return condition(rtype, name, written, room)


def _cost(one: Condition) -> int:
    """What a condition takes of `MOST`."""
    if isinstance(one, Any):
        return sum(map(_cost, one.each))
    return len(one.values) if isinstance(one, Clause) else max(A_CHAIN, _cost(one.inner))


def condition(rtype: str, name: str, written: str, room: int = MOST) -> Condition:
    """Read one parameter: plain, chained or reversed. `room`: what it may cost, so that a short address
    cannot fan out over all types again and again."""
    if name.startswith("_has:"):
        return _has(name, written, room)
    if name == "_list":
        return _has("_has:List:item:_id", written, room)
    head, dot, rest = name.partition(".")
    word, _, modifier = head.partition(":")
    param = _param(rtype, word)
    if dot:
        return _chain(param, modifier, rest, written, room)
    if written.count(",") >= room:
        raise Refused("invalid", f"{name[:80]} asks for too much at once.", _LESS)
    return _clause(param, name, modifier, written)


#: Most is asked again and again: a status, a code, a patient by each list about them.
_SHORT = 100
_read_before = lru_cache(maxsize=4096)(condition)


def _param(rtype: str, code: str) -> SearchParam:
    param = search_param(rtype, code)
    if param is None:
        raise _Unknown("invalid", f"{rtype} has no search parameter {code} here.")
    return param


def _clause(param: SearchParam, name: str, modifier: str, written: str) -> Clause:
    if param.type == "reference" and modifier in TYPE_NUMBERS:
        param = replace(param, targets=(modifier,))
        modifier = ""
    if modifier and not _knows(param, modifier):
        raise Refused("invalid", f"The search modifier :{modifier} is not supported on {param.code}.")
    found: list[Value] = []
    for piece in values.split(written, ","):
        try:
            found += _values(param, modifier, piece)
        except (ValueError, OverflowError) as why:
            raise values.bad(name, written, why) from None
    return Clause(param, tuple(found), modifier)


def _knows(param: SearchParam, modifier: str) -> bool:
    """Whether a parameter can be asked with that modifier."""
    kinds = {leaf.type for leaf in param.leaves}
    if modifier == "of-type":
        return "Identifier" in kinds
    if modifier == "text":
        return modifier in MODIFIERS[param.type] and not kinds.isdisjoint(WORDED)
    if modifier in LOOKED_UP and param.type == "token":
        return not kinds.isdisjoint(_CODED)
    return modifier in MODIFIERS[param.type]


def _values(param: SearchParam, modifier: str, piece: str) -> Sequence[Value]:
    if modifier == "missing":
        return (values.missing(piece),)
    if modifier == "of-type":
        return (values.of_type(piece),)
    if modifier == "identifier":
        return (values.identifier(piece),)
    if modifier == "text" or modifier in ("in", "not-in"):
        return (values.text(piece),)
    if modifier in ("below", "above") and param.type == "token":
        return (values.coded(piece),)
    if param.type == "reference":
        return values.references(piece, pointing(param))
    if param.type == "composite":
        return (_parts(param, piece),)
    return (values.READERS[param.type](piece),)


def _parts(param: SearchParam, piece: str) -> values.Parts:
    pieces = values.split(piece, "$")
    if len(pieces) != len(param.components):
        raise ValueError(f"{len(param.components)} values joined by $ are needed")
    read: list[Value] = []
    for component, part in zip(param.components, pieces, strict=True):
        if component.type == "reference":
            read += values.references(part, ())
        else:
            read.append(values.READERS[component.type](part))
    return values.Parts(tuple(read))


def pointing(param: SearchParam) -> tuple[str, ...]:
    """The types that a reference by this parameter may mean. `patient` is about patients, whatever else its
    element may hold."""
    return ("Patient",) if param.code == "patient" else param.targets


def _chain(param: SearchParam, modifier: str, rest: str, written: str, room: int) -> Condition:
    if param.type != "reference":
        raise Refused("invalid", f"{param.code} is no reference, so it can't be chained.")
    targets = pointing(param)
    if modifier:
        if modifier not in targets:
            raise Refused("invalid", f"{param.code} does not point to {modifier}.")
        targets = (modifier,)
    code = rest.partition(".")[0].partition(":")[0]
    fits = [target for target in targets if code in ("_has", "_list") or search_param(target, code)]
    if not fits:
        raise _Unknown("invalid", f"Nothing that {param.code} points to has a search parameter {code}.")
    if len(fits) * A_CHAIN > room:
        raise Refused(
            "invalid", f"{param.code} leads to too many types.", f"Name one: {param.code}:Type.{rest[:80]}"
        )
    share = room // len(fits)
    each = tuple(Chain(param, target, condition(target, rest, written, share)) for target in fits)
    return each[0] if len(each) == 1 else Any(each)


def _has(name: str, written: str, room: int) -> Has:
    pieces = name.split(":", 3)
    if len(pieces) != 4 or pieces[1] not in TYPE_NUMBERS:
        raise Refused("invalid", f"{name} can't be read: use _has:Type:reference:parameter.")
    param = _param(pieces[1], pieces[2])
    if param.type != "reference":
        raise Refused("invalid", f"{param.code} of {param.rtype} is no reference.")
    return Has(param, condition(pieces[1], pieces[3], written, room - A_CHAIN))


def _include(asked: _Asked, word: str, modifier: str, written: str) -> None:
    before = asked.rest.get(word[1:], ())
    found = tuple(dict.fromkeys((*before, *_includes(asked.rtype, word, modifier, written))))
    if len(found) > INCLUDES:
        raise Refused("invalid", f"More than {INCLUDES} of {word} are too many.", "Ask in several searches.")
    asked.rest[word[1:]] = found


def _includes(rtype: str, word: str, modifier: str, written: str) -> list[Include]:
    """What `Type:reference[:target]` means; `Type:*` is each reference of it, `*` of the type searched."""
    pieces = (f"{rtype}:*" if (word, written) == ("_include", "*") else written).split(":")
    if modifier not in ("", "iterate") or len(pieces) not in (2, 3) or pieces[0] not in TYPE_NUMBERS:
        raise Refused(
            "invalid", f"{word}={written} can't be read: use Type:reference or Type:reference:Type."
        )
    if pieces[1] == "*":
        params = [param for param in search_params(pieces[0]).values() if param.type == "reference"]
    else:
        params = [_param(pieces[0], pieces[1])]
        if params[0].type != "reference":
            said = f"{params[0].code} of {pieces[0]} is no reference, so it can't be included."
            raise Refused("invalid", said)
    return [Include(param, "".join(pieces[2:]), modifier == "iterate") for param in params]


def _sort(asked: _Asked, word: str, written: str) -> None:
    keys = []
    for piece in written.split(","):
        param = _param(asked.rtype, piece.removeprefix("-"))
        if param.type not in SORTABLE or any(leaf.present for leaf in param.leaves):
            raise Refused("invalid", f"{asked.rtype} can't be sorted by {param.code}.")
        keys.append(Sort(param, piece.startswith("-")))
    if len(keys) > KEYS:
        raise Refused("invalid", f"More than {KEYS} keys of _sort are too many.", "Leave some out.")
    asked.rest["sort"] = tuple(keys)


def _count(asked: _Asked, word: str, written: str) -> None:
    if not written.isdecimal() or len(written) > 9:
        raise values.bad(word, written, "use a whole number")
    asked.rest["count"] = min(int(written), LARGEST_PAGE)


def _choice(asked: _Asked, word: str, written: str) -> None:
    if written not in _CHOICES[word]:
        raise values.bad(word, written, "use one of " + ", ".join(_CHOICES[word]))
    asked.rest[word[1:]] = written


def _elements(asked: _Asked, word: str, written: str) -> None:
    asked.rest["elements"] = (*asked.rest.get("elements", ()), *filter(None, written.split(",")))


def _cursor(asked: _Asked, word: str, written: str) -> None:
    asked.rest["cursor"] = written


_CHOICES = {
    "_total": ("none", "estimate", "accurate"),
    "_summary": ("true", "text", "data", "count", "false"),
}
_RESULT = {
    "_sort": _sort,
    "_count": _count,
    "_total": _choice,
    "_summary": _choice,
    "_elements": _elements,
    "_cursor": _cursor,
}
