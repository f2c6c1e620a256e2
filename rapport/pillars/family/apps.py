"""The Django app of the pillar."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from rapport.gate.actor import Actor


def _in_a_circle(actor: Actor) -> bool:
    return bool(actor.patients)


class FamilyConfig(AppConfig):
    """Family and team together. The record is FHIR, so there are no tables."""

    name = "rapport.pillars.family"
    label = "family"
    verbose_name = "Family"

    def ready(self) -> None:
        """Put the guards at the door, add the link."""
        from rapport.people import more
        from rapport.pillars.family import guards

        guards.register()
        hint = _("Rides, meals, company: what is needed, and who comes")
        more.add(more.Link(_("Help in daily life"), "/family/", "people", 4, hint, _in_a_circle))
