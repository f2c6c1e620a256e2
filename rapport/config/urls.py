"""Every page's address. `/fhir` is answered beside Django (see `wsgi.py`)."""

from __future__ import annotations

from importlib.util import find_spec

from django.urls import URLPattern, URLResolver, include, path

from rapport.config.health import health

urlpatterns: list[URLPattern | URLResolver] = [path("health", health, name="health")]

# Rooms that are still being built are left out until their addresses exist.
for _prefix, _module in (
    ("", "rapport.people.urls"),
    ("", "rapport.pillars.conversations.urls"),
    ("", "rapport.home.urls"),
    ("", "rapport.ui.urls"),
):
    if find_spec(_module) is not None:
        urlpatterns.append(path(_prefix, include(_module)))

handler400 = "rapport.ui.errors.bad_request"
handler403 = "rapport.ui.errors.forbidden"
handler404 = "rapport.ui.errors.not_found"
handler500 = "rapport.ui.errors.server_error"
