"""Every page's address. `/fhir` and `/health` are answered beside Django (see `wsgi.py`)."""

from __future__ import annotations

from importlib.util import find_spec

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = []

# Rooms that are still being built are left out until their addresses exist.
for _prefix, _module in (
    ("", "rapport.people.urls"),
    ("", "rapport.pillars.conversations.urls"),
    ("", "rapport.home.urls"),
    ("", "rapport.ui.urls"),
):
    if find_spec(_module) is not None:
        urlpatterns.append(path(_prefix, include(_module)))
