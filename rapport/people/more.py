"""What stands on the page "More": rooms above add their links at start-up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from django.urls import get_script_prefix
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from rapport.gate.actor import Actor
from rapport.people.actors import leads


def _always(_actor: Actor) -> bool:
    return True


def staff(actor: Actor) -> bool:
    """Works here."""
    return actor.kind == "staff"


def family(actor: Actor) -> bool:
    """Is cared for, or of somebody's circle."""
    return actor.kind in ("patient", "kin")


def _kin(actor: Actor) -> bool:
    return actor.kind == "kin"


def _leads(actor: Actor) -> bool:
    return staff(actor) and leads(actor)


@dataclass(frozen=True, slots=True)
class Link:
    """One link: its words, its address and mark, who sees it, and its place in the order."""

    label: str | Promise
    path: str
    icon: str
    order: int
    hint: str | Promise = ""
    shown: Callable[[Actor], bool] = _always


_links: list[Link] = [
    Link(_("My sign-in"), "/account/", "key", 10, _("E-mail address, password, second step, devices")),
    Link(_("When e-mails come"), "/account/quiet/", "clock", 12, _("Hours in which none does"), _kin),
    Link(_("When I am away"), "/absence/", "calendar", 20, _("Days, and who covers"), staff),
    Link(_("Invite a patient"), "/invite/", "mail", 30, _("With a letter or a link"), staff),
    Link(_("Emergency access"), "/emergency/", "eye", 35, _("A record that is not shared with you"), staff),
    Link(
        _("Who works here"), "/staff/", "people", 40, _("Leaving, lost second steps, new passwords"), _leads
    ),
    Link(
        _("Settings of this site"), "/settings/", "settings", 50, _("Topics, teams, hours, numbers"), _leads
    ),
    Link(_("Help now"), "/help/", "phone", 90),
]


def add(link: Link) -> None:
    """Add a link (in `AppConfig.ready`)."""
    if link not in _links:
        _links.append(link)


def links(actor: Actor) -> list[Link]:
    """The links that this person sees, in order, as they lead on from the present address."""
    before = get_script_prefix()
    shown = sorted((link for link in _links if link.shown(actor)), key=lambda link: link.order)
    return [replace(link, path=before + link.path[1:]) for link in shown]
