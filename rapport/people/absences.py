"""Who is away, and who covers. The rota is a table of this room; teams and positions are in the record."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.utils import timezone

from rapport.fhir.outcomes import Refused
from rapport.people import actors, site, statements
from rapport.people.models import Absence

Conn = statements.Conn

#: How many covers of covers are followed.
LONGEST_CHAIN = 5


def absent(conn: Conn, person: str, at: datetime | None = None) -> bool:
    """Whether a person (`Practitioner/…`) is away at an instant (now), by the site's calendar day."""
    return person in statements.absences_on(conn, [person], _day(at))


def covering(conn: Conn, person: str, at: datetime | None = None) -> str:
    """Who stands in for a person: themselves when here, their cover, the cover's cover; "" for nobody."""
    day, asked = _day(at), [person]
    while len(asked) <= LONGEST_CHAIN:
        away = statements.absences_on(conn, [asked[-1]], day)
        if asked[-1] not in away:
            return asked[-1]
        cover = away[asked[-1]]
        if not cover or cover in asked or statements.left(conn, [cover]):
            return ""
        asked.append(cover)
    return ""


def cover_for(conn: Conn, ref: str, at: datetime | None = None) -> str | None:
    """Who covers for a position (`PractitionerRole/…`) or a person who is away at an instant; None when they
    are here, or nobody covers.

    For a position: the cover's position in the same team, or their first one. For a person: a person.
    """
    held = actors.position(conn, ref) if ref.startswith("PractitionerRole/") else None
    person = held.person if held else ref
    cover = covering(conn, person, at)
    if not cover or cover == person:
        return None
    if held is None:
        return cover
    theirs = actors.positions(conn, practitioner=cover)
    same = [at for at in theirs if at.team == held.team] or theirs
    return same[0].ref if same else None


def set_absence(person: str, first: date, last: date, cover: str, by: str) -> Absence:
    """Write an absence down, first and last day included. Refused("rule") for days that make no sense."""
    if last < first:
        raise Refused("rule", "The last day comes before the first.", "Change one of the two days.")
    if cover == person:
        raise Refused("rule", "Nobody can cover for themselves.", "Choose someone else.")
    return Absence.objects.create(person=person, first_day=first, last_day=last, cover=cover, by=by)


def coming(person: str, at: datetime | None = None) -> list[Absence]:
    """A person's absences that are not over, the next first."""
    return list(Absence.objects.filter(person=person, last_day__gte=_day(at)).order_by("first_day", "id"))


def end(absence_id: int, person: str) -> bool:
    """Take an absence back: it ends yesterday, or goes when it has not begun. False where there is none."""
    row = Absence.objects.filter(pk=absence_id, person=person).first()
    if row is None:
        return False
    row.delete()
    return True


def _day(at: datetime | None) -> date:
    return (at or timezone.now()).astimezone(site.current().zone).date()


def of_team(conn: Conn, team: str, at: datetime | None = None) -> dict[str, str]:
    """Who of a team is away at an instant: person -> cover."""
    people = [held.person for held in actors.positions(conn, organization=team)]
    found: dict[str, Any] = statements.absences_on(conn, people, _day(at)) if people else {}
    return found
