"""Inviting a patient: find them in the record, choose the right one, print a letter or send a link."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render

from rapport.people import actors, invitations, mail, site
from rapport.people.inviting import FindPatient, HowToInvite, HowToInviteAnew
from rapport.people.models import Invitation, User
from rapport.people.portrait import Moment, human_name, moment
from rapport.people.request import Request, staff_only

#: More than this many and the page asks for more letters of the name.
MOST = 20


@dataclass(frozen=True, slots=True)
class Found:
    """A patient as the page shows them, so that a person can tell who is who."""

    rid: str
    name: str
    born: Moment | None
    gender: str
    place: str
    signs_in: bool
    invited: bool


def found_of(patient: Mapping[str, Any], accounts: set[str], invited: set[str]) -> Found:
    """What tells a patient apart: name, birth date, gender, town."""
    ref = f"Patient/{patient['id']}"
    address: Mapping[str, Any] = next(iter(patient.get("address", [])), {})
    return Found(
        rid=str(patient["id"]),
        name=human_name(patient.get("name"))[0],
        born=moment(patient.get("birthDate")) if invitations.birth_date_of(dict(patient)) else None,
        gender=str(patient.get("gender", "")),
        place=str(address.get("city", "")),
        signs_in=ref in accounts,
        invited=ref in invited,
    )


@staff_only
def find(request: Request) -> HttpResponse:
    """Search by name and birth date, in what the door lets this person see."""
    form = FindPatient(request.GET or None)
    found: list[Found] | None = None
    many = False
    if request.GET and form.is_valid():
        query = [("name", form.cleaned_data["name"]), ("_count", str(MOST + 1)), ("_sort", "family")]
        if born := form.cleaned_data["birth_date"]:
            query.append(("birthdate", born.isoformat()))
        patients = [record.json for record in request.door.search("Patient", query).matches]
        many = len(patients) > MOST
        found = _shown(patients[:MOST])
    return render(request, "people/invite_find.html", {"form": form, "found": found, "many": many})


def _shown(patients: list[dict[str, Any]]) -> list[Found]:
    refs = [f"Patient/{patient['id']}" for patient in patients]
    accounts = set(User.objects.filter(person__in=refs).values_list("person", flat=True))
    waiting = Invitation.objects.filter(person__in=refs, used_at=None, ended_at=None)
    invited = set(waiting.values_list("person", flat=True))
    return [found_of(patient, accounts, invited) for patient in patients]


def _form(request: Request, patient: Found, proven: str) -> HowToInvite | HowToInviteAnew:
    if patient.signs_in:
        by_mail, on_paper = bool(proven) and mail.can_send(), actors.leads(request.actor)
        ways = (("email",) if by_mail else ()) + (("print",) if on_paper else ())
        return HowToInviteAnew(request.POST or None, ways=ways)
    form = HowToInvite(request.POST or None, initial={"how": "print"})
    if not mail.can_send():
        form.fields["how"].choices = form.fields["how"].choices[:1]  # type: ignore[attr-defined]
    return form


@staff_only
def invite(request: Request, rid: str) -> HttpResponse:
    """One patient: how the invitation gets there; then the letter, or that the e-mail is on its way."""
    patient = _shown([request.door.read("Patient", rid).json])[0]
    proven = invitations.proven_address(f"Patient/{rid}") if patient.signs_in else ""
    form = _form(request, patient, proven)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        email = said.get("email") or proven if said["how"] == "email" else ""
        row, secret = invitations.invite_patient(request.door, rid, email, said.get("why", ""))
        facts = {"patient": patient, "invited": row, "code": "" if email else secret, "rules": site.current()}
        return render(request, "people/invite_done.html", facts)
    return render(
        request, "people/invite.html", {"form": form, "patient": patient}, status=422 if form.errors else 200
    )
