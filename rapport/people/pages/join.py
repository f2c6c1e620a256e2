"""Accepting an invitation: by the link of an e-mail, or by the code on a letter."""

from __future__ import annotations

from typing import Any

from allauth.account.internal.flows.login import perform_login
from allauth.account.models import EmailAddress, Login
from allauth.core.internal import ratelimit
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters

from rapport.fhir.outcomes import Refused
from rapport.people import actors, asking, invitations, kin_invitations, mail
from rapport.people.forms import Code, Join
from rapport.people.models import Invitation, User
from rapport.ui import errors

#: In the session between the code and the form, so that no code stands in an address.
CODE = "invitation"


@login_not_required
def code(request: HttpRequest) -> HttpResponse:
    """Where to type the code of a letter."""
    form = Code(request.POST or None)
    if request.method == "POST" and form.is_valid():
        if not _may_try(request):
            return errors.show(request, 429)
        found = invitations.find(form.cleaned_data["code"])
        if found:
            request.session[CODE] = found.pk
            return redirect("people_join")
        form.add_error(
            "code", _("We do not know this code. Look at each letter again, or ask for a new one.")
        )
    return render(request, "people/join_code.html", {"form": form}, status=422 if form.errors else 200)


@login_not_required
def link(request: HttpRequest, secret: str) -> HttpResponse:
    """The link of an e-mail: kept in the session, out of the address."""
    if not _may_try(request):
        return errors.show(request, 429)
    found = invitations.find(secret)
    if found is None:
        return render(request, "people/join_over.html", status=404)
    if request.user.is_authenticated and not kin_invitations.theirs(found, request.user):
        logout(request)
    request.session[CODE] = found.pk
    return redirect("people_join")


@login_not_required
@sensitive_post_parameters("password")
def join(request: HttpRequest) -> HttpResponse:
    """E-mail address and password; then they are in. Their name is the one of the record."""
    row = Invitation.objects.filter(pk=request.session.get(CODE, 0), used_at=None, ended_at=None).first()
    if row is None:
        return redirect("people_join_code")
    if request.user.is_authenticated and kin_invitations.theirs(row, request.user):
        return _take_on(request, row)
    known = User.objects.filter(person=row.person).first()
    first = {"email": row.email or (known.email if known else "")}
    kin = row.person.startswith("RelatedPerson/")
    form = Join(request.POST or None, initial=first, ask_birth_date=row.birth_date is not None)
    if kin:  # for the address that it was sent to alone
        form.fields["email"].disabled = True
    if request.method == "POST" and form.is_valid() and (user := _accept(request, row, form)):
        return _enter(request, user)
    facts = {"form": form, "invited": row, "again": known is not None, "kin": kin}
    return render(request, "people/join.html", facts, status=422 if form.errors else 200)


def _take_on(request: HttpRequest, row: Invitation) -> HttpResponse:
    """They have an account with this address: one press, and the new patient is beside those before."""
    if request.method != "POST":
        return render(request, "people/join_too.html", {"invited": row, "by": _inviter(row)})
    person = kin_invitations.take_on(row.pk, request.user, request)  # type: ignore[arg-type]
    request.session.pop(CODE, None)
    found = actors.actor_of(asking.conn(), person, "", 0)
    return redirect(f"/for/{found.patients[0].partition('/')[2]}/" if found.patients else "/")


def _inviter(row: Invitation) -> str:
    return actors.name_of(asking.conn(), row.by)


def _accept(request: HttpRequest, row: Invitation, form: Join) -> User | None:
    said: dict[str, Any] = form.cleaned_data
    joining = invitations.Joining(
        said["email"], said["password"], said.get("birth_date"), get_language() or ""
    )
    try:
        return invitations.accept(row.pk, joining, request)
    except Refused as wrong:
        form.add_error(wrong.next if wrong.next in form.fields else None, wrong.text)
        return None


def _enter(request: HttpRequest, user: User) -> HttpResponse:
    """Sign in as after a password: a second factor that they have is asked for."""
    request.session.pop(CODE, None)
    address = EmailAddress.objects.filter(user=user, primary=True, verified=False).first()
    if address and mail.can_send():
        address.send_confirmation(request)
    target = "/account/factor/" if user.is_staff_member else "/"
    response: HttpResponse = perform_login(request, Login(user=user, redirect_url=target))
    return response


def _may_try(request: HttpRequest) -> bool:
    rates = {"join": "20/m/ip,100/h/ip"}
    return bool(ratelimit.consume(request, app="people", action="join", config=rates, limit_get=True))
