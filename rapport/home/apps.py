"""Pages that set pillars side by side."""

from django.apps import AppConfig


class HomeConfig(AppConfig):
    """My day, the inbox, the person at a glance."""

    name = "rapport.home"
    label = "home"
    verbose_name = "Home"
