"""Whole queries over a list of resources: conditions, chains, includes and the order of what is found."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, NamedTuple

from rapport.fhir import own
from rapport.fhir.table import SEARCH
from tests.oracle import matching, spans
from tests.oracle.places import Found, find, resource, target_type

Json = dict[str, Any]
Pairs = list[tuple[str, str]]
#: How far `:iterate` is followed.
STEPS = 16
#: Types whose first date parameter is the clinical time; a resource without it has the time of the next.
CLINICAL = own.WHEN


class Param(NamedTuple):
    """A search parameter as R4 defines it."""

    rtype: str
    code: str
    type: str
    expression: str
    rest: tuple[Any, ...]

    @property
    def targets(self) -> tuple[str, ...]:
        """What a reference may point to."""
        if self.code == "patient":
            return ("Patient",)
        return tuple(self.rest[0]) if self.rest else ()


def params(rtype: str) -> dict[str, Param]:
    """The search parameters of a type."""
    rows = {**SEARCH["Resource"], **SEARCH.get(rtype, {}), **own.SEARCH.get(rtype, {})}
    return {code: Param(rtype, code, row[0], row[1], tuple(row[2:])) for code, row in rows.items()}


def values(one: Json, param: Param) -> list[Found]:
    """What a parameter finds in a resource."""
    return find(param.expression, resource(one))


def ref(one: Json) -> str:
    """Type/id"""
    return f"{one['resourceType']}/{one['id']}"


class World:
    """Resources that can be searched."""

    def __init__(self, resources: list[Json]) -> None:
        self.all = resources
        self.by_ref = {ref(one): one for one in resources}

    # ------------------------------------------------------------ conditions

    def matches(self, rtype: str, pairs: Pairs) -> list[Json]:
        """The resources of a type that fit every condition."""
        mine = [one for one in self.all if one["resourceType"] == rtype]
        return [one for one in mine if all(self.fits(one, name, text) for name, text in pairs)]

    def fits(self, one: Json, name: str, text: str) -> bool:
        """Whether a resource fits one condition: plain, chained or reversed."""
        if name == "_list":
            return self.fits(one, "_has:List:item:_id", text)
        if name.startswith("_has:"):
            _, rtype, code, rest = name.split(":", 3)
            param = params(rtype)[code]
            pointing = [other for other in self.all if other["resourceType"] == rtype]
            return any(
                ref(one) in self.pointed(other, param) and self.fits(other, rest, text) for other in pointing
            )
        head, dot, rest = name.partition(".")
        word, _, modifier = head.partition(":")
        param = params(one["resourceType"])[word]
        if not dot:
            return self.plain(one, param, modifier, text)
        targets = [self.by_ref[found] for found in self.pointed(one, param) if found in self.by_ref]
        wanted = (modifier,) if modifier else param.targets
        return any(
            self.fits(target, rest, text)
            for target in targets
            if target["resourceType"] in wanted and self.knows(target["resourceType"], rest)
        )

    def knows(self, rtype: str, name: str) -> bool:
        """Whether a type has the parameter that a chain goes on with."""
        code = name.partition(".")[0].partition(":")[0]
        return code in ("_has", "_list") or code in params(rtype)

    def pointed(self, one: Json, param: Param) -> set[str]:
        """`Type/id` of all that a resource refers to by a parameter."""
        texts = (
            found.value.get("reference", "") for found in values(one, param) if found.type == "Reference"
        )
        return {text.partition("/_history/")[0] for text in texts}

    def plain(self, one: Json, param: Param, modifier: str, text: str) -> bool:
        """A condition on the resource itself."""
        if param.type == "composite":
            return any(self.composite(one, param, piece) for piece in matching.pieces(text, ","))
        expression = param.expression.partition(".exists()")[0] if modifier == "missing" else param.expression
        found = find(expression, resource(one))
        if modifier == "missing":
            return any((piece == "true") == (not found) for piece in text.split(","))
        pieces = matching.pieces(text, ",")
        hit = any(self.matching(each, param, modifier, piece) for each in found for piece in pieces)
        return not hit if modifier in ("not", "not-in") else hit

    def matching(self, found: Found, param: Param, modifier: str, asked: str) -> bool:
        """One value of the resource against one of the query."""
        if modifier == "text":
            return matching.is_worded(found, asked)
        if modifier == "of-type":
            return matching.is_of_type(found, asked)
        if modifier == "identifier":
            return matching.is_identified(found, asked)
        if modifier in ("in", "not-in"):
            return matching.is_among(found, matching.members(matching.plain(asked), self.all))
        if modifier in ("above", "below") and param.type == "token":
            return matching.is_among(found, matching.relatives(asked, modifier == "below", self.all))
        if param.type == "reference":
            return matching.is_reference(found, asked, (modifier,) if modifier else param.targets)
        return self.simple(found, param.type, modifier, asked)

    def simple(self, found: Found, kind: str, modifier: str, asked: str) -> bool:
        """A value without what other resources say."""
        if kind == "string":
            return matching.is_text(found, asked, modifier)
        if kind == "uri":
            return matching.is_uri(found, asked, modifier)
        test = {
            "token": matching.is_token,
            "date": matching.is_dated,
            "number": matching.is_numbered,
            "quantity": matching.is_numbered,
            "special": matching.is_near,
        }[kind]
        return test(found, asked)

    def composite(self, one: Json, param: Param, asked: str) -> bool:
        """All parts have to match within one place that the composite names."""
        whole, parts = resource(one), matching.pieces(asked, "$")
        for place in find(param.expression, whole):
            if all(
                any(self.part(found, param, name, part) for found in find(words, place, whole))
                for (name, words), part in zip(param.rest[0], parts, strict=True)
            ):
                return True
        return False

    def part(self, found: Found, param: Param, name: str, asked: str) -> bool:
        """One part of a composite; what it looks at says how it is compared."""
        if found.type == "Reference":
            return matching.is_reference(found, asked, ())
        kind = "token" if found.type == "code" else params(param.rtype)[name].type
        return self.simple(found, kind, "", asked)

    # ------------------------------------------------------------ order

    def sort_key(self, one: Json, code: str, down: bool) -> Any:
        """What a resource sorts by; `None` where it has nothing."""
        param = params(one["resourceType"])[code]
        if param.type == "date":
            return self.moment(one, code, down)
        found: list[Any] = []
        for each in values(one, param):
            if param.type == "token":
                found += [code for _, code in matching.codes(each) if code]
            elif param.type == "string":
                found += filter(None, map(matching.folded, matching.texts(each)))
            elif param.type == "uri":
                found += [each.value.partition("|")[0]]
            elif isinstance(each.value, dict):
                found += [ends[down] for ends in spans.amounts(each.type, each.value, None)]
            else:
                found += [spans.Fraction(str(each.value))]
        return (max(found) if down else min(found)) if found else None

    def moment(self, one: Json, code: str, down: bool) -> Any:
        """The beginning of a time, or its end where it has no beginning."""
        codes = [code]
        if CLINICAL.get(one["resourceType"], _DATES)[:1] == (code,):
            codes = [
                each
                for each in CLINICAL.get(one["resourceType"], _DATES)
                if each in params(one["resourceType"])
            ]
        for each in codes:
            times = [
                spans.times(found.type, found.value)
                for found in values(one, params(one["resourceType"])[each])
            ]
            known = [low if low != spans.FIRST else high for low, high in filter(None, times)]
            if known:
                return max(known) if down else min(known)
        return None

    def in_order(self, got: list[str], sort: str) -> bool:
        """Whether resources stand in the order asked for: what has no value last, equals in any order."""
        keys = [
            [
                self.rank(self.by_ref[one], piece.lstrip("-"), piece.startswith("-"))
                for piece in sort.split(",")
            ]
            for one in got
        ]
        return all(not _after(*pair, sort.split(",")) for pair in pairwise(keys))

    def rank(self, one: Json, code: str, down: bool) -> tuple[bool, Any]:
        """(has nothing, value)"""
        found = self.sort_key(one, code, down)
        return found is None, found

    # ------------------------------------------------------------ includes

    def included(self, matches: list[str], query: Pairs) -> set[str]:
        """`Type/id` of what comes along with a page of matches."""
        seen, fresh = set(matches), set(matches)
        asked = [(name.split(":")[0], "iterate" in name, text.split(":")) for name, text in query]
        for step in range(STEPS):
            found: set[str] = set()
            for name, iterate, words in asked:
                if step == 0 or iterate:
                    found |= self.brought(name, words, fresh)
            fresh = found - seen
            seen |= fresh
            if not fresh:
                break
        return seen - set(matches)

    def brought(self, name: str, words: list[str], of: set[str]) -> set[str]:
        """One step of an `_include` or `_revinclude`: type, parameter, perhaps the type at the far end."""
        if words[-1] == "*":
            rtype = words[0] if len(words) > 1 else next(iter(of), "/").partition("/")[0]
            each = [code for code, param in params(rtype).items() if param.type == "reference"]
            return {end for code in each for end in self.brought(name, [rtype, code], of)}
        param = params(words[0])[words[1]]
        target = words[2] if len(words) > 2 else ""
        sources = [one for one in self.all if one["resourceType"] == words[0]]
        if name == "_include":
            ends = {end for one in sources if ref(one) in of for end in self.pointed(one, param)}
            wanted = (target,) if target else param.rest[0]
            return {end for end in ends & self.by_ref.keys() if end.partition("/")[0] in wanted}
        wanted = {one for one in of if not target or one.startswith(target + "/")}
        return {ref(one) for one in sources if self.pointed(one, param) & wanted}


_DATES = ("date", "occurrence", "authored", "authored-on", "authoredon", "created", "issued", "recorded")


def _after(one: list[tuple[bool, Any]], other: list[tuple[bool, Any]], sort: list[str]) -> bool:
    """Whether the first may not stand before the second."""
    for (lacks, mine), (also, yours), piece in zip(one, other, sort, strict=True):
        if lacks != also:
            return lacks
        if not lacks and mine != yours:
            return bool(mine < yours if piece.startswith("-") else mine > yours)
    return False


__all__ = ["Param", "World", "params", "ref", "target_type", "values"]
