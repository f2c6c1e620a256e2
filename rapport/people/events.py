"""What happened to accounts: sign-ins, factors, invitations, leaving. Append only."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import get_adapter
from django.core.exceptions import PermissionDenied

from rapport.people.models import Event


def note(kind: str, *, person: str = "", by: str = "", why: str = "", request: Any = None) -> None:
    """Write down one event, in the transaction under way.

    kind    such as `signed-in`, `sign-in-refused`, `factor-reset`
    person  whose account it is about; by: who did it; why: the reason given
    """
    Event.objects.create(
        kind=kind,
        person=person.replace("\x00", "")[:80],
        by=by[:80],
        why=why.replace("\x00", "")[:300],
        address=_address(request)[:60],
    )


def _address(request: Any) -> str:
    """Where on the net a request came from, "" where that is not known."""
    try:
        return str(get_adapter().get_client_ip(request)) if request is not None else ""
    except PermissionDenied:
        return ""


def of(person: str, limit: int = 20) -> list[Event]:
    """The latest events of a person's account, newest first."""
    return list(Event.objects.filter(person=person).order_by("-id")[:limit])
