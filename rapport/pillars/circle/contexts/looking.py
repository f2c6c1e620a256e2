"""Context of "who has looked": each look in plain words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from babel.lists import format_list
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from rapport.pillars.circle.reading import Look
from rapport.ui.roles import role_said

#: What types of resources are called to the person whose they are.
THINGS: Mapping[str, str | Promise] = {
    "Patient": lazy("your name and details"),
    "Communication": lazy("your messages"),
    "Task": lazy("your questions"),
    "Binary": lazy("your files"),
    "Condition": lazy("your problems"),
    "MedicationRequest": lazy("your medicines"),
    "MedicationStatement": lazy("your medicines"),
    "AllergyIntolerance": lazy("your allergies"),
    "Observation": lazy("your measurements and results"),
    "DiagnosticReport": lazy("your measurements and results"),
    "Encounter": lazy("your visits"),
    "Appointment": lazy("your visits"),
    "Goal": lazy("your goals"),
    "CarePlan": lazy("your plan"),
    "RelatedPerson": lazy("who is in your circle"),
    "Consent": lazy("what you share"),
    "CareTeam": lazy("who cares for you"),
}
_OTHER = lazy("other parts of your record")
#: Why somebody may, by the rule that says so.
_WHY: Mapping[str, str | Promise] = {
    "care team": lazy("They may, because they are on your care team."),
    "consent": lazy("They may, because you share this with them, or the law says so."),
    "conversation": lazy("They may, because it was written to them or their team."),
    "conversation, name": lazy("They may, because you wrote to them or their team."),
    "conversation, family": lazy("They may, because you brought them into this conversation."),
    "own entry in the circle": lazy("They may see what the record says about themselves."),
    "emergency": lazy("They opened it in an emergency."),
    "registrars": lazy("They may, because they register the people of this site."),
    "sharing_keepers": lazy("They may, because they keep what people share."),
    "system": lazy("Rapport did this by itself."),
    "program": lazy("This is a program that this site lets in."),
    "patient": lazy("This is another patient of this site."),
    "": lazy("They could then. Nothing lets them see it now."),
}


_IDENTITY: Mapping[str, str | Promise] = {
    "joined": lazy("Joined two records of yours. You see both as one; nobody else sees more than before."),
    "apart": lazy("Took it back: what was joined or moved is where it was."),
    "moved": lazy("Moved entries that were in the wrong person’s record."),
}


@dataclass(frozen=True, slots=True)
class LookLine:
    """One look in words."""

    look: Look
    title: str
    did: tuple[str, ...]
    why: str
    member: str


@dataclass(frozen=True, slots=True)
class LookedPage:
    """`looked.html`: days with their looks; `older`: where the page before begins."""

    days: tuple[tuple[date, tuple[LookLine, ...]], ...]
    whose: str
    tabs: tuple[dict[str, object], ...]
    older: str


def look_line(one: Look) -> LookLine:
    """A look in plain words."""
    role = role_said(one.role)
    name = {"system": "Rapport"}.get(one.kind, one.name)
    if one.kind == "kin" and role:
        role = _("your %(role)s") % {"role": role}
    title = f"{name}, {role}" if role and one.kind in ("staff", "kin") else name
    did = [
        *(str(_IDENTITY[what]) for what in one.identity),
        _("Read %(things)s") % {"things": _named(one.saw)} if one.saw else "",
        _("Wrote in %(things)s") % {"things": _named(one.changed)} if one.changed else "",
        _("Saw in a list: %(things)s") % {"things": _named(one.found)} if one.found else "",
    ]
    why = "" if one.emergency else str(_WHY.get(one.rule, ""))
    member = one.ref.partition("/")[2] if one.kind == "kin" else ""
    return LookLine(one, title, tuple(filter(None, did)), why, member)


def _named(types: Iterable[str]) -> str:
    names = list(dict.fromkeys(str(THINGS.get(rtype, _OTHER)) for rtype in types))
    here = (get_language() or "en").partition("-")[0]
    return format_list(names, locale="en_GB" if here == "en" else here)


def days_of(found: Iterable[Look]) -> tuple[tuple[date, tuple[LookLine, ...]], ...]:
    """Looks under their days, newest first."""
    days: dict[date, list[LookLine]] = {}
    for one in found:
        days.setdefault(_local(one.at).date(), []).append(look_line(one))
    return tuple((day, tuple(lines)) for day, lines in days.items())


def _local(at: datetime) -> datetime:
    return timezone.localtime(at)
