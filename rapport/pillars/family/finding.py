"""Looks through a door that verbs and reading share."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import get_language

from rapport.fhir.outcomes import Refused, not_found
from rapport.gate.circle import let_in
from rapport.gate.door import Door
from rapport.people import actors, site
from rapport.people.portrait import human_name
from rapport.pillars.family.shapes.common import Resource, Who, kind_of, who_of

_PEOPLE = ("Patient/", "RelatedPerson/", "Practitioner/", "PractitionerRole/", "Organization/")


def task(door: Door, patient: str, rid: str, *kinds: str) -> Resource:
    """A Task of these kinds for this person; not found for anything else."""
    body: Resource = door.read("Task", rid).json
    if kind_of(body) not in kinds or who_of(body.get("for"))[0] != patient:
        raise not_found()
    return body


def team_of(door: Door, patient: str) -> Who:
    """The first team that cares for a person, ("", "") for none: whoever is in the circle may write to it.

    Looked up by Rapport: of the record no more is told than which of the site's teams it is.
    """
    query = [("patient", patient), ("status", "active"), ("_sort", "_id"), ("_count", "20")]
    for one in door.rapport("family").search("CareTeam", query).matches:
        for participant in one.json.get("participant") or ():
            ref, name = who_of(participant.get("member"))
            if ref.startswith("Organization/"):
                known = site.current().team(ref)
                return ref, site.current().say(known.name, get_language() or "") if known else name
    return "", ""


def circle_of(door: Door, patient: str) -> list[Who]:
    """Those of the circle whom a task may be given to: they see the list. For the patient and staff."""
    found = let_in(door, patient, "practical-help", "Task", "u")
    return [(ref, human_name(body.get("name"))[0]) for ref, body in found]


def may_be_asked(door: Door, patient: str) -> list[Who]:
    """Whom staff may ask to a meeting: those of the circle who see anything, and their own colleagues."""
    circle = [(ref, human_name(body.get("name"))[0]) for ref, body in let_in(door, patient, "", "Patient")]
    held = [at for team in door.actor.teams for at in actors.positions(door.conn, organization=team)]
    people = door.many(at.person for at in held if at.person != door.actor.ref)
    return [*circle, *((ref, human_name(record.json.get("name"))[0]) for ref, record in people.items())]


def check_people(door: Door, patient: str, before: Resource | None, after: Resource) -> None:
    """Refused("rule") where somebody new stands under another name, or is of another patient's circle."""
    new = set(_named(after)) - set(_named(before)) - {(door.actor.ref, door.actor.name)}
    own = door.rapport("family")
    known = own.many(ref for ref, _name in new)
    for ref, name in sorted(new):
        body = known[ref].json if ref in known else {}
        of_another = ref.startswith("RelatedPerson/") and who_of(body.get("patient"))[0] != patient
        if of_another or (name and name not in _names(ref, body)):
            raise Refused("rule", "Somebody here is not known by that name.", "Choose from the list.")


def _named(value: object) -> Iterator[Who]:
    """Everybody in a resource: reference and name."""
    if isinstance(value, dict):
        who = who_of(value)
        if who[0].startswith(_PEOPLE):
            yield who
        value = list(value.values())
    for part in value if isinstance(value, list) else ():
        yield from _named(part)


def _names(ref: str, body: Resource) -> set[str]:
    said = body.get("name")
    if isinstance(said, list):
        return {human_name(said)[0], *(str(one.get("text", "")) for one in said)} - {""}
    team = site.current().team(ref)
    return {str(said or ""), *(team.name.values() if team else ())} - {""}
