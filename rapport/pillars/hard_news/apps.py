"""The Django app of the pillar."""

from __future__ import annotations

from django.apps import AppConfig
from django.conf import settings
from django.utils.translation import gettext_lazy as _


class HardNewsConfig(AppConfig):
    """Hard news. The record is FHIR, so there are no tables."""

    name = "rapport.pillars.hard_news"
    label = "hard_news"
    verbose_name = "Hard news"

    def ready(self) -> None:
        """Put the guards at the door, add the link."""
        from rapport.people import more
        from rapport.pillars.hard_news import guards
        from rapport.pillars.hard_news.rules import law

        law.use_folder(settings.DATA_DIR)
        law.table()  # a table that can't be read stops the start, and no result
        guards.register()
        hint = _("How, when, by whom and with whom")
        link = more.Link(
            _("How I want to hear results"),
            "/hearing/",
            "ask",
            6,
            hint,
            lambda actor: actor.kind == "patient",
        )
        more.add(link)
