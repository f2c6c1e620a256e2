"""The Django app of the pillar."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CircleConfig(AppConfig):
    """The circle: members, sharing, who has looked. The record is FHIR, so there are no tables."""

    name = "rapport.pillars.circle"
    label = "circle"
    verbose_name = "Circle"

    def ready(self) -> None:
        """Add its places: the patient's circle, and what is shared with somebody of one."""
        from rapport.ui import places

        places.add(places.Place(_("My circle"), "circle", "/circle/", ("patient",), 40))
        places.add(places.Place(_("Shared with me"), "circle", "/circle/", ("kin",), 40))
