"""The Django app of the pillar."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ConversationsConfig(AppConfig):
    """Conversations: messages, concerns, promises. The record is FHIR, so there are no tables."""

    name = "rapport.pillars.conversations"
    label = "conversations"
    verbose_name = "Conversations"

    def ready(self) -> None:
        """Put the guards at the door, follow leavers and lost notices, add the link."""
        from rapport.people import more
        from rapport.pillars.conversations import guards, tasks
        from rapport.pillars.conversations.contexts import hearing

        guards.register()
        tasks.connect()
        hearing.connect()
        hint = _("How many questions had their answer in time")
        more.add(more.Link(_("Answers in time"), "/answers/", "chart", 35, hint, more.staff))
