"""One account, several people of the record: one's own record, and those whose family or carer one is.

Which of them somebody acts as is said by the address, never by the session: pages below `/for/<patient>/` are
about that patient. So two tabs with two patients can't be mixed up.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import get_script_prefix, set_script_prefix
from django.utils.functional import SimpleLazyObject
from psycopg import Connection

from rapport.fhir.search import parse
from rapport.gate.actor import Actor
from rapport.gate.door import Door
from rapport.people import actors
from rapport.people.models import Standing, User

_PLACE = re.compile(r"/for/([A-Za-z0-9\-.]{1,64})(/.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Whose:
    """Somebody whose pages an account may open: the patient, what to call them, as what, and where.

    own   one's own record
    here  it is the one that the page is about
    """

    patient: str
    name: str
    role: str
    path: str
    own: bool
    here: bool


class PatientInAddress:
    """Takes `/for/<patient>` off the address; whatever the page then links to gets it again."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: Any) -> HttpResponse:
        rid, path = split(request.path_info)
        request.about = f"Patient/{rid}" if rid else ""
        if not rid:
            return self.get_response(request)
        before = get_script_prefix()
        request.path_info = path
        set_script_prefix(f"{before}for/{rid}/")
        try:
            return self.get_response(request)
        finally:
            set_script_prefix(before)


def split(path: str) -> tuple[str, str]:
    """The id of the patient whom an address names, "" for none, and the path without it."""
    found = _PLACE.fullmatch(path)
    return (found[1], found[2]) if found else ("", path)


def persons(user: User) -> tuple[str, ...]:
    """Everyone of the record whom an account stands for, its own person first."""
    return (user.person, *Standing.objects.filter(user=user).order_by("id").values_list("person", flat=True))


def user_of(person: str) -> User | None:
    """The open account that stands for a person."""
    found = User.objects.filter(person=person, is_active=True).first()
    return found or User.objects.filter(standings__person=person, is_active=True).first()


def actor_at(conn: Connection[Any], user: User, patient: str) -> Actor | None:
    """Who an account is where the address names `Patient/…`; its own person where it names nobody.

    None where the account has nothing to do with that patient.
    """
    if not patient:
        return actors.actor_for(conn, user)
    if user.is_staff_member:
        return None
    return next((actor for actor in _actors(conn, user) if patient in actor.patients), None)


def _actors(conn: Connection[Any], user: User) -> list[Actor]:
    return [actors.actor_of(conn, person, user.display_name, user.epoch) for person in persons(user)]


def whose(request: Any) -> tuple[Whose, ...]:
    """Everyone whose pages the reader may open, their own first; empty for staff and visitors.

    Whoever shares nothing any more is not named either.
    """
    actor = getattr(request, "actor", None)
    if actor is None or actor.kind not in ("patient", "kin"):
        return ()
    found = []
    for one in _actors(request.door.conn, request.user):
        for patient in one.patients:
            own = one.kind == "patient"
            if not own and not shares(request.door, one, patient):
                continue
            primary = one.ref == request.user.person
            rid = patient.partition("/")[2]
            called = one.name if own else actors.patient_name(request.door.conn, one.ref)
            path = "/" if primary else f"/for/{rid}/"
            found.append(Whose(patient, called, one.role, path, own, one.ref == actor.ref))
    return tuple(found)


def shares(door: Door, kin: Actor, patient: str) -> bool:
    """Whether a `Patient/…` shares anything now with somebody of their circle; nobody looks at it."""
    theirs = Door(door.conn, kin, door.purpose)
    if theirs.readable([patient]):
        return True
    return bool(theirs.run(parse("Communication", [("patient", patient), ("_count", "1")])).matches)


def page(request: HttpRequest) -> dict[str, Any]:
    """Context processor: `whose`, worked out where a page asks."""
    return {"whose": SimpleLazyObject(lambda: whose(request))}
