"""What every page knows: who reads it, where, in which light. The facts come from above, by registration."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest

from rapport.ui.places import places

log = logging.getLogger("rapport.ui")

THEMES = ("auto", "light", "dark")


class _Source:
    """Where the site's facts (name, languages, crisis numbers) come from, and what it last gave."""

    read: Callable[[], Any] | None = None
    last: Any | None = None


def use_site(read: Callable[[], Any]) -> None:
    """Register the source of the site's facts: anything with `name`, `crisis` and `say`. `people` does."""
    _Source.read = staticmethod(read)


class _Comfort:
    """Where the words that help a reader in a heavy moment come from."""

    read: Callable[[HttpRequest], tuple[str, ...]] | None = None


def use_comfort(read: Callable[[HttpRequest], tuple[str, ...]]) -> None:
    """Register the source of what the reader wrote down to help themselves; `()` for nobody or nothing."""
    _Comfort.read = staticmethod(read)


def comfort(request: HttpRequest) -> tuple[str, ...]:
    """The reader's own words for a heavy moment. Help is shown without them rather than not at all."""
    try:
        return _Comfort.read(request) if _Comfort.read else ()
    except Exception:
        log.exception("own words could not be read for the help page")
        return ()


def site() -> Any | None:
    """The site's facts, or None before a source is registered."""
    if _Source.read:
        _Source.last = _Source.read()
    return _Source.last


def last_site() -> Any | None:
    """The site's facts as last read, without reading: for pages that must not touch the database."""
    return _Source.last


def theme_of(request: HttpRequest) -> str:
    """What the reader chose: `light`, `dark`, or `auto` (as the device)."""
    chosen = request.COOKIES.get("theme", "auto")
    return chosen if chosen in THEMES else "auto"


def page(request: HttpRequest) -> dict[str, Any]:
    """Context processor of the base page."""
    actor = getattr(request, "actor", None)
    kind = actor.kind if actor else ""
    facts = site()
    return {
        "actor": actor,
        "site": facts,
        "clinic": facts,  # the same: on allauth's pages `site` is something else
        "places": tuple(places(kind, request.path_info)) if actor else (),
        "theme": theme_of(request),
        "demo": getattr(settings, "DEMO", False),
    }
