"""The Django app of the pillar."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class WhatMattersConfig(AppConfig):
    """What matters to a person. The record is FHIR, so there are no tables."""

    name = "rapport.pillars.what_matters"
    label = "what_matters"
    verbose_name = "What matters"

    def ready(self) -> None:
        """Put the guard at the door, add the place at the top."""
        from rapport.people import asides, fits
        from rapport.pillars.what_matters import actions, guards, reading
        from rapport.pillars.what_matters.pages import what_helps
        from rapport.pillars.what_matters.reading import reach
        from rapport.ui import context, places

        guards.register()
        asides.use(reading.talking)
        asides.use_doubt(reach.doubts)
        asides.use_paper(reach.on_paper)
        fits.use(
            reading.misfits,
            lambda door, patient, one, reason: actions.go_on(
                door, patient=patient, order=one.planned.ref, entry=one.entry, reason=reason
            ),
            reading.sayings,
        )
        context.use_comfort(what_helps)
        under = ("/goals/", "/hearing/")
        places.add(places.Place(_("About me"), "heart", "/matters/", ("patient", "kin"), 30, under))
