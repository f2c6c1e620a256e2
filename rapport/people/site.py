"""The settings of the site: who we are, when we work, what people can write about, where to get help.

They are one TOML text, kept with its comments in `SiteText`; `settings_text.py` reads it.
"""

from __future__ import annotations

import time as clock
from dataclasses import replace
from importlib.resources import files
from threading import Lock

from django.conf import settings
from django.db import DatabaseError, connection, transaction

from rapport.fhir.outcomes import Issue, Refused
from rapport.people import settings_text
from rapport.people.models import SiteText
from rapport.people.settings_shapes import Alerts, Crisis, Drafting, MailServer, Site, Team, Topic, Words

__all__ = [
    "Alerts",
    "Crisis",
    "Drafting",
    "MailServer",
    "Site",
    "Team",
    "Topic",
    "Words",
    "check",
    "current",
    "load",
    "parse",
]

#: Seconds that a process may go on with settings that were just replaced.
FRESH_SECONDS = 3.0


def default_text() -> str:
    """The text that a new site starts with."""
    return files("rapport.people").joinpath("data/default_site.toml").read_text("utf-8")


def check(text: str) -> list[Issue]:
    """All that is wrong or doubtful in a settings text; `path` begins with its line. Errors stop a load."""
    return settings_text.read(text)[1]


def parse(text: str) -> Site:
    """The settings that a text says. Refused("invalid") with every issue if it has errors."""
    site, issues = settings_text.read(text)
    if site is None:
        raise Refused(
            "invalid", "These settings cannot be used.", "Mend the lines named below.", tuple(issues)
        )
    return site


def text_in_force() -> str:
    """The text of the settings in force."""
    row = SiteText.objects.order_by("-id").first()
    return row.text if row else default_text()


def doubts() -> list[str]:
    """What is doubtful in the settings in force, such as numbers for help that nobody has set."""
    return [f"Settings, {issue.path}: {issue.text}" for issue in check(text_in_force())]


def load(text: str, by: str, why: str = "") -> Site:
    """Put a text in force and return what it says. Refused("invalid") leaves all as it was.

    by   who does it: a reference or a name
    """
    site = parse(text)
    with transaction.atomic():
        SiteText.objects.create(text=text, by=by, why=why[:300])
        transaction.on_commit(forget)
    return site


class _Cache:
    """The site that this process read last, and when."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.row = -1
        self.site: Site | None = None
        self.until = 0.0


_cache = _Cache()


def forget() -> None:
    """Read the settings again at the next `current()`."""
    _cache.until = 0.0
    _cache.row = -1


def current() -> Site:
    """The settings in force, at most `FRESH_SECONDS` old. Cheap: call it wherever you need it."""
    if _cache.site is not None and clock.monotonic() < _cache.until:
        return _cache.site
    with _cache.lock:
        was_open = connection.connection is not None
        try:
            newest = SiteText.objects.order_by("-id").values_list("id", flat=True).first() or 0
            if _cache.site is None or newest != _cache.row:
                _cache.site, _cache.row = _with_address(parse(text_in_force())), newest
        except DatabaseError:
            if _cache.site is None:
                raise
        finally:
            if not was_open:  # threads outside Django (`/fhir`) must not keep a connection each
                connection.close()
        _cache.until = clock.monotonic() + FRESH_SECONDS
        return _cache.site


def _with_address(site: Site) -> Site:
    return site if site.base_url else replace(site, base_url=str(settings.BASE_URL))
