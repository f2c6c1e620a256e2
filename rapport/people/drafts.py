"""Words that are not sent yet. They belong to the person, not to the sign-in, and outlive it.

A place is the path of the page where they are typed, such as `/messages/new/`. The text is JSON.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from django.db import connection
from django.utils import timezone

from rapport.people import statements
from rapport.people.models import Draft

#: Longest draft that is kept, in characters.
LONGEST = 200_000

#: Fields of a form that are no words of the person.
_NOT_WORDS = frozenset({"csrfmiddlewaretoken", "once"})


def load(ref: str, place: str) -> str | None:
    """The draft of a person at a place (JSON text), None when there is none."""
    connection.ensure_connection()
    return statements.draft(connection.connection, ref, place[:200])


def typed(ref: str, place: str) -> dict[str, list[str]]:
    """What a form held that was not sent, as it would be posted: name -> values. {} for none, or rubbish."""
    try:
        lists = json.loads(load(ref, place) or "{}")
    except ValueError:
        return {}
    named = lists.items() if isinstance(lists, dict) else ()
    return {name: [str(value) for value in values] for name, values in named if isinstance(values, list)}


def initial(ref: str, place: str) -> dict[str, str]:
    """The same for a form to begin with: name -> the last value that is not empty."""
    return {name: values[-1] for name, values in typed(ref, place).items() if values and values[-1]}


def save(ref: str, place: str, text: str) -> None:
    """Keep a draft in place of the one before; too long a text is refused with ValueError."""
    if len(text) > LONGEST:
        raise ValueError("too long a draft")
    Draft.objects.update_or_create(
        person=ref, place=place[:200], defaults={"text": text, "saved_at": timezone.now()}
    )


def clear(ref: str, place: str) -> None:
    """Forget a draft: its words were sent or thrown away."""
    Draft.objects.filter(person=ref, place=place[:200]).delete()


def places(ref: str) -> list[str]:
    """Where a person has drafts, the latest first."""
    return list(Draft.objects.filter(person=ref).order_by("-saved_at").values_list("place", flat=True))


def keep_posted(ref: str, place: str, posted: Mapping[str, Any]) -> None:
    """Keep what a form sent too late: the sign-in was over, the words must not be.

    Same JSON as the page's script writes: name -> list of values. A form without words keeps nothing.
    """
    lists = dict(getattr(posted, "lists", posted.items)())
    words = {
        name: list(values)
        for name, values in lists.items()
        if name not in _NOT_WORDS and "password" not in name and any(str(value).strip() for value in values)
    }
    text = json.dumps(words, ensure_ascii=False)
    if words and len(text) <= LONGEST:
        save(ref, place, text)
