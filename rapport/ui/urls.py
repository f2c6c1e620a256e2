"""Addresses of the look itself. Included at the root by `config.urls`."""

from django.conf import settings
from django.urls import path

from rapport.ui import pages

urlpatterns = [
    path("theme/", pages.theme, name="theme"),
    path("language/", pages.language, name="language"),
    path("help/", pages.help_now, name="help"),
    path("help/offline.js", pages.offline, name="help_offline"),
]

if settings.DEBUG or getattr(settings, "RAPPORT_GALLERY", False):
    urlpatterns.append(path("ui/", pages.gallery, name="gallery"))
