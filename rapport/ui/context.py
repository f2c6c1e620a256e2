"""What every page knows: who reads it, where, in which light. The facts come from above, by registration."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest

from rapport.ui.places import places

THEMES = ("auto", "light", "dark")

#: The site's facts (name, languages, crisis numbers). `people` sets it at start-up; a page must not fail without.
_site: Callable[[], Any] | None = None


def use_site(source: Callable[[], Any]) -> None:
    """Register where the site's facts come from: anything with `name`, `languages` and `crisis`."""
    global _site
    _site = source


def site() -> Any | None:
    """The site's facts, or None before they are set."""
    return _site() if _site else None


def theme_of(request: HttpRequest) -> str:
    """What the reader chose: `light`, `dark`, or `auto` (as the device)."""
    chosen = request.COOKIES.get("theme", "auto")
    return chosen if chosen in THEMES else "auto"


def page(request: HttpRequest) -> dict[str, Any]:
    """Context processor of the base page."""
    actor = getattr(request, "actor", None)
    kind = actor.kind if actor else ""
    return {
        "actor": actor,
        "site": site(),
        "places": tuple(places(kind, request.path)) if actor else (),
        "theme": theme_of(request),
        "demo": getattr(settings, "RAPPORT_DEMO", False),
    }
