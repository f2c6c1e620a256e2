"""Only in a demo: be somebody with one click, and read the e-mails that would have been sent."""

from __future__ import annotations

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_not_required
from django.core.paginator import Paginator
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from rapport.fhir.index_keys import fold
from rapport.fhir.outcomes import not_found
from rapport.people import actors, factors
from rapport.people.models import Mark, Outbox, User

MARK = "demo"


def is_demo() -> bool:
    """Whether this process was started as a demo and the database was made as one. Both count."""
    return bool(settings.DEMO) and Mark.objects.filter(name=MARK).exists()


def _demo_only() -> None:
    if not is_demo():
        raise not_found()


@login_not_required
@require_safe
def people(request: HttpRequest) -> HttpResponse:
    """Everyone one can be."""
    _demo_only()
    connection.ensure_connection()
    users = sorted(User.objects.filter(is_active=True), key=lambda user: fold(user.display_name))
    shown = [(user, actors.actor_for(connection.connection, user)) for user in users]
    facts = {
        "patients": [pair for pair in shown if pair[0].kind != "staff"],
        "staff": [pair for pair in shown if pair[0].kind == "staff"],
    }
    return render(request, "people/demo.html", facts)


@login_not_required
@require_POST
def become(request: HttpRequest) -> HttpResponse:
    """Sign in as one of them, without a password or a second step."""
    _demo_only()
    user = User.objects.filter(person=request.POST.get("person", ""), is_active=True).first()
    if user is None:
        raise not_found()
    logout(request)
    get_adapter().login(request, user)
    factors.shown(request, user)
    return redirect("/")


@login_not_required
@require_safe
def outbox(request: HttpRequest) -> HttpResponse:
    """The e-mails of the demo, newest first."""
    _demo_only()
    page = Paginator(Outbox.objects.order_by("-id"), 25).get_page(request.GET.get("page"))
    return render(request, "people/outbox.html", {"page": page})
