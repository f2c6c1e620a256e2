"""Profiles of installed packages, such as US Core: compiled once, and resources held against them.

    profiles = load(Path("us-core-6.1.0.tgz"))
    check_profile(patient, profiles["http://hl7.org/fhir/us/core/StructureDefinition/us-core-patient"])
    profiles.check(patient)                 every profile that it claims in meta.profile, where installed

Looked at: cardinality, types, targets of references, fixed values and patterns, required codes that the
packages can list, slices, and constraints. Must-support asks nothing of a single resource.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from rapport.fhir.outcomes import Issue

from .checking import check_profile
from .compiling import Compiler
from .packages import read
from .rules import Profile


class Profiles(Mapping[str, Profile]):
    """Compiled profiles by URL. `names`: packages and their versions."""

    def __init__(self, names: tuple[str, ...], by_url: dict[str, Profile]) -> None:
        self.names, self._by_url = names, by_url

    def __getitem__(self, url: str) -> Profile:
        return self._by_url[url]

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_url)

    def __len__(self) -> int:
        return len(self._by_url)

    def claimed(self, resource: Any) -> list[Profile]:
        """Installed profiles that a resource claims to meet, in the version that is installed."""
        meta = resource.get("meta") if isinstance(resource, dict) else None
        claims = meta.get("profile") if isinstance(meta, dict) else None
        found = []
        for claim in claims if isinstance(claims, list) else ():
            url, _, version = claim.partition("|") if isinstance(claim, str) else ("", "", "")
            profile = self._by_url.get(url)
            if profile is not None and version in ("", profile.version):
                found.append(profile)
        return found

    def check(self, resource: Any) -> tuple[Issue, ...]:
        """Every fault by the profiles that a resource claims."""
        once = {profile.url: profile for profile in self.claimed(resource)}
        return tuple(issue for profile in once.values() for issue in check_profile(resource, profile))


def load(*paths: Path) -> Profiles:
    """The profiles of some packages. They may build on each other. Raises Refused("invalid")."""
    contents = read(paths)
    return Profiles(tuple(contents.names), Compiler(contents).all())


__all__ = ["Profile", "Profiles", "check_profile", "load"]
