"""Pages for who leads: who works here, who leaves, a lost second factor, a colleague's way in."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from rapport.fhir.outcomes import Refused, not_found
from rapport.people import absences, accounts, actors, factors, invitations, leavers, site
from rapport.people.forms import Away, Reason
from rapport.people.models import User
from rapport.people.request import Request, leads_only, staff_only


@dataclass(frozen=True, slots=True)
class Colleague:
    """Someone who works here, as the list shows them."""

    user: User
    roles: tuple[str, ...]
    teams: tuple[str, ...]
    has_factor: bool
    within_reach: bool
    may_leave: bool
    cover: str | None


def _colleagues(request: Request) -> list[Colleague]:
    users = list(
        User.objects.filter(person__startswith="Practitioner/", is_active=True).order_by("display_name")
    )
    names = {user.person: user.display_name for user in users}
    by_person = _positions(request)
    teams = _team_names(request, by_person)
    duties = leavers.holders(request.door.conn)
    found = []
    for user in users:
        held = by_person.get(user.person, [])
        away = absences.absent(request.door.conn, user.person)
        cover = absences.covering(request.door.conn, user.person) if away else None
        found.append(
            Colleague(
                user,
                tuple(dict.fromkeys(at.role for at in held)),
                tuple(dict.fromkeys(teams[at.team] for at in held if at.team in teams)),
                factors.enrolled(user),
                _within_reach(request, *(at.duties for at in held)),
                leavers.must_stay(request.actor, user.person, duties) is None,
                names.get(cover, "") if cover is not None else None,
            )
        )
    return found


@staff_only
@leads_only
def people(request: Request) -> HttpResponse:
    """Everyone who works here."""
    return render(request, "people/staff.html", {"colleagues": _colleagues(request)})


def _positions(request: Request) -> dict[str, list[actors.Position]]:
    found: dict[str, list[actors.Position]] = {}
    for held in actors.positions(request.door.conn, active="true"):
        found.setdefault(held.person, []).append(held)
    return found


def _team_names(request: Request, held: dict[str, list[actors.Position]]) -> dict[str, str]:
    """Names of teams: the ones of the settings in the reader's language, else those of the record."""
    rules = site.current()
    refs = {at.team for some in held.values() for at in some if at.team}
    found = {ref: str(record.json.get("name", "")) for ref, record in request.door.many(refs).items()}
    return found | {
        team.ref: rules.say(team.name, get_language() or "") for team in rules.teams if team.ref in refs
    }


def _colleague(request: Request, rid: str) -> User:
    user = User.objects.filter(person=f"Practitioner/{rid}", is_active=True).first()
    if user is None:
        raise not_found()
    return user


def _within_reach(request: Request, *duties: frozenset[str]) -> bool:
    """Who opens an account anew can sign in with it: so nobody does for a duty that they do not have."""
    return frozenset[str]().union(*duties) <= request.actor.duties


def _opened_anew(request: Request, rid: str) -> User:
    user = _colleague(request, rid)
    if not _within_reach(request, actors.duties_of(request.door.conn, user.person)):
        raise Refused(
            "forbidden",
            _("%(name)s has a duty that you do not have.") % {"name": user},
            _("Ask whoever runs this site."),
        )
    return user


@staff_only
@leads_only
def leave(request: Request, rid: str) -> HttpResponse:
    """Ask once, then close their account, sign-ins and positions; their questions go back to the team."""
    user = _colleague(request, rid)
    if refused := leavers.must_stay(request.actor, user.person, leavers.holders(request.door.conn)):
        raise refused
    if request.method == "POST":
        leavers.leave(request.door, user, why=request.POST.get("why", ""))
        messages.info(
            request,
            _("%(name)s is signed out everywhere. Their questions are back with the team.") % {"name": user},
        )
        return redirect("people_staff")
    return render(request, "people/staff_leave.html", {"colleague": user})


@staff_only
@leads_only
def reset(request: Request, rid: str) -> HttpResponse:
    """A lost second factor, after checking who they are; the reason is kept."""
    user = _opened_anew(request, rid)
    form = Reason(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            accounts.reset_factor(user, by=request.actor.ref, why=form.cleaned_data["why"])
        except Refused as wrong:
            form.add_error(None, f"{wrong.text} {wrong.next}")
        else:
            messages.info(
                request, _("%(name)s sets up a new second step at the next sign-in.") % {"name": user}
            )
            return redirect("people_staff")
    facts = {"form": form, "colleague": user, "back": "people_staff"}
    return render(request, "people/factor_reset.html", facts, status=422 if form.errors else 200)


@staff_only
@leads_only
def reset_patient(request: Request, rid: str) -> HttpResponse:
    """The same for a patient whom the door lets this person see."""
    request.door.read("Patient", rid)
    user = User.objects.filter(person=f"Patient/{rid}", is_active=True).first()
    if user is None:
        raise not_found()
    form = Reason(request.POST or None)
    if request.method == "POST" and form.is_valid():
        accounts.reset_factor(user, by=request.actor.ref, why=form.cleaned_data["why"])
        messages.info(request, _("%(name)s signs in with the password alone now.") % {"name": user})
        return redirect("people_invite_find")
    facts = {"form": form, "colleague": user, "back": "people_invite_find"}
    return render(request, "people/factor_reset.html", facts, status=422 if form.errors else 200)


@staff_only
@leads_only
def invite(request: Request, rid: str) -> HttpResponse:
    """A code that lets a colleague choose a (new) password, to hand over in person."""
    user = _opened_anew(request, rid)
    if request.method != "POST":
        return render(request, "people/staff_invite.html", {"colleague": user})
    row, code = invitations.invite_staff(user, by=request.actor.ref)
    return render(request, "people/invite_done.html", {"invited": row, "code": code, "rules": site.current()})


@staff_only
def absence(request: Request) -> HttpResponse:
    """My own absences: from, until, who covers."""
    me = request.actor.ref
    colleagues = User.objects.filter(person__startswith="Practitioner/", is_active=True).exclude(person=me)
    choices = [(user.person, user.display_name) for user in colleagues.order_by("display_name")]
    form = Away(request.POST if request.POST.get("first") is not None else None, colleagues=choices)
    if request.method == "POST" and "end" in request.POST:
        number = request.POST["end"]
        absences.end(int(number) if number.isdecimal() and len(number) < 18 else 0, me)
        messages.info(request, _("Taken back. You are here."))
        return redirect("people_absence")
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        absences.set_absence(me, said["first"], said["last"], said["cover"], by=me)
        messages.info(request, _("Noted. Your questions go to who covers while you are away."))
        return redirect("people_absence")
    names = dict(choices)
    away = [(row, names.get(row.cover, "")) for row in absences.coming(me)]
    return render(
        request, "people/absence.html", {"form": form, "away": away}, status=422 if form.errors else 200
    )
