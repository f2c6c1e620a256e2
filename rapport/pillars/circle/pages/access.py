"""Who may see a person's record, and why; and what somebody may do by law. For leads and privacy officers."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from rapport.fhir.outcomes import Refused
from rapport.people.portrait import Person, person, short
from rapport.people.request import Request
from rapport.pillars.circle import actions
from rapport.pillars.circle.contexts.access import AccessPage, LawPage, answer, groups, law_lines
from rapport.pillars.circle.forms import LawForm
from rapport.pillars.circle.reading import access as reading
from rapport.pillars.circle.shapes import Authority
from rapport.ui.errors import in_language
from rapport.ui.show import show


def _person(request: Request, rid: str) -> Person:
    reading.keeper(request.door, f"Patient/{rid}")
    found = request.door.rapport("circle").read("Patient", rid)  # who they are, and no more
    return person(found.json, timezone.localdate())


@require_safe
def access(request: Request, rid: str) -> HttpResponse:
    """`/access/<rid>/`: who may see this record; `?of=` what one person may see of it."""
    who = _person(request, rid)
    family, staff = reading.people(request.door, who.ref)
    asked = request.GET.get("of", "")
    known = {ref for ref, _name in (*family, *staff)}
    found = reading.reached(request.door, who.ref, asked) if asked in known else {}
    page = AccessPage(
        person=who,
        called=short(who.name),
        groups=groups(reading.may_see(request.door, who.ref)),
        law=law_lines(reading.by_law(request.door, who.ref)),
        family=tuple(family),
        staff=tuple(staff),
        asked=asked if found else "",
        answer=answer(found),
        shut_out=reading.shut_out(request.door, who.ref),
    )
    return show(request, "circle/access.html", page)


@require_http_methods(["GET", "HEAD", "POST"])
def law(request: Request, rid: str) -> HttpResponse:
    """`/access/<rid>/law/`: who, what they are by law, the proof, who signed, from when to when."""
    who = _person(request, rid)
    family, staff = reading.people(request.door, who.ref)
    form = LawForm(request.POST or None, family=family, staff=staff)
    once = request.POST.get("once", "") or str(uuid.uuid4())
    if request.method == "POST" and form.is_valid() and _entered(request, who.ref, form, once):
        messages.success(request, _("Entered. It holds as the law and the dates say."))
        return HttpResponseRedirect(reverse("access", args=[rid]), status=303)
    status = 422 if form.errors else 200
    return show(request, "circle/law.html", LawPage(who, short(who.name), form, once), status=status)


def _entered(request: Request, patient: str, form: Any, once: str) -> bool:
    said = form.cleaned_data
    begins = said["begins"] or timezone.localdate()
    authority = Authority(said["kind"], said["evidence"], begins, said["ends"], signer=said["signer"])
    try:
        actions.enter_authority(
            request.door,
            once=once,
            patient=patient,
            authority=authority,
            member=said["member"].partition("/")[2],
            name=said["name"],
            relation=said["relation"],
        )
    except Refused as refused:
        if refused.code == "not-found":
            raise
        form.add_error(None, " ".join((in_language(refused.text), in_language(refused.next))))
        return False
    return True


@require_POST
def end_law(request: Request, rid: str, consent: str) -> HttpResponse:
    """`/access/<rid>/law/<consent>/end/`"""
    _person(request, rid)
    actions.end_authority(request.door, consent=consent)
    messages.success(request, _("Ended. It opens nothing any more."))
    return HttpResponseRedirect(reverse("access", args=[rid]), status=303)
