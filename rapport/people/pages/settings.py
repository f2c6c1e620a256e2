"""The settings of the site, as text, for who leads."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from rapport.people import site
from rapport.people.forms import SettingsText
from rapport.people.models import SiteText, User
from rapport.people.request import Request, leads_only, staff_only


@staff_only
@leads_only
def settings(request: Request) -> HttpResponse:
    """See, check and change the settings; what was in force before is kept."""
    form = SettingsText(request.POST or None, initial={"text": site.text_in_force()})
    if request.method == "POST" and form.is_valid():
        site.load(form.cleaned_data["text"], by=request.actor.ref, why=form.cleaned_data["why"])
        messages.info(request, _("These settings are in force now."))
        return redirect("people_settings")
    text = str(form["text"].value())
    doubts = [issue for issue in site.check(text) if issue.severity != "error"]
    rows = list(SiteText.objects.order_by("-id").values("by", "why", "at")[:10])
    names = dict(
        User.objects.filter(person__in=[row["by"] for row in rows]).values_list("person", "display_name")
    )
    versions = [(row["at"], names.get(row["by"]) or _by(row["by"]), row["why"]) for row in rows]
    facts = {"form": form, "doubts": doubts, "versions": versions}
    return render(request, "people/settings.html", facts, status=422 if form.errors else 200)


def _by(ref: str) -> str:
    """Who changed settings without an account: Rapport itself, or a word such as "operator ann"."""
    return "Rapport" if ref.startswith("Device/") else ref
