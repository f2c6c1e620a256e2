"""Someone leaves: nothing of theirs opens a door any more; what they had goes back to the team at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from rapport.fhir.outcomes import Refused
from rapport.gate.actor import Actor
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


#: Duties of which somebody must be left: without them nobody can let anyone in, or mend the site.
NEEDED = ("operator", "lead")


def holders(conn: Any, but: str = "") -> dict[str, frozenset[str]]:
    """Who holds each of the needed duties now, with an open account; `but` leaves out one position."""
    open_ones = set(User.objects.filter(is_active=True).values_list("person", flat=True))
    held = [at for at in actors.positions(conn, active="true") if at.person in open_ones and at.ref != but]
    return {duty: frozenset(at.person for at in held if duty in at.duties) for duty in NEEDED}


def must_stay(actor: Actor, person: str, held: Mapping[str, frozenset[str]]) -> Refused | None:
    """Why this actor cannot close the account of `person`; None when they can. `held`: see `holders`."""
    if actor.ref == person:
        return Refused("rule", _("Nobody can close their own account."), _("Ask someone who leads a team."))
    if person in held["operator"] and actor.kind != "system" and actor.ref not in held["operator"]:
        return _runs_it()
    return next((_only_one(duty) for duty in NEEDED if held[duty] == {person}), None)


def _runs_it() -> Refused:
    return Refused("forbidden", _("They run this site."), _("Only somebody who runs it too can do this."))


def _only_one(duty: str) -> Refused:
    words = {
        "operator": _("They are the only one who runs this site."),
        "lead": _("They are the only one who leads."),
    }
    return Refused("rule", words[duty], _("Give somebody else this duty first."))


def judge(door: Door, before: dict[str, Any] | None, after: dict[str, Any] | None) -> None:
    """A write of a position over the API takes no duty that `must_stay` keeps with its holder."""
    was = actors.position_of(before) if before else None
    now = actors.position_of(after) if after else None
    kept = now.duties if was and now and now.person == was.person else frozenset[str]()
    lost = (was.duties - kept).intersection(NEEDED) if was else frozenset[str]()
    if was is None or not lost or door.actor.kind == "system":
        return
    door.lock("people", "duties")
    left = holders(door.conn, but=was.ref)
    for duty in sorted(lost) if accounts.signs_in(was.person) else ():
        if duty == "operator" and was.person not in left[duty] and duty not in door.actor.duties:
            raise _runs_it()
        if not left[duty]:
            raise _only_one(duty)


def leave(door: Door, user: User, *, why: str = "") -> tuple[str, ...]:
    """Close an account: sign-ins, tokens and invitations end, positions end in the record, hooks run.

    All of it or nothing. The positions that ended. Refused("rule" or "forbidden") where they
    must stay: see `must_stay`.
    """
    with transaction.atomic(), door.unit("someone leaves"):
        door.lock("people", "duties")  # so that two cannot close each other's at the same moment
        if refused := must_stay(door.actor, user.person, holders(door.conn)):
            raise refused
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
