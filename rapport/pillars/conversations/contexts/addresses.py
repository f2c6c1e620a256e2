"""Addresses that stand on a page by the dozen."""

from __future__ import annotations

from functools import lru_cache

from django.urls import reverse


@lru_cache(maxsize=4096)  # Django takes longer for an address than for the rest of a line
def talk(rid: str) -> str:
    """The address of a conversation by its id."""
    return reverse("conversation", args=[rid])
