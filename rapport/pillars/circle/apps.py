"""The Django app of the pillar."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from rapport.gate.actor import Actor


def _is_patient(actor: Actor) -> bool:
    return actor.kind == "patient"


class CircleConfig(AppConfig):
    """The circle: members, sharing, who has looked. The record is FHIR, so there are no tables."""

    name = "rapport.pillars.circle"
    label = "circle"
    verbose_name = "Circle"

    def ready(self) -> None:
        """Add its places and links: the patient's circle, what is shared with one, who has looked."""
        from rapport.people import more
        from rapport.ui import places

        hint = _("Everyone who opened something of yours, and why")
        more.add(more.Link(_("Who has looked"), "/looked/", "eye", 5, hint, _is_patient))
        places.add(places.Place(_("My circle"), "circle", "/circle/", ("patient",), 40, ("/family/",)))
        places.add(places.Place(_("Shared"), "circle", "/circle/", ("kin",), 40, ("/family/",)))
