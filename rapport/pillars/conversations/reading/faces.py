"""Puts names and roles to references: one query a type for all that a page shows."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar
from weakref import WeakKeyDictionary

from django.utils.translation import get_language

from rapport.gate.door import Door
from rapport.people import site
from rapport.people.portrait import human_name, words
from rapport.pillars.conversations import finding
from rapport.pillars.conversations.reading.shown import Face

_KINDS = {
    "Patient": "patient",
    "RelatedPerson": "kin",
    "Practitioner": "staff",
    "PractitionerRole": "staff",
    "Organization": "team",
}


class Faces:
    """The faces of a page. Ask for all references first (`meet`), then read each (`of`).

    `Faces.at(door)` are those that this door has met: one page looks at its faces once.
    """

    _met: ClassVar[WeakKeyDictionary[Door, Faces]] = WeakKeyDictionary()

    def __init__(self, door: Door) -> None:
        self.door = door
        self.own = (door.actor.ref, *door.actor.positions)
        self._wanted: set[str] = set()
        self._hints: dict[str, str] = {}
        self._known: dict[str, Face] = {}

    @classmethod
    def at(cls, door: Door) -> Faces:
        """The faces of this door."""
        found = cls._met.get(door)
        if found is None:
            found = cls._met[door] = cls(door)
        return found

    def meet(self, refs: Iterable[str], name: str = "") -> None:
        """These will be asked for; `name` is what the record calls them where they cannot be looked up."""
        for ref in refs:
            if not ref:
                continue
            if name:
                self._hints.setdefault(ref, name)
            if ref not in self._known:
                self._wanted.add(ref)

    def of(self, ref: str, name: str = "") -> Face:
        """The face of a reference."""
        self.meet((ref,), name)
        if self._wanted:
            self._look()
        found = self._known.get(ref)
        return found or Face(ref, name or "Rapport", "", "system" if not ref else _kind(ref))

    def _look(self) -> None:
        wanted, self._wanted = self._wanted, set()
        bodies = {ref: record.json for ref, record in self.door.many(wanted).items()}
        desks = {
            ref: finding.desk(body) for ref, body in bodies.items() if ref.startswith("PractitionerRole/")
        }
        unnamed = {desk.person for desk in desks.values() if not desk.name} - bodies.keys()
        bodies |= {ref: record.json for ref, record in self.door.many(unnamed).items()}
        roles = self._roles([ref for ref in wanted if ref.startswith("Practitioner/")])
        for ref in wanted:
            desk, body = desks.get(ref), bodies.get(ref, {})
            if desk is not None:
                name = desk.name or human_name(bodies.get(desk.person, {}).get("name"))[0]
                role = desk.role
            else:
                name, role = self._name(ref, body), roles.get(ref, "") or _relation(ref, body)
            kind = _kind(ref)
            born = str(body.get("birthDate", "")) if kind == "patient" else ""
            self._known[ref] = Face(ref, name or self._hints.get(ref, ""), role, kind, ref in self.own, born)

    def _roles(self, people: list[str]) -> dict[str, str]:
        """What people are who are named without a position."""
        if not people:
            return {}
        query = [("practitioner", ",".join(people)), ("_count", str(finding.MOST))]
        held = [record.json for record in self.door.search("PractitionerRole", query).matches]
        desks = [desk for body in held if (desk := finding.desk(body)).open and desk.role]
        return {desk.person: desk.role for desk in desks}

    def _name(self, ref: str, body: dict[str, Any]) -> str:
        if ref.startswith("Organization/"):
            team = site.current().team(ref)
            return site.current().say(team.name, get_language() or "") if team else str(body.get("name", ""))
        return human_name(body.get("name"))[0]


def _kind(ref: str) -> str:
    return _KINDS.get(ref.partition("/")[0], "system")


def _relation(ref: str, body: dict[str, Any]) -> str:
    relations = body.get("relationship") or ()
    return words(relations[0]) if ref.startswith("RelatedPerson/") and relations else ""
