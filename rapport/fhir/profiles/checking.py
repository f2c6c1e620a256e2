"""Holds a resource against the rules of a profile. What R4 itself asks is `validation`'s to tell."""

from __future__ import annotations

from typing import Any, Final

from rapport.fhir.fhirpath import Node, PathError, kinds
from rapport.fhir.fhirpath.nodes import down, node_of
from rapport.fhir.outcomes import Issue
from rapport.fhir.profiles.rules import MISSING, Discriminator, Profile, Rule, Slice, Slicing
from rapport.fhir.table import is_resource

Json = dict[str, Any]

#: One answer lists at most so many faults, and profiles lead to profiles at most so deeply.
MOST: Final = 200
DEEPEST: Final = 30
#: Comparisons that one check may make: rules may lead to rules again and again.
WORK: Final = 200_000


def check_profile(resource: object, profile: Profile) -> tuple[Issue, ...]:
    """Every fault of a resource by a profile; () when it meets it. The resource is valid R4."""
    try:
        node = node_of(resource)
    except PathError:
        return (Issue("This is not a resource.", "", "structure"),)
    if node.kind != profile.type:
        return (
            Issue(f"This is a {node.kind}, and {profile.title} is about {profile.type}.", "", "structure"),
        )
    run = _Run(profile)
    run.value(profile.root, node, node.kind)
    return tuple(run.issues)


class _Run:
    """One check: the faults so far."""

    def __init__(self, profile: Profile, depth: int = 0) -> None:
        self.profile, self.depth, self.left = profile, depth, WORK
        self.issues: list[Issue] = []

    def say(self, path: str, text: str, code: str) -> None:
        """Note one fault."""
        if len(self.issues) < MOST:
            self.issues.append(Issue(f"{path} {text} ({self.profile.title}).", path, code))

    # One value ----------------------------------------------------------------------------------------

    def value(self, rule: Rule, node: Node, path: str) -> None:
        """A value against a rule, and all that is inside."""
        self.left -= 1
        if self.left < 0 or self.depth > DEEPEST:
            if self.left == -1 or self.depth > DEEPEST:
                self.say(path, "takes too much work to check", "too-costly")
            return
        self.own(rule, node, path)
        self._meets(rule.profiles.get(node.kind, ()), node, path)
        for constraint in rule.constraints:
            for text in constraint.broken_at(node, {}):
                self.say(path, text, "invariant")
        self.depth += 1
        for name, child in rule.children.items():
            found: list[Any] = []
            if down(node, name, found):
                self.several(child, found, f"{path}.{name}")
        self.depth -= 1

    def own(self, rule: Rule, node: Node, path: str) -> None:
        """What a value itself must be."""
        if rule.types is not None and not set(kinds.lines(node.kind)) & rule.types:
            self.say(path, f"must be {_or(rule.types)}, not {node.kind}", "structure")
        if node.value is None:  # only the other half of a primitive: it says why the value is not there
            if rule.needed:
                self.say(path, "must have a code, not a reason why there is none", "required")
            return
        if rule.fixed is not MISSING and not _same(rule.fixed, node.value):
            self.say(path, f"must be {_shown(rule.fixed)}", "value")
        if rule.pattern is not MISSING and not _holds(rule.pattern, node.value):
            self.say(path, f"must hold {_shown(rule.pattern)}", "value")
        if rule.codes is not None and not _coded(node, rule.codes):
            known = sorted(code for codes in rule.codes.values() for code in codes)
            listed = ", ".join(known[:12]) + (", ..." if len(known) > 12 else "")
            self.say(path, f"must have a code of the required value set ({listed})", "code-invalid")
        if rule.targets is not None and node.kind in ("Reference", "canonical"):
            found = _target(node)
            if found and found not in rule.targets:
                self.say(path, f"must point to {_or(rule.targets)}, not to {found}", "structure")

    def _meets(self, urls: tuple[str, ...], node: Node, path: str) -> None:
        """One of several profiles; one that is not installed is not judged."""
        found = [self.profile.find(url) for url in urls]
        known = [one for one in found if one is not None]
        if len(known) < len(found) or not known:
            return
        runs = []
        for one in known:
            run = _Run(one, self.depth + 1)
            run.left = self.left
            run.value(one.root, node, path)
            self.left = run.left
            if not run.issues:
                return
            runs.append(run)
        self.issues += min(runs, key=lambda run: len(run.issues)).issues[: MOST - len(self.issues)]

    # The values of an element -------------------------------------------------------------------------

    def several(self, rule: Rule, nodes: list[Node], path: str) -> None:
        """All values of an element."""
        if len(nodes) < rule.min:
            text = "is required and missing" if not nodes else f"must stand at least {rule.min} times"
            self.say(path, text, "required")
        if rule.max is not None and len(nodes) > rule.max:
            text = "must not be there" if rule.max == 0 else f"must stand at most {rule.max} times"
            self.say(path, text, "structure")
        for node in nodes:
            self.value(rule, node, path if node.index is None else f"{path}[{node.index}]")
        if rule.slicing is not None:
            self._slices(rule.slicing, nodes, path)

    def _slices(self, slicing: Slicing, nodes: list[Node], path: str) -> None:
        members: dict[str, list[Node]] = {one.name: [] for one in slicing.slices}
        places: list[int] = []
        for node in nodes:
            here = path if node.index is None else f"{path}[{node.index}]"
            at = next((at for at, one in enumerate(slicing.slices) if self._is(slicing, one, node)), -1)
            if at < 0:
                if slicing.rules == "closed":
                    self.say(here, "is none of " + _or(frozenset(members)), "structure")
                places.append(len(slicing.slices))
                continue
            places.append(at)
            members[slicing.slices[at].name].append(node)
            self.value(slicing.slices[at].rule, node, here)
        for one in slicing.slices:
            self._number(one, members[one.name], path)
        ends = [place == len(slicing.slices) for place in places]
        if (slicing.ordered and places != sorted(places)) or (
            slicing.rules == "openAtEnd" and ends != sorted(ends)
        ):
            self.say(path, "must keep the order of the profile", "structure")

    def _number(self, one: Slice, nodes: list[Node], path: str) -> None:
        if len(nodes) < one.rule.min:
            self.say(path, f"must have {one.rule.min} of the kind {one.name}", "required")
        if one.rule.max is not None and len(nodes) > one.rule.max:
            self.say(path, f"must have at most {one.rule.max} of the kind {one.name}", "structure")
        if one.rule.slicing is not None:
            self._slices(one.rule.slicing, nodes, path)

    def _is(self, slicing: Slicing, one: Slice, node: Node) -> bool:
        pairs = zip(slicing.discriminators, one.wanted, strict=True)
        return all(self._matches(by, wanted, node) for by, wanted in pairs)

    def _matches(self, by: Discriminator, wanted: Rule, node: Node) -> bool:
        try:
            found = by.path.nodes(node)
        except PathError:
            return False
        if by.kind == "exists":
            return bool(found) == (wanted.max != 0)
        if by.kind == "type":
            types = wanted.targets if "resolve()" in by.text else wanted.types
            return any(types is None or set(kinds.lines(one.kind)) & types for one in found)
        return any(self._fits(wanted, one) for one in found)

    def _fits(self, wanted: Rule, node: Node) -> bool:
        run = _Run(self.profile, self.depth + 1)
        run.left = self.left
        run.value(wanted, node, "")
        self.left = run.left
        return not run.issues


