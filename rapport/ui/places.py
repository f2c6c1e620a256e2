"""The places in the row at the top (at the foot of a phone): at most five, and who sees which."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.urls import get_script_prefix
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class Place:
    """One place. `under` are the addresses that belong to it besides its own."""

    label: str | Promise
    icon: str
    path: str
    kinds: tuple[str, ...]
    order: int
    under: tuple[str, ...] = ()

    def holds(self, path: str) -> bool:
        """Whether the page at this address stands in this place."""
        own = path == self.path if self.path == "/" else path.startswith(self.path)
        return own or path.startswith(self.under) if self.under else own


_PATIENT, _STAFF = ("patient", "kin"), ("staff",)
_UNDER_MORE = (
    "/account/",
    "/answers/",
    "/settings/",
    "/staff/",
    "/invite/",
    "/absence/",
    "/help/",
    "/looked/",
)
_places: list[Place] = [
    Place(_("My day"), "sun", "/", _PATIENT, 10, ("/day/",)),
    Place(_("Messages"), "mail", "/messages/", _PATIENT, 20),
    Place(_("Inbox"), "mail", "/", _STAFF, 10, ("/inbox/", "/messages/")),
    Place(_("People"), "people", "/people/", _STAFF, 20, ("/checks/of/",)),
    Place(_("More"), "menu", "/more/", _PATIENT + _STAFF, 90, _UNDER_MORE),
]


def add(place: Place) -> None:
    """A pillar adds its place at start-up (`AppConfig.ready`)."""
    if place not in _places:
        _places.append(place)


@dataclass(frozen=True, slots=True)
class Shown:
    """A place as one reader sees it on one page."""

    label: str | Promise
    icon: str
    path: str
    here: bool


def places(kind: str, path: str) -> Iterator[Shown]:
    """The places of this kind of reader, in order, with the present one marked."""
    for place in sorted(_places, key=lambda one: one.order):
        if kind in place.kinds:
            yield Shown(place.label, place.icon, get_script_prefix() + place.path[1:], place.holds(path))
