"""The Django app of the pillar."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from rapport.gate.actor import Actor


def _leads(actor: Actor) -> bool:
    return actor.kind == "staff" and "lead" in actor.duties


class IdentityConfig(AppConfig):
    """Who is who. Pairs and acts are tables of the gate: they are about two people at once."""

    name = "rapport.pillars.identity"
    label = "identity"
    verbose_name = "Identity"

    def ready(self) -> None:
        """Add the link, and the jobs."""
        from rapport.people import more
        from rapport.pillars.identity import tasks

        assert tasks
        hint = _("Records that may be of one person")
        more.add(more.Link(_("Who is who"), "/identity/", "people", 35, hint, _leads))
