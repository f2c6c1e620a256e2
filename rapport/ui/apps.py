"""The look as a Django app: static files, templates and the words of the software itself."""

from django.apps import AppConfig


class UiConfig(AppConfig):
    """Components, base page, dates and catalogues. Sees no records."""

    name = "rapport.ui"
    label = "ui"
    verbose_name = "Look and words"
