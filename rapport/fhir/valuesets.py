"""Value sets that can be listed here: those that R4 binds as required, and any that list their own codes.

found = carried("http://hl7.org/fhir/ValueSet/administrative-gender")
found.has("http://hl7.org/fhir/administrative-gender", "female")
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from rapport.fhir.table import DISPLAYS, HEADINGS, value_set

VERSION: Final = "4.0.1"


@dataclass(frozen=True, slots=True)
class Concept:
    """A code of a value set, with how it reads ("" where nothing more is known than the code)."""

    system: str
    code: str
    display: str = ""

    @property
    def json(self) -> dict[str, str]:
        """As it stands in an expansion."""
        found = {"system": self.system, "code": self.code, "display": self.display}
        return {name: value for name, value in found.items() if value}


@dataclass(frozen=True, slots=True)
class Codes:
    """A value set with all its codes, in the order of system and code, or as its author listed them."""

    url: str
    title: str
    concepts: tuple[Concept, ...]

    def of(self, code: str, system: str | None = None) -> Concept | None:
        """The concept of a code; without a system, of any system."""
        same = (one for one in self.concepts if one.code == code and system in (None, one.system))
        return next(same, None)

    def matching(self, words: str) -> list[Concept]:
        """Concepts whose code or display has all of the words, whatever their case."""
        wanted = words.casefold().split()
        return [one for one in self.concepts if _has_all(f"{one.code} {one.display}".casefold(), wanted)]


def _has_all(text: str, wanted: list[str]) -> bool:
    return all(word in text for word in wanted)


@cache
def _names() -> dict[str, str]:
    return {heading[0]: name for name, heading in HEADINGS.items()}


def carried(url: str) -> Codes | None:
    """The value set of R4 at this canonical address, None where its codes are not known here."""
    plain, _, version = url.partition("|")
    name = _names().get(plain)
    return _carried(name) if name is not None and version in ("", VERSION) else None


@cache
def _carried(name: str) -> Codes:
    address, title = HEADINGS[name]
    concepts = (
        Concept(system, code, DISPLAYS.get(system, {}).get(code, ""))
        for system, codes in sorted(value_set(name).items())
        for code in sorted(codes)
    )
    return Codes(address, title, tuple(concepts))


def listed(resource: dict[str, Any]) -> Codes | None:
    """A ValueSet that lists its codes itself, or takes in value sets of R4; None for any other."""
    compose = resource.get("compose", {})
    parts = compose.get("include", [])
    if not parts or compose.get("exclude"):
        return None
    found: dict[tuple[str, str], Concept] = {}
    for part in parts:
        concepts = _listed(part)
        if concepts is None:
            return None
        for one in concepts:
            found.setdefault((one.system, one.code), one)
    return Codes(
        resource.get("url", ""), resource.get("title") or resource.get("name", ""), tuple(found.values())
    )


def _listed(part: dict[str, Any]) -> list[Concept] | None:
    """The concepts of one include; None where a code system would have to be asked."""
    if part.get("filter") or ("concept" in part) == ("valueSet" in part):
        return None
    if "concept" in part:
        system = part.get("system", "")
        return [Concept(system, one.get("code", ""), one.get("display", "")) for one in part["concept"]]
    if len(part["valueSet"]) > 1 or "system" in part:
        return None
    found = carried(part["valueSet"][0])
    return list(found.concepts) if found else None
