"""Static files under names that hold a hash of their content, so that browsers may keep them for ever."""

from __future__ import annotations

from functools import cache
from typing import Any

from django.contrib.staticfiles.storage import ManifestStaticFilesStorage


class HashedNames(ManifestStaticFilesStorage):
    """As Django's, but works each address out once: a page asks for dozens."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.known = cache(super().url)

    def url(self, name: str | None, force: bool = False) -> str:
        """The address of a file; `force` as Django says."""
        return self.known(name, force)
