"""The elements of a StructureDefinition's snapshot as a tree, as they are written."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Final

from rapport.fhir.table import part

Json = dict[str, Any]
#: Steps of a discriminator's path.
STEP: Final = re.compile(r"\$this|extension\('[^']*'\)|resolve\(\)|ofType\(\w+\)|\w+")


@dataclass(slots=True)
class Draft:
    """One element: as written, what is inside by name, and its slices by name."""

    element: Json = field(default_factory=dict)
    children: dict[str, Draft] = field(default_factory=dict)
    slices: dict[str, Draft] = field(default_factory=dict)

    @property
    def types(self) -> list[Json]:
        """Its types."""
        found = self.element.get("type")
        return found if isinstance(found, list) else []

    def profiles(self) -> list[str]:
        """Profiles that its value must meet, without versions."""
        return [url.split("|")[0] for one in self.types for url in one.get("profile", ())]


def draft(structure: Json) -> Draft:
    """The tree of a snapshot."""
    elements = structure["snapshot"]["element"]
    root = Draft(elements[0])
    for element in elements[1:]:
        here, kind = root, str(structure["type"])
        for word in _words(element):
            here, kind = _enter(here, kind, *word)
        here.element = element
    return root


def _words(element: Json) -> list[tuple[str, str]]:
    """Names and slices on the way to an element: from its id, or from its path when it has none."""
    text = element.get("id") or element["path"]
    if "id" not in element and "sliceName" in element:
        text += ":" + element["sliceName"]
    words = [word.partition(":") for word in text.split(".")[1:]]
    return [(name.removesuffix("[x]"), kind) for name, _, kind in words]


def _enter(here: Draft, kind: str, name: str, member: str) -> tuple[Draft, str]:
    """Go to a child, or to a slice of it; both are made when they are new."""
    base = part(kind).get(name)
    if base is None:
        # `valueQuantity`: the choice `value`, where it is a Quantity.
        choices = (one for one in part(kind).values() if name in [one.key(way) for way in one.kinds])
        base = next(choices, None)
        name, member = (base.name, member or name) if base else (name, member)
    child = here.children.setdefault(name, Draft())
    if member:
        for word in member.split("/"):
            child = child.slices.setdefault(word, Draft())
    return child, inner(child, base.kinds[0].name if base and len(base.kinds) == 1 else "")


def inner(here: Draft, kind: str) -> str:
    """The type or part of what is inside an element; '' when there are several."""
    codes = [one["code"] for one in here.types]
    if len(codes) == 1 and codes[0] not in ("BackboneElement", "Element"):
        return str(codes[0])
    return kind if len(codes) < 2 else ""
