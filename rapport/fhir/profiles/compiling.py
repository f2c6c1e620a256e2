"""Compiles StructureDefinitions of packages to rules."""

from __future__ import annotations

from typing import Any, Final

from rapport.fhir import fhirpath
from rapport.fhir.constraints import OF_R4, Constraint
from rapport.fhir.fhirpath import PathError
from rapport.fhir.outcomes import Refused
from rapport.fhir.profiles.drafts import STEP, Draft, draft, inner
from rapport.fhir.profiles.packages import Contents
from rapport.fhir.profiles.rules import MISSING, Discriminator, Profile, Rule, Slice, Slicing
from rapport.fhir.profiles.terms import Codes, Terms
from rapport.fhir.table import Element, is_resource, part

Json = dict[str, Any]
_R4: Final = "http://hl7.org/fhir/StructureDefinition/"


class Compiler:
    """Makes profiles out of what packages define."""

    def __init__(self, contents: Contents) -> None:
        self.contents, self.terms = contents, Terms(contents)
        self.drafts: dict[str, Draft | None] = {}
        self.profiles: dict[str, Profile] = {}

    def all(self) -> dict[str, Profile]:
        """Every profile with a snapshot, by URL."""
        for url, structure in self.contents.structures.items():
            if structure.get("derivation") == "constraint" and part(str(structure.get("type"))):
                try:
                    found = self.draft(url)
                    if found is not None:
                        self.profiles[url] = self.profile(structure, found)
                except (AttributeError, KeyError, TypeError, ValueError, RecursionError) as error:
                    text = f"The profile {url[:120]} can't be used ({type(error).__name__}: {error})."
                    raise Refused("invalid", text, "Install a package whose profiles are valid.") from error
        return self.profiles

    def draft(self, url: str) -> Draft | None:
        """The tree of a profile; None when it is not here."""
        if url not in self.drafts:
            structure = self.contents.structures.get(url, {})
            self.drafts[url] = draft(structure) if structure.get("snapshot", {}).get("element") else None
        return self.drafts[url]

    def profile(self, structure: Json, root: Draft) -> Profile:
        """One profile."""
        made = _Maker(self)
        rule = made.rule(root, None, structure["type"])
        rule.min, rule.max, rule.types = 0, None, None
        title = structure.get("title") or structure.get("name") or structure["url"]
        return Profile(
            structure["url"], structure.get("version", ""), str(title), structure["type"], rule,
            tuple(made.unchecked), self.profiles.get,
        )  # fmt: skip

    def type_of(self, url: str) -> str | None:
        """The type that a profile is about; None when it is not known."""
        url = url.split("|")[0]
        name = url.removeprefix(_R4)
        if url.startswith(_R4) and (is_resource(name) or name == "Resource"):
            return name
        found = self.contents.structures.get(url, {}).get("type")
        return found if isinstance(found, str) else None


