"""Is this a valid R4 resource? Structure, types, cardinality, formats, codes, references, invariants.

`check` walks a resource once along tables compiled from the definitions and tells every fault with its
FHIRPath. It never raises, whatever it is given. Terminologies without a finite list here are not judged;
profiles are another matter (see `profiles`). About 30 µs for an ordinary Observation.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any, Final

import orjson

from rapport.fhir.forms import FORMS, explain, shown
from rapport.fhir.outcomes import Issue
from rapport.fhir.shapes import Rule, Shape, contained_shape_of, places_of, shape_of
from rapport.fhir.table import EXTENSIONS, codes_of, is_resource, value_set
from rapport.fhir.text import recognised

Json = dict[str, Any]

#: Nothing in R4 needs more; deeper input is refused instead of walked.
DEPTH: Final = 60
#: A reference within this record, to no version of it in particular.
_PLAINLY: Final = re.compile(r"([A-Za-z]+)/[A-Za-z0-9\-.]{1,64}", re.ASCII)
_TEXT: Final = FORMS["string"][0]
#: One answer lists at most so many faults.
MOST: Final = 200


def check(resource: object, rtype: str | None = None) -> tuple[Issue, ...]:
    """Every fault of a resource; () for a valid one. `rtype`: the type it must have, where that is known."""
    run = _Run()
    found = resource.get("resourceType") if type(resource) is dict else None
    path = found if type(found) is str and is_resource(found) else ""
    if rtype is not None and path and path != rtype:
        run.say("", f"is a {path}, and a {rtype} was expected", "invalid")
    run.resource(resource, path, contained=False)
    return tuple(run.issues)


class _Run:
    """One check: the faults so far, and what must be looked at when the resource has been read."""

    __slots__ = ("depth", "faults", "inner", "issues", "links", "whole")

    def __init__(self) -> None:
        self.issues: list[Issue] = []
        self.depth = self.faults = 0
        self.inner: dict[str, str] = {}
        self.links: list[tuple[str, str, tuple[str, ...]]] = []
        self.whole: Json = {}

    def say(self, path: str, text: str, code: str) -> None:
        """Note one fault."""
        self.faults += 1
        if len(self.issues) < MOST:
            self.issues.append(Issue(f"{path} {text}." if path else f"This {text}.", path, code))

    # A resource -----------------------------------------------------------------------------------

    def resource(self, value: Any, path: str, *, contained: bool) -> None:
        """A whole resource: at the top, in a bundle or parameters, or contained in another."""
        if type(value) is not dict:
            self.say(path, f"must be a resource, not {shown(value)}", "structure")
            return
        rtype = value.get("resourceType")
        if not is_resource(rtype):
            self.say(path, f"has no R4 resource type, but {shown(rtype)}", "structure")
            return
        outer = self.whole, self.inner, self.links
        self.whole = value
        if contained:
            self._contained(value, path)
            self.visit(contained_shape_of(rtype), value, path, places_of(rtype))
        else:
            self.inner, self.links = self._inner(value, path), []
            self.visit(shape_of(rtype), value, path, places_of(rtype))
            self._resolve()
        self.whole, self.inner, self.links = outer

    def _inner(self, value: Json, path: str) -> dict[str, str]:
        """Ids of the contained resources with their types."""
        found: dict[str, str] = {}
        items = value.get("contained")
        for number, item in enumerate(items if type(items) is list else ()):
            if type(item) is not dict:
                continue
            rid = item.get("id")
            here = f"{path}.contained[{number}]"
            if type(rid) is not str:
                self.say(here, "must have an id", "required")
            elif rid in found:
                self.say(here, f"has an id that another contained resource has: {shown(rid)}", "invariant")
            else:
                found[rid] = str(item.get("resourceType"))
        return found

    def _contained(self, value: Json, path: str) -> None:
        """What a contained resource must not have."""
        meta = value.get("meta")
        if "contained" in value:
            self.say(path, "must not contain resources itself (dom-2)", "invariant")
        if type(meta) is dict:
            if "versionId" in meta or "lastUpdated" in meta:
                self.say(path, "must not have a version of its own (dom-4)", "invariant")
            if "security" in meta:
                self.say(path, "must not have security labels of its own (dom-5)", "invariant")

    def _resolve(self) -> None:
        """Links to contained resources, once all of them are known."""
        for where, rid, targets in self.links:
            rtype = self.inner.get(rid)
            if rtype is None:
                self.say(where, f"points to #{rid}, which is not contained here", "not-found")
            elif targets and rtype not in targets:
                self.say(where, f"must point to {_or(targets)}, not to a {rtype}", "structure")

    # A part ---------------------------------------------------------------------------------------

    def visit(self, shape: Shape, value: Any, path: str, place: frozenset[str]) -> None:
        """One object against the rules of its part. `place`: names under which it may hold extensions."""
        if type(value) is not dict:
            self.say(path, f"must be an object, not {shown(value)}", "structure")
            return
        if not value:
            self.say(path, "is empty: leave it out", "structure")
            return
        if len(value) == 1 and "id" in value and shape.name != "Element":
            self.say(path, "must have more than an id (ele-1)", "invariant")
        if self.depth >= DEPTH:
            self.say(path, "is nested too deeply", "too-long")
            return
        self.depth += 1
        before = self.faults
        groups: dict[str, str] = {}
        rules = shape.rules
        for key, item in value.items():
            rule = rules.get(key)
            if rule is None:
                self._unknown(shape, key, path)
                continue
            if rule.group and groups.setdefault(rule.group, key.lstrip("_")) != key.lstrip("_"):
                self.say(f"{path}.{rule.name}", "must have one type only", "structure")
            plain = rule.plain
            if plain is None or not plain(item):
                self._property(rule, key, item, value, path)
        for name, keys in shape.required:
            if keys.isdisjoint(value):
                self.say(f"{path}.{name}", "is required and missing", "required")
        if self.faults == before:
            for holds in shape.invariants:
                for text in holds(value):
                    self.say(path, text, "invariant")
            for constraint in shape.constraints:
                if constraint.wanted is not None and constraint.wanted.isdisjoint(value):
                    continue
                for text in constraint.broken(value, shape.name, self.whole):
                    self.say(path, text, "invariant")
            if "extension" in value:
                self._extensions(value["extension"], place, path)
        self.depth -= 1

    def _unknown(self, shape: Shape, key: Any, path: str) -> None:
        if key != "resourceType" or "." in shape.name or not is_resource(shape.name):
            self.say(f"{path}.{str(key)[:60]}", f"is not an element of {shape.name}", "structure")

    def _extensions(self, items: list[Json], place: frozenset[str], path: str) -> None:
        """An extension that R4 itself defines stands where R4 says, with a value of its types."""
        for number, item in enumerate(items):
            known = EXTENSIONS.get(item["url"])
            if known is None:
                continue
            here = f"{path}.extension[{number}]"
            places, kinds = known
            if places and places.isdisjoint(place):
                self.say(here, f"must stand on {' or '.join(sorted(places)[:6])}", "structure")
            value = next((key for key in item if key.startswith("value")), "")
            if kinds and value and value not in {"value" + kind[0].upper() + kind[1:] for kind in kinds}:
                self.say(here, f"must have a value of type {' or '.join(kinds)}", "structure")

    def _property(self, rule: Rule, key: str, item: Any, owner: Json, path: str) -> None:
        here = f"{path}.{rule.name}"
        if rule.part == "Element":
            self._halves(item, owner.get(key[1:]), here)
        if not rule.many:
            if type(item) is list:
                self.say(here, "must be one value, not a list", "structure")
            else:
                self._value(rule, item, here)
            return
        if type(item) is not list:
            self.say(here, "must be a list", "structure")
        elif not item:
            self.say(here, "is an empty list: leave it out", "structure")
        else:
            for number, one in enumerate(item):
                if one is not None or not self._half(rule, key, number, owner):
                    self._value(rule, one, f"{here}[{number}]")

    def _halves(self, halves: Any, values: Any, path: str) -> None:
        """The other half of a primitive says something, or there is a value."""
        pairs = [(halves, values)]
        if type(halves) is list:
            others = values if type(values) is list else []
            pairs = [(half, others[at] if at < len(others) else None) for at, half in enumerate(halves)]
        for half, value in pairs:
            if value is None and type(half) is dict and len(half) == 1 and "id" in half:
                self.say(path, "must have more than an id (ele-1)", "invariant")

    def _half(self, rule: Rule, key: str, number: int, owner: Json) -> bool:
        """True when null in a list of primitives stands beside something in the other half."""
        if rule.test is None and rule.part != "Element":
            return False
        other = owner.get(key[1:] if key[0] == "_" else "_" + key)
        return type(other) is list and number < len(other) and other[number] is not None

    # A value --------------------------------------------------------------------------------------

    def _value(self, rule: Rule, value: Any, path: str) -> None:
        if rule.test is not None:
            self._primitive(rule, value, path)
        elif rule.part == "Resource":
            self.resource(value, path, contained=rule.name == "contained")
        elif not self._as_ever(rule, value):
            self.visit(shape_of(rule.part), value, path, rule.place)
            if rule.part == "Reference":
                self._reference(value, rule.kind.targets, path)
            elif rule.codes:
                self._coded(rule.part, rule.codes, value, path)

    def _as_ever(self, rule: Rule, value: Any) -> bool:
        """Whether an object is good without a walk: a plain reference, a concept that was good before.

        Half of all objects are one of these.
        """
        if type(value) is not dict or self.depth + 2 > DEPTH:
            return False
        if rule.part == "Reference":
            text, more = value.get("reference"), len(value) - 1
            plain = type(text) is str and _plainly(text, rule.kind.targets)
            return plain and (not more or (more == 1 and _TEXT(value.get("display"))))
        known = recognised(value) if rule.part == "CodeableConcept" else b""
        return bool(known) and _good_concept(rule.codes, known)

    def _primitive(self, rule: Rule, value: Any, path: str) -> None:
        assert rule.test is not None
        if not rule.test(value):
            self.say(path, explain(rule.kind.name, value), "value")
        elif rule.codes and value not in codes_of(rule.codes):
            self.say(path, _not_in(rule.codes, shown(value)), "code-invalid")

    def _coded(self, kind: str, codes: str, value: Any, path: str) -> None:
        """A Coding, or at least one coding of a CodeableConcept, must be in the required value set."""
        if type(value) is not dict:
            return
        codings = value.get("coding") if kind == "CodeableConcept" else [value]
        known = value_set(codes)
        for one in codings if type(codings) is list else ():
            if type(one) is dict and type(one.get("code")) is str:
                systems = [one["system"]] if type(one.get("system")) is str else []
                if any(one["code"] in known.get(system, ()) for system in systems):
                    return
        if "extension" not in value:
            self.say(path, _not_in(codes, "this"), "code-invalid")

    def _reference(self, value: Any, targets: tuple[str, ...], path: str) -> None:
        text = value.get("reference") if type(value) is dict else None
        if type(text) is not str:
            return
        if text.startswith("#"):
            if len(text) > 1:
                self.links.append((path, text[1:], targets))
            return
        if _plainly(text, targets):
            return
        start, _, rest = text.partition("/")
        rtype, query, _ = start.partition("?")
        if not is_resource(rtype):
            if ":" not in text:
                self.say(path, f"must point to Type/id or a URL, not {shown(text)}", "value")
        elif targets and rtype not in targets:
            self.say(path, f"must point to {_or(targets)}, not to a {rtype}", "structure")
        elif not query and not _good_id(rest):
            self.say(path, f"must point to {rtype}/id, not {shown(text)}", "value")


@lru_cache(maxsize=4096)
def _good_concept(codes: str, text: bytes) -> bool:
    """Whether a CodeableConcept, given as JSON, is good where these codes are required ("": any)."""
    run, value = _Run(), orjson.loads(text)
    run.visit(shape_of("CodeableConcept"), value, "", frozenset())
    if codes:
        run._coded("CodeableConcept", codes, value, "")
    return not run.faults


def _plainly(text: str, targets: tuple[str, ...]) -> bool:
    """Whether a reference is plainly to one of these types ((): any): most are."""
    match = _PLAINLY.fullmatch(text)
    return match is not None and (match[1] in targets or (not targets and is_resource(match[1])))


def _good_id(rest: str) -> bool:
    rid, _, version = rest.partition("/_history/")
    test = FORMS["id"][0]
    return test(rid) and (not version or test(version))


def _or(words: Iterable[str]) -> str:
    return " or ".join(f"{'an' if word[0] in 'AEIO' else 'a'} {word}" for word in words)


def _not_in(codes: str, given: str) -> str:
    known = sorted(codes_of(codes))
    listed = ", ".join(known[:12]) + (", ..." if len(known) > 12 else "")
    return f"must be a code of {codes} ({listed}), not {given}"
