"""One request at `/fhir` with the door that its bearer token opens."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from rapport.fhir.definitions import TYPE_NUMBERS
from rapport.fhir.outcomes import Refused, not_found
from rapport.gate.door import Door
from rapport.gate.permissions import Action

from .http import Request

_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")


@dataclass(frozen=True, slots=True)
class Visit:
    """A request, its door, and where other requests go (a bundle holds some)."""

    request: Request
    door: Door
    route: Callable[[Request], Callable[[Any], Any]]

    def rtype(self, place: int = 0) -> str:
        """The resource type at that place of the path."""
        name = self.request.path[place]
        if name not in TYPE_NUMBERS:
            raise Refused("not-found", "There is no such resource type in FHIR R4.", "See metadata.")
        return name

    def within_scope(self, letter: Action, rtype: str) -> None:
        """Refuse a program none of whose scopes is about this, whether anything is there or not."""
        if self.door.actor.scopes is not None and self.door.where(letter, rtype).nothing:
            asked = f"Ask for system/{rtype}.{letter}."
            closed = Refused("forbidden", "No scope of this program is about this.", asked)
            raise self.door.refuse_read(letter, rtype, closed)

    def strictly(self) -> Door:
        """The door, as strict with extensions as the client asks for (Prefer: handling=strict)."""
        self.door.strict = self.request.prefer("handling") == "strict"
        return self.door

    def rid(self) -> str:
        """The id in the path; one that cannot be an id is not found, and nothing is stored under it."""
        rid = self.request.path[1]
        if not _ID.fullmatch(rid):
            if self.request.method == "PUT":
                raise Refused("invalid", "An id is up to 64 letters, digits, hyphens and full stops.")
            raise not_found()
        return rid

    def vid(self) -> int:
        """The version in the path."""
        written = self.request.path[3]
        if not written.isdecimal() or not written.isascii() or len(written) > 9:
            raise not_found()
        return int(written)
