"""Installed FHIR packages: DATA/packages/NAME#VERSION.tgz.

What claims a profile of theirs (`meta.profile`) is held against it by the door. They are read at the first
claim, and again when the folder has changed; who claims nothing pays nothing.
"""

from __future__ import annotations

import logging
import os
import re
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings

from rapport.fhir import extensions
from rapport.fhir.outcomes import Issue, Refused
from rapport.fhir.profiles import Profile, Profiles, check_profile, load
from rapport.fhir.validation import check

log = logging.getLogger("rapport.gate")

_NAME = re.compile(r"[a-z0-9][a-z0-9.\-]{0,99} [0-9A-Za-z][0-9A-Za-z.\-+]{0,49}")
_NONE = Profiles((), {})
_reading = threading.Lock()
#: What the folder looked like (its time, its files) when these profiles were read.
_held: tuple[object, Profiles] = (None, _NONE)


def folder() -> Path:
    """Where packages lie."""
    return Path(settings.DATA_DIR) / "packages"


def installed() -> Profiles:
    """The profiles of all installed packages."""
    global _held
    place = folder()
    try:
        seen = place, place.stat().st_mtime_ns, sorted(place.iterdir())
    except OSError:
        return _NONE
    if _held[0] != seen:
        with _reading:
            if _held[0] != seen:
                _held = seen, _loaded(place)
    return _held[1]


def _files(place: Path) -> list[Path]:
    return sorted(place.glob("*#*.tgz"))


def _loaded(place: Path) -> Profiles:
    """The profiles of a folder; of packages that can't be read any more there are none, and it is said."""
    good: list[Path] = []
    for file in _files(place):
        try:
            load(*good, file)
            good.append(file)
        except Refused as refused:
            log.error("packages: %s", refused.text)
    return load(*good)


# ---------------------------------------------------------------- resources


def errors(resource: Any, rtype: str, strict: bool = False) -> tuple[Issue, ...]:
    """Why a resource can't be stored: by R4, by the profiles that it claims; `strict`: by its extensions."""
    found = tuple(issue for issue in check(resource, rtype) if issue.severity in ("error", "fatal"))
    found = found or faults(resource)
    return found + undefined(resource, "error") if strict else found


def claims(resource: Any) -> list[str]:
    """The profiles that a resource claims to meet."""
    meta = resource.get("meta") if type(resource) is dict else None
    found = meta.get("profile") if type(meta) is dict else None
    return [claim for claim in found if type(claim) is str] if type(found) is list else []


def faults(resource: Any) -> tuple[Issue, ...]:
    """Every fault of a valid R4 resource by the installed profiles that it claims."""
    return installed().check(resource) if claims(resource) else ()


def unknown(resource: Any) -> Iterator[Issue]:
    """A warning for each claim that nothing here can judge."""
    for claim in claims(resource):
        if profile(claim) is None:
            text = f"It claims the profile {claim[:200]}, which is not installed here: that was not judged."
            yield Issue(text, "", "not-supported", "warning")


def undefined(resource: Any, severity: str = "warning") -> tuple[Issue, ...]:
    """An issue for each extension that neither R4 nor an installed package defines."""
    return extensions.undefined(resource, installed(), severity)


def profile(claim: str) -> Profile | None:
    """The installed profile of a canonical address, `url` or `url|version`."""
    url, _, version = claim.partition("|")
    found = installed().get(url)
    return found if found is not None and version in ("", found.version) else None


def held_against(resource: Any, claim: str) -> tuple[Issue, ...]:
    """Every fault of a resource by one profile, whether it claims that or not."""
    found = profile(claim)
    if found is None:
        text = f"The profile {claim[:200]} is not installed here. Add its package: rapport package add."
        return (Issue(text, "", "not-found"),)
    return check_profile(resource, found)


# ---------------------------------------------------------------- packages


def add(path: Path) -> str:
    """Install a package in place of its other versions; its name and version. Raises Refused."""
    names = load(path).names
    if len(names) != 1 or not _NAME.fullmatch(names[0]):
        raise Refused("invalid", f"{path.name} has no package.json with a name and a version.", _GIVEN)
    name, version = names[0].split(" ")
    place = folder()
    place.mkdir(mode=0o700, exist_ok=True)
    others = [file for file in _files(place) if file.name.partition("#")[0] != name]
    load(*others, path)  # together with what is there already
    fresh = place / f".{os.getpid()}"
    shutil.copyfile(path, fresh)
    with fresh.open("rb") as copy:
        os.fsync(copy.fileno())
    fresh.rename(place / f"{name}#{version}.tgz")
    for file in _files(place):
        if file.name.partition("#")[0] == name and file.name != f"{name}#{version}.tgz":
            file.unlink()
    return names[0]


def remove(name: str) -> None:
    """Take a package out, whatever its version. Refused("not-found") when it is not there."""
    found = [file for file in _files(folder()) if file.name.partition("#")[0] == name]
    if not found:
        raise Refused("not-found", f"There is no package {name}.", "See rapport package list.")
    for file in found:
        file.unlink()


_GIVEN = "Install a FHIR package (.tgz), as its publisher gives it."
