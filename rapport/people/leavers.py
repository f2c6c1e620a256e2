"""Someone leaves: nothing of theirs opens a door any more; what they had goes back to the team at once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from rapport.fhir.outcomes import Refused
from rapport.gate.door import Door
from rapport.people import accounts, actors, events
from rapport.people.actors import Position
from rapport.people.models import Absence, Invitation, User

#: Called with the door, the person who left and the positions that they held, in the same transaction.
Hook = Callable[[Door, str, tuple[Position, ...]], None]
_hooks: list[Hook] = []


def on_left(hook: Hook) -> None:
    """Have `hook` called whenever someone leaves, before their positions end."""
    if hook not in _hooks:
        _hooks.append(hook)


def leave(door: Door, user: User, *, why: str = "") -> tuple[str, ...]:
    """Close an account: sign-ins, tokens and invitations end, positions end in the record, hooks run.

    All of it or nothing. The positions that ended. Refused("rule") for one's own account.
    """
    if door.actor.ref == user.person:
        raise Refused("rule", "Nobody can close their own account.", "Ask someone who leads a team.")
    with transaction.atomic(), door.unit("someone leaves"):
        user.is_active, user.left_at = False, timezone.now()
        user.save(update_fields=["is_active", "left_at"])
        accounts.end_everything(user)
        Invitation.objects.filter(person=user.person, used_at=None, ended_at=None).update(
            ended_at=timezone.now()
        )
        Absence.objects.filter(person=user.person).delete()
        held = tuple(actors.positions(door.conn, practitioner=user.person))
        for hook in _hooks:
            hook(door, user.person, held)
        for position in held:
            _end(door, position)
        events.note("left", person=user.person, by=door.actor.ref, why=why)
    return tuple(position.ref for position in held)


def _end(door: Door, position: Position) -> None:
    record = door.read("PractitionerRole", position.ref.partition("/")[2])
    body: dict[str, Any] = dict(record.json)
    body["active"] = False
    body["period"] = {**body.get("period", {}), "end": datetime.now(UTC).isoformat(timespec="seconds")}
    door.update(body, if_match=record.vid)
