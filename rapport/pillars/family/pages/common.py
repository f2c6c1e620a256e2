"""What the pages share: whose they are, which of them somebody may see, and how a refusal is said."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from rapport.fhir.outcomes import Refused, not_found
from rapport.gate.live import about
from rapport.people import chart, live
from rapport.people.portrait import short
from rapport.people.request import Request, see_other
from rapport.pillars.family.contexts.places import Place
from rapport.pillars.family.shapes.common import KIND
from rapport.ui.errors import in_language

#: The pages side by side: name of the address, words, and the category and type that open them.
PAGES: tuple[tuple[str, Any, str, str], ...] = (
    ("family_help", _("Help in daily life"), "practical-help", "Task"),
    ("family_tasks", _("Who does what"), "practical-help", "Task"),
    ("family_meetings", _("Meetings"), "meetings", "Communication"),
    ("family_news", _("News from the team"), "updates", "Communication"),
)


def place(request: Request, rid: str, here: str) -> Place:
    """Where one is. Not found where the person is not there for who asks."""
    who = chart.whose(request.door, rid)
    seen = [page for page in PAGES if _open(request, who.ref, page)]
    tabs = (
        {"href": reverse(name, args=[rid]), "label": words, "here": name == here}
        for name, words, _category, _rtype in seen
    )
    return Place(
        person=who,
        called=short(who.name),
        own=request.actor.ref == who.ref,
        staff=request.actor.kind == "staff",
        shared=any(page[0] == here for page in seen),
        tabs=tuple(tabs),
    )


def _open(request: Request, patient: str, page: tuple[str, Any, str, str]) -> bool:
    if request.actor.ref == patient:
        return True
    if page[0] == "family_meetings" and request.actor.kind == "kin":  # one is asked to each by itself
        asked = [("patient", patient), ("category", f"{KIND}|meeting"), ("_count", "1")]
        return bool(request.door.search("Communication", asked).matches)
    return request.door.reaches(patient, "r", page[3], page[2])


def watched(request: Request, patient: str, refs: Iterable[str] = ()) -> tuple[str, str]:
    """What an open page follows: the patient's things for them and the team; for family, those on it alone.

    refs: what stands on the page. Family hear of nothing else, and of none of it once it is not theirs.
    """
    if request.actor.kind == "kin":
        return live.watch(request, (f"thing:{ref}" for ref in refs))
    return live.watch(request, about(request.actor, patient))


def first(request: Request) -> HttpResponse:
    """`/family/`: to the first of one's pages; a lone address for the menu."""
    patient = next(iter(request.actor.patients), "")
    if not patient:
        raise not_found()
    seen = [page[0] for page in PAGES if _open(request, patient, page)]
    return to(seen[0] if seen else PAGES[0][0], patient.partition("/")[2])


def trouble(refused: Refused) -> tuple[str, int]:
    """What a refusal says, and its status. What is not there stays not there."""
    if refused.code in ("not-found", "gone"):
        raise refused
    return " ".join(filter(None, (in_language(refused.text), in_language(refused.next)))), refused.status


def to(name: str, *args: str) -> HttpResponse:
    """On to a page of ours."""
    return see_other(reverse(name, args=args))
