"""The Django app of the pillar."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PlansConfig(AppConfig):
    """Goals and plans. The record is FHIR, so there are no tables."""

    name = "rapport.pillars.plans"
    label = "plans"
    verbose_name = "Plans"

    def ready(self) -> None:
        """Put the guard at the door, add the link."""
        from rapport.people import more
        from rapport.pillars.plans import guards

        guards.register()
        hint = _("Medicines, readings and steps, at the times I choose")
        more.add(
            more.Link(_("My list today"), "/today/", "tick", 4, hint, lambda actor: bool(actor.patients))
        )
        hint = _("What people said gets in their way")
        more.add(more.Link(_("What gets in the way"), "/barriers/", "flag", 36, hint, more.staff))
        hint = _("What I would like, and the steps to it")
        more.add(more.Link(_("My goals"), "/goals/", "flag", 5, hint, lambda actor: bool(actor.patients)))