# Values -------------------------------------------------------------------------------------------------


def _same(wanted: Any, value: Any) -> bool:
    return type(wanted) is not bool and bool(wanted == value) if type(value) is not bool else wanted is value


def _holds(wanted: Any, value: Any) -> bool:
    """Everything of a pattern is found in a value."""
    if isinstance(wanted, dict):
        return isinstance(value, dict) and all(
            key in value and _holds(wanted[key], value[key]) for key in wanted
        )
    if isinstance(wanted, list):
        return isinstance(value, list) and all(any(_holds(one, item) for item in value) for one in wanted)
    return _same(wanted, value)


def _coded(node: Node, codes: Any) -> bool:
    """A code, or at least one coding, is among the codes."""
    value = node.value
    if not isinstance(value, dict):
        return any(value in some for some in codes.values())
    codings = value.get("coding", []) if node.kind == "CodeableConcept" else [value]
    return any(
        one.get("code") in codes.get(one.get("system", ""), ()) for one in codings if isinstance(one, dict)
    )


def _target(node: Node) -> str:
    """The type that a reference points to, where that can be told."""
    value = node.value
    text = value.get("reference") if isinstance(value, dict) else None
    if not isinstance(text, str):
        found = value.get("type") if isinstance(value, dict) else None
        return found if is_resource(found) and isinstance(found, str) else ""
    if text.startswith("#"):
        return ""
    words = text.split("/_history/")[0].split("/")
    return words[-2] if len(words) >= 2 and is_resource(words[-2]) else ""


def _or(words: frozenset[str]) -> str:
    return " or ".join(sorted(words))


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 200 else text[:197] + "..."
