"""Extensions that nobody here can explain: neither R4 nor an installed package defines them.

R4 lets anybody define extensions, and what is not understood is kept. So this is for warnings, and for
clients that ask to have their own slips refused.
"""

from __future__ import annotations

from collections.abc import Container, Iterator
from itertools import islice
from typing import Any, Final

from rapport.fhir.outcomes import Issue
from rapport.fhir.table import EXTENSIONS

#: One answer names at most so many.
MOST: Final = 50


def undefined(resource: Any, known: Container[str] = (), severity: str = "warning") -> tuple[Issue, ...]:
    """An issue for each extension whose definition is not at hand. `known`: addresses of more."""
    rtype = resource.get("resourceType") if type(resource) is dict else None
    return tuple(
        Issue(f"{path} is an extension that nothing here defines: {url[:200]}.", path, "extension", severity)
        for path, url in islice(_strange(resource, str(rtype or ""), known), MOST)
    )


def _strange(value: Any, path: str, known: Container[str]) -> Iterator[tuple[str, str]]:
    """Place and address of each; those within a complex extension have short names, and go with it."""
    for key, one in value.items() if type(value) is dict else ():
        here = f"{path}.{key.removeprefix('_')}"
        many = type(one) is list
        for number, item in enumerate(one if many else (one,)):
            if type(item) is not dict:
                continue
            at = f"{here}[{number}]" if many else here
            url = item.get("url") if key in ("extension", "modifierExtension") else None
            if type(url) is str and ":" in url and url not in EXTENSIONS and url not in known:
                yield at, url
            yield from _strange(item, at, known)
