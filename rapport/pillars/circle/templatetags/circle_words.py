"""Words of the circle in templates: `{% load circle_words %}`."""

from __future__ import annotations

from django import template

from rapport.pillars.circle.contexts.sharing import SENSITIVE_NAMES

register = template.Library()


@register.filter
def sensitive(key: str) -> str:
    """What a sensitive kind is called: Feelings and mental health."""
    return str(SENSITIVE_NAMES.get(key, key))
