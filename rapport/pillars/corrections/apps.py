"""The Django app of the pillar."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CorrectionsConfig(AppConfig):
    """Corrections of the record. The record is FHIR, so there are no tables."""

    name = "rapport.pillars.corrections"
    label = "corrections"
    verbose_name = "Corrections"

    def ready(self) -> None:
        """Put the guard at the door, add the link."""
        from rapport.people import more
        from rapport.pillars.corrections import guards

        guards.register()
        hint = _("Say what is wrong; a named person answers")
        link = more.Link(
            _("Corrections of my record"),
            "/corrections/",
            "ask",
            7,
            hint,
            lambda actor: actor.kind == "patient",
        )
        more.add(link)
