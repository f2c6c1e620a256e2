"""The Django app of the pillar."""

from __future__ import annotations

from django.apps import AppConfig


class ConversationsConfig(AppConfig):
    """Conversations: messages, concerns, promises. The record is FHIR, so there are no tables."""

    name = "rapport.pillars.conversations"
    label = "conversations"
    verbose_name = "Conversations"

    def ready(self) -> None:
        """Put the guards at the door, and follow leavers and notices that could not be delivered."""
        from rapport.pillars.conversations import guards, tasks

        guards.register()
        tasks.connect()