class _Maker:
    """Makes the rules of one profile."""

    def __init__(self, compiler: Compiler) -> None:
        self.compiler = compiler
        self.unchecked: list[tuple[str, str]] = []
        self.by_path: dict[str, Rule] = {}

    def rule(self, here: Draft, base: Element | None, kind: str) -> Rule:
        """The rule of an element. `base`: what R4 says of it; `kind`: the type or part of what is inside."""
        element = here.element
        made = Rule(str(element.get("path", "")).rpartition(".")[2].removesuffix("[x]"))
        self._count(made, element, base)
        self._types(made, here, base)
        for key, value in element.items():
            if key.startswith("fixed"):
                made.fixed = value
            elif key.startswith("pattern"):
                made.pattern = value
        binding = element.get("binding", {})
        made.codes = self._codes(binding, base)
        is_code = any(one["code"] == "code" for one in here.types)
        made.needed = is_code and binding.get("strength") == "required" and element.get("min", 0) > 0
        made.constraints = self._constraints(element.get("constraint", ()))
        self._inside(made, here, kind)
        return made

    def _count(self, made: Rule, element: Json, base: Element | None) -> None:
        least, most = element.get("min", 0), element.get("max", "*")
        limit = int(most) if str(most).isdigit() else None
        made.min = least if base is None or least > base.min else 0
        made.max = None if base and base.max and limit is not None and limit >= base.max else limit

    def _types(self, made: Rule, here: Draft, base: Element | None) -> None:
        codes = frozenset(one["code"] for one in here.types if ":" not in one["code"])
        ours = {kind.name: kind for kind in base.kinds} if base else {}
        if codes and not codes & {"BackboneElement", "Element"} and not codes >= ours.keys() > set():
            made.types = codes - {"Resource"} or None
        for one in here.types:
            if one.get("profile"):
                made.profiles[one["code"]] = tuple(url.split("|")[0] for url in one["profile"])
            if one["code"] in ("Reference", "canonical") and one.get("targetProfile"):
                found = [self.compiler.type_of(url) for url in one["targetProfile"]]
                base_targets = set(ours[one["code"]].targets) if one["code"] in ours else set()
                if not {None, "Resource"} & set(found) and set(found) != base_targets:
                    made.targets = frozenset(str(name) for name in found)

    def _codes(self, binding: Json, base: Element | None) -> Codes | None:
        url = str(binding.get("valueSet", "")).split("|")[0]
        if binding.get("strength") != "required" or not url:
            return None
        if base is not None and base.codes and url == f"http://hl7.org/fhir/ValueSet/{base.codes}":
            return None
        return self.compiler.terms.codes(url)

    def _constraints(self, rows: Any) -> tuple[Constraint, ...]:
        found = []
        for row in rows:
            if row.get("severity") != "error" or row["key"] in OF_R4 or "expression" not in row:
                continue
            try:
                expression = fhirpath.compiled(row["expression"], loose=True)
            except PathError as error:
                self.unchecked.append((row["key"], str(error)))
            else:
                words = str(row.get("human", row["key"])).strip().rstrip(".")
                found.append(Constraint(row["key"], "", words, expression, None))
        return tuple(found)

    def _inside(self, made: Rule, here: Draft, kind: str) -> None:
        self.by_path[str(here.element.get("id", here.element.get("path", "")))] = made
        link = str(here.element.get("contentReference", "")).rpartition("#")[2]
        if link in self.by_path:
            made.children = self.by_path[link].children
            return
        known = part(kind)
        for name, child in here.children.items():
            base = known.get(name)
            rule = self.rule(child, base, inner(child, base.kinds[0].name if base else ""))
            rule.slicing = self._slicing(child, base)
            if not rule.says_nothing() or "contentReference" in child.element:
                made.children[name] = rule

    # Slices -------------------------------------------------------------------------------------------

    def _slicing(self, here: Draft, base: Element | None) -> Slicing | None:
        written = here.element.get("slicing", {})
        found, rules = [], str(written.get("rules", "open"))
        for one in written.get("discriminator", ()):
            try:
                found.append(Discriminator(one["type"], one["path"], fhirpath.compiled(one["path"])))
            except PathError as error:
                self.unchecked.append((one["path"], str(error)))
                return None
        if not found and any(
            name.startswith(here_name) for here_name in _choice(here) for name in here.slices
        ):
            found = [Discriminator("type", "$this", fhirpath.compiled("$this"))]
        if not found or not here.slices:
            return None
        slices = [self._slice(name, one, found, base) for name, one in here.slices.items()]
        if rules == "open" and not written.get("ordered") and all(one.rule.says_nothing() for one in slices):
            return None
        return Slicing(tuple(found), tuple(slices), rules, bool(written.get("ordered")))

    def _slice(self, name: str, here: Draft, by: list[Discriminator], base: Element | None) -> Slice:
        kind = inner(here, base.kinds[0].name if base and len(base.kinds) == 1 else "")
        rule = self.rule(here, base, kind)
        rule.min = here.element.get("min", 0)
        wanted = tuple(self._wanted(here, one, kind) for one in by)
        if any(one.text == "$this" and one.kind == "type" for one in by):
            rule.types = None
        rule.slicing = self._slicing(here, base)
        return Slice(name, rule, wanted)

    def _wanted(self, here: Draft, by: Discriminator, kind: str) -> Rule:
        """What a slice must hold where a discriminator looks."""
        steps = [step for step in STEP.findall(by.text) if step not in ("$this", "resolve()")]
        profiles = here.profiles()
        if by.text == "url" and profiles and kind == "Extension":
            return Rule("url", fixed=profiles[0])
        found: Draft | None = here
        for step in steps:
            found = self._step(found, step) if found else None
        return _telling(self.rule(found, None, inner(found, "")), by.kind) if found else Rule()

    def _step(self, here: Draft, step: str) -> Draft | None:
        """One step of a discriminator's path, also into the profile of a type."""
        trees = [here, *(self.compiler.draft(url) for url in here.profiles())]
        for tree in trees:
            if tree is None:
                continue
            if step.startswith("extension("):
                url = step[len("extension('") : -2]
                slices = tree.children.get("extension", Draft()).slices.values()
                found = next((one for one in slices if url in one.profiles() or _url(one) == url), None)
            elif step.startswith("ofType("):
                found = tree if not tree.slices else _of_type(tree, step[len("ofType(") : -1])
            else:
                found = tree.children.get(step)
            if found is not None:
                return found
        return None


def _telling(rule: Rule, by: str) -> Rule:
    """What of a rule tells slices apart: its value, or values further inside."""
    told = Rule(rule.name, rule.min, rule.max, rule.types, rule.targets)
    if by == "profile":
        told.profiles = rule.profiles
    elif by in ("value", "pattern"):
        told.fixed, told.pattern, told.codes = rule.fixed, rule.pattern, rule.codes
        if told.fixed is told.pattern is MISSING and told.codes is None:
            inside = {name: _telling(child, by) for name, child in rule.children.items()}
            told.children = {name: child for name, child in inside.items() if not child.asks_nothing()}
            for child in told.children.values():
                child.min, child.max = 1, None
    return told


def _choice(here: Draft) -> list[str]:
    """The name of a choice: its slices are told apart by type even when that is not said."""
    path = str(here.element.get("path", ""))
    return [path.rpartition(".")[2].removesuffix("[x]")] if path.endswith("[x]") else []


def _url(here: Draft) -> Any:
    return here.children.get("url", Draft()).element.get("fixedUri", MISSING)


def _of_type(here: Draft, kind: str) -> Draft | None:
    return next((one for one in here.slices.values() if [t["code"] for t in one.types] == [kind]), None)
