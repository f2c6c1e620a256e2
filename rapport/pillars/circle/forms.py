"""What the pages of the circle are sent, read without trusting it. What is wrong is said beside its field."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from rapport.pillars.circle.rules import ENDS, Inviting
from rapport.pillars.circle.shapes import CATEGORIES, RELATIONS, SENSITIVE, Choice


def read_inviting(posted: Any) -> Inviting:
    """Who is invited, from a form; `wrong` says by field what is missing."""
    name, email, own = (posted.get(key, "").strip()[:254] for key in ("name", "email", "relation_words"))
    relation = posted.get("relation", "")
    found = Inviting(name, email, relation if relation in RELATIONS else "", own[:40])
    wrong = {}
    if len(name) < 2:
        wrong["name"] = _("Write the name of who you invite.")
    if not found.called:
        wrong["relation"] = _("Say who they are to you.")
    try:
        validate_email(email)
    except ValidationError:
        wrong["email"] = _("Write their e-mail address, like name@example.org.")
    return replace(found, wrong=wrong)


def read_choice(posted: Any, today: date) -> Choice:
    """What is ticked on the page, and until when."""
    wanted = [name for name in posted.getlist("share") if name in CATEGORIES]
    return Choice(
        until={name: _end(posted.get(f"until-{name}", "open"), today) for name in wanted},
        writes="conversations" in wanted and "writes" in posted,
        sensitive=frozenset(key for key in posted.getlist("sensitive") if key in SENSITIVE),
    )


def _end(said: str, today: date) -> date | None:
    if said in ENDS:
        days = ENDS[said]
        return None if days is None else today + timedelta(days=days)
    try:
        return date.fromisoformat(said)
    except ValueError:
        return today  # what can't be read shares for the shortest time
