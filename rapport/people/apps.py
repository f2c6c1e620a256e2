"""The Django app of the room."""

from __future__ import annotations

from django.apps import AppConfig


class PeopleConfig(AppConfig):
    name = "rapport.people"
    label = "people"
    verbose_name = "People"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Connect what must follow a sign-in, a new factor or a change of positions."""
        from rapport.people import wiring

        wiring.connect()
