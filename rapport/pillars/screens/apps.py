"""The Django app of the pillar."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ScreensConfig(AppConfig):
    """Screens: short questionnaires on a schedule. The record is FHIR, so there are no tables."""

    name = "rapport.pillars.screens"
    label = "screens"
    verbose_name = "Screens"

    def ready(self) -> None:
        """Put the guards at the door, follow leavers, add the link."""
        from rapport.people import more
        from rapport.pillars.screens import guards, tasks

        guards.register()
        tasks.connect()
        hint = _("Short questions about how you are")
        more.add(more.Link(_("Checks"), "/checks/", "heart", 25, hint, more.family))
