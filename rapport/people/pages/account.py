"""Pages about oneself: more, my sign-in and devices, the wall in front of a missing second factor, drafts."""

from __future__ import annotations

from allauth.account.models import EmailAddress, get_emailconfirmation_model
from allauth.account.views import confirm_email as allauth_confirm_email
from django.contrib import messages
from django.http import HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from rapport.fhir.outcomes import not_found
from rapport.people import accounts, asking, drafts, events, factors, sessions, standings, statements
from rapport.people import more as more_links
from rapport.people.forms import QuietForm
from rapport.people.request import Request


@require_safe
def more(request: Request) -> HttpResponse:
    """Everything that is not done every day."""
    return render(request, "people/more.html", {"links": more_links.links(request.actor)})


@require_safe
def whose(request: Request) -> HttpResponse:
    """Everyone whose pages I may open: my own, and those of people who let me in."""
    if request.actor.kind == "staff":
        raise not_found()
    return render(request, "people/whose.html", {"found": standings.whose(request)})


@require_safe
def sign_in(request: Request) -> HttpResponse:
    """How I sign in, where I am signed in, and what happened to my account."""
    facts = {
        "address": EmailAddress.objects.filter(user=request.user, primary=True).first(),
        "enrolled": factors.enrolled(request.user),
        "devices": [
            (row, sessions.device(row.agent), sessions.here(row, request.session.session_key))
            for row in sessions.of(request.user)
        ],
        "events": events.of(request.user.person, 10),
    }
    return render(request, "people/sign_in.html", facts)


@require_http_methods(["GET", "HEAD", "POST"])
def quiet(request: Request) -> HttpResponse:
    """`/account/quiet/`: when no e-mail comes to one of a circle. Patients say it with how to reach them."""
    mine = [ref for ref in standings.persons(request.user) if ref.startswith("RelatedPerson/")]
    if not mine:
        raise not_found()
    begins, ends = statements.quiet_of(asking.conn(), mine[0]) or (None, None)
    form, status = QuietForm(request.POST or None, initial={"begins": begins, "ends": ends}), 200
    if request.method == "POST":
        if form.is_valid():
            for ref in mine:
                statements.set_quiet(asking.conn(), ref, form.hours)
            messages.success(request, _("Kept."))
            return redirect("people_more")
        status = 422
    return render(request, "people/quiet.html", {"form": form}, status=status)


@require_POST
def end_all(request: Request) -> HttpResponse:
    """Sign out everywhere but here; tokens end too."""
    accounts.end_everything(request.user, but_session=request.session.session_key)
    events.note("ended-all", person=request.user.person, by=request.user.person, request=request)
    messages.info(request, _("Every other device is signed out."))
    return redirect("people_sign_in")


@require_POST
def end_one(request: Request, began: int) -> HttpResponse:
    """Sign one device out, told by when its sign-in began."""
    for row in sessions.of(request.user):
        if int(row.began_at.timestamp()) == began and not sessions.here(row, request.session.session_key):
            row.delete()
            messages.info(request, _("That device is signed out."))
    return redirect("people_sign_in")


def confirm_email(request: Request, key: str) -> HttpResponse:
    """The link that proves an address. Only its owner, signed in, can use it: whoever got the mail by a
    wrong letter must not."""
    found = get_emailconfirmation_model().from_key(key)
    if found is not None and found.email_address.user_id != request.user.pk:
        raise not_found()
    answer: HttpResponse = allauth_confirm_email(request, key=key)
    return answer


@require_safe
def factor(request: Request) -> HttpResponse:
    """Staff without a second factor get no further than this page."""
    if not request.user.is_staff_member or (factors.enrolled(request.user) and not factors.missing(request)):
        return redirect("mfa_index")
    return render(request, "people/factor.html", {"enrolled": factors.enrolled(request.user)})


@require_POST
def draft(request: Request) -> HttpResponse:
    """Keep what is being typed (`place`, `text` as JSON); an empty text forgets it. For the page's script."""
    place, text = request.POST.get("place", ""), request.POST.get("text", "")
    if not place.startswith("/") or len(place) > 200 or len(text) > drafts.LONGEST:
        return HttpResponseBadRequest()
    if text.strip():
        drafts.save(request.actor.ref, place, text)
    else:
        drafts.clear(request.actor.ref, place)
    return HttpResponse(status=204)
