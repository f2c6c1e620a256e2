"""Which edition of the rules read a text: what is written down beside a finding, so that it can be redone."""

from __future__ import annotations

from functools import lru_cache
from hashlib import sha256
from importlib.resources import files
from importlib.resources.abc import Traversable

import rapport


@lru_cache(maxsize=1)
def edition() -> str:
    """Rapport's version and eight letters of the digest of all rules and models: `0.1.0+1a2b3c4d`."""
    digest = sha256()
    for file in sorted(_files(files("rapport.listening").joinpath("data")), key=lambda each: str(each)):
        digest.update(file.name.encode())
        digest.update(file.read_bytes())
    return f"{rapport.__version__}+{digest.hexdigest()[:8]}"


def _files(place: Traversable) -> list[Traversable]:
    found: list[Traversable] = []
    for each in place.iterdir():
        found += _files(each) if each.is_dir() else [each]
    return found
