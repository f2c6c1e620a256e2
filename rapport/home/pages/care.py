"""Who cares for a person: the care teams of the record. A lead puts a team into somebody's care."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from rapport.fhir.outcomes import not_found
from rapport.gate import joins
from rapport.gate.door import Door
from rapport.gate.grants import WHOLE, sees_whole
from rapport.gate.together import Asks, inquiry
from rapport.people import site
from rapport.people.actors import leads
from rapport.people.portrait import human_name, short
from rapport.people.request import Request, leads_only

_NAMES = uuid.UUID("6a5f8f52-7f2b-4a39-9c53-1f7c0a4d2b90")


@inquiry
def care_teams(door: Door, patient: str) -> Asks[list[dict[str, Any]]]:
    """The care teams of a person that are active, as far as they may be read."""
    query = [("patient", patient), ("status", "active"), ("_count", "20")]
    found = yield "CareTeam", query
    return [record.json for record in found.matches]


def members(teams: list[dict[str, Any]]) -> dict[str, str]:
    """Who is on them: reference to name."""
    rules, language = site.current(), get_language() or ""
    found: dict[str, str] = {}
    for team in teams:
        for participant in team.get("participant") or ():
            member = participant.get("member") or {}
            ref, known = str(member.get("reference", "")), rules.team(str(member.get("reference", "")))
            found[ref] = rules.say(known.name, language) if known else str(member.get("display") or "")
    return {ref: name for ref, name in found.items() if ref and name}


def of_the_whole(door: Door, patient: str, teams: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those of a person's care teams that have the whole record: all, unless records were joined."""
    if not joins.replaced(door.conn, patient):
        return teams
    return [team for team in teams if sees_whole(team)]


def may_give(request: Request, patient: str, teams: list[dict[str, Any]]) -> tuple[tuple[str, str], ...]:
    """Teams that a lead may put into the person's care, who has these care teams."""
    if not leads(request.actor):
        return ()
    already = members(of_the_whole(request.door, patient, teams))
    rules, language = site.current(), get_language() or ""
    return tuple(
        (team.ref, rules.say(team.name, language)) for team in rules.teams if team.ref not in already
    )


@require_POST
@leads_only
def give(request: Request, rid: str) -> HttpResponse:
    """`/people/<rid>/care/`: a team cares for this person from now on, and so may read the record."""
    door, ref = request.door, request.POST.get("team", "")
    team = site.current().team(ref)
    patient = door.read("Patient", rid)
    if team is None:
        raise not_found()
    name, called = site.current().say(team.name), human_name(patient.json.get("name"))[0]
    body: dict[str, Any] = {
        "resourceType": "CareTeam",
        "id": str(uuid.uuid5(_NAMES, f"{patient.ref} {ref}")),
        "status": "active",
        "name": f"{name}: {called}",
        "subject": {"reference": patient.ref, "display": called},
        "participant": [{"member": {"reference": ref, "display": name}}],
    }
    if joins.replaced(door.conn, patient.ref):  # who gives a joined record into care gives all of it
        body["meta"] = {"tag": [{"system": WHOLE[0], "code": WHOLE[1]}]}
    before = door.find("CareTeam", str(body["id"]))
    if before is None:
        door.create(body, rid=str(body["id"]))
    elif before.json.get("status") != "active" or "meta" in body:
        meta = {**before.json["meta"], **body.get("meta", {})}
        door.update({**before.json, "meta": meta, "status": "active"})
    messages.success(
        request,
        _("%(team)s cares for %(name)s now.") % {"team": name, "name": short(called) or _("this person")},
    )
    return redirect("person", rid)
