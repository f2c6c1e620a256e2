"""Emergency access: open a record for an hour and say why; end it; and look into what others opened."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_POST

from rapport.fhir.outcomes import Refused
from rapport.gate import emergency, reviews
from rapport.gate.claims import KIND
from rapport.gate.door import Door
from rapport.people import actors, emergencies
from rapport.people.forms import Day
from rapport.people.request import Request, staff_only

#: The moment (seconds since 1970) until which this sign-in asks in the name of an emergency.
UNTIL = "emergency_until"


class OpenInEmergency(forms.Form):
    """Who, told apart without looking around, and why it cannot wait."""

    family = forms.CharField(label=lazy("Family name, in full"), max_length=100)
    birth_date = Day(label=lazy("Date of birth"))
    reason = forms.CharField(
        label=lazy("Why can it not wait?"),
        help_text=lazy("The person reads this."),
        min_length=emergency.SHORTEST_REASON,
        max_length=1000,
        widget=forms.Textarea(attrs={"class": "rp-input", "rows": 3}),
    )


@dataclass(frozen=True, slots=True)
class Held:
    """What is open: the Task, who it is, until when."""

    task: str
    rid: str
    name: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Review:
    """What somebody opened and I look into: my Task, who it is, who opened it, when, why."""

    task: str
    name: str
    who: str
    at: datetime
    why: str


@staff_only
def page(request: Request) -> HttpResponse:
    """`/emergency/`: open one, end mine, look into those of others."""
    form = OpenInEmergency(request.POST or None)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            patient = emergency.the_one(request.door, said["family"], said["birth_date"].isoformat())
            made = emergency.break_glass(request.door, patient, said["reason"])
        except Refused as refused:
            nobody = _("No single person has that family name and date of birth. Ask a colleague who leads.")
            form.add_error(None, nobody if refused.code == "not-found" else str(refused.text))
        else:
            _who, _begins, ends = emergency.opened(made.json) or ("", None, None)
            request.session[UNTIL] = ends.timestamp() if ends else 0
            messages.info(
                request,
                _("This record is open to you for an hour. Every look is written down, and they are told."),
            )
            return redirect("person", patient.partition("/")[2])
    facts = {"form": form, "held": _held(request.door), "reviews": _reviews(request.door)}
    return render(request, "people/emergency.html", facts, status=422 if form.errors else 200)


@require_POST
@staff_only
def end(request: Request, rid: str) -> HttpResponse:
    """`/emergency/<task>/end/`"""
    emergency.end(request.door, rid)
    if not _held(request.door):
        request.session.pop(UNTIL, None)
    return redirect("people_emergency")


@require_POST
@staff_only
def reviewed(request: Request, rid: str) -> HttpResponse:
    """`/emergency/<task>/reviewed/`"""
    reviews.close(request.door, rid, request.POST.get("found", ""))
    return redirect("people_emergency")


def _held(door: Door) -> list[Held]:
    return [
        Held(task, patient.partition("/")[2], actors.name_of(door.conn, patient), until)
        for task, patient, until in emergencies.open_now(door)
    ]


def _reviews(door: Door) -> list[Review]:
    code = f"{KIND}|{reviews.CODE}"
    found = door.search("Task", [("code", code), ("status", reviews.OPEN), ("_count", "50")]).matches
    own = (door.actor.ref, *door.actor.positions)
    mine = {record.rid: body for record in found if reviews.reviewer(body := record.json)[0] in own}
    opened = door.many(reviews.reviewer(body)[2] for body in mine.values())
    shown = []
    for rid, body in mine.items():
        task: dict[str, Any] = opened[about].json if (about := reviews.reviewer(body)[2]) in opened else {}
        if task:
            shown.append(
                Review(
                    rid,
                    actors.name_of(door.conn, body["for"]["reference"]),
                    str(task["requester"].get("display", "")),
                    datetime.fromisoformat(task["authoredOn"]),
                    str(task["reasonCode"]["text"]),
                )
            )
    return shown
