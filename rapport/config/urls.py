"""Every page's address. `/fhir` and `/health` are answered beside Django (see `wsgi.py`)."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("rapport.home.urls")),
    path("", include("rapport.pillars.conversations.urls")),
    path("", include("rapport.pillars.circle.urls")),
    path("", include("rapport.pillars.identity.urls")),
    path("", include("rapport.pillars.plans.urls")),
    path("", include("rapport.pillars.screens.urls")),
    path("", include("rapport.pillars.what_matters.urls")),
    path("", include("rapport.people.urls")),
    path("", include("rapport.ui.urls")),
]

# Trouble, in our words.
handler400 = "rapport.ui.errors.bad_request"
handler403 = "rapport.ui.errors.forbidden"
handler404 = "rapport.ui.errors.not_found"
handler500 = "rapport.ui.errors.server_error"
