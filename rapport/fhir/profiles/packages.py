"""Reads FHIR packages (.tgz): their profiles, value sets, code systems and forms. Nothing is written."""

from __future__ import annotations

import tarfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import orjson

from rapport.fhir.outcomes import Refused

Json = dict[str, Any]

#: A package beyond these is not one that a site installs by intention.
MOST_FILES: Final = 20_000
MOST_BYTES: Final = 512 * 1024 * 1024
_FIX: Final = "Install a FHIR package (.tgz), as its publisher gives it."
_KINDS: Final = {
    "StructureDefinition": "structures",
    "ValueSet": "value_sets",
    "CodeSystem": "code_systems",
    "Questionnaire": "questionnaires",
}


@dataclass(slots=True)
class Contents:
    """What packages define, by URL."""

    names: list[str] = field(default_factory=list)
    structures: dict[str, Json] = field(default_factory=dict)
    value_sets: dict[str, Json] = field(default_factory=dict)
    code_systems: dict[str, Json] = field(default_factory=dict)
    questionnaires: dict[str, Json] = field(default_factory=dict)


def read(paths: Iterable[Path]) -> Contents:
    """The definitions of some packages; of two with one URL the first counts. Raises Refused("invalid")."""
    found = Contents()
    for path in paths:
        try:
            with tarfile.open(path, "r:gz") as archive:
                _add(found, path, archive)
        except (tarfile.TarError, OSError, EOFError, ValueError) as error:
            raise Refused("invalid", f"The package {path.name} can't be read ({error}).", _FIX) from error
    return found


def _add(found: Contents, path: Path, archive: tarfile.TarFile) -> None:
    for name, raw in _files(archive):
        loaded = orjson.loads(raw.removeprefix(b"\xef\xbb\xbf"))
        if not isinstance(loaded, dict):
            continue
        if name == "package/package.json":
            found.names.append(f"{loaded.get('name', path.name)} {loaded.get('version', '')}".strip())
        kind = _KINDS.get(str(loaded.get("resourceType")))
        if kind and isinstance(loaded.get("url"), str):
            getattr(found, kind).setdefault(loaded["url"], loaded)


def _files(archive: tarfile.TarFile) -> Iterator[tuple[str, bytes]]:
    """Definitions in `package/` itself; examples lie in a folder below."""
    count = size = 0
    for member in archive:
        count, size = count + 1, size + member.size
        if count > MOST_FILES or size > MOST_BYTES:
            raise ValueError("it is too large")
        name = member.name.removeprefix("./")
        if (
            member.isfile()
            and name.startswith("package/")
            and name.count("/") == 1
            and name.endswith(".json")
        ):
            file = archive.extractfile(member)
            if file is not None:
                yield name, file.read()
