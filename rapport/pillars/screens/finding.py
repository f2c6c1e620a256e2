"""Small look-ups through a door that verbs, guards and reading share: one search each, bounded."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rapport.fhir.outcomes import not_found
from rapport.gate.claims import MATTERS
from rapport.gate.door import Door
from rapport.gate.together import Asks, inquiry
from rapport.people import site
from rapport.people.actors import position_of
from rapport.people.portrait import human_name
from rapport.pillars.screens.rules.steps import Who
from rapport.pillars.screens.shapes.answers import Answers, is_answers, read_answers
from rapport.pillars.screens.shapes.codes import CONTENT, ref_of
from rapport.pillars.screens.shapes.orders import read_order
from rapport.pillars.screens.shapes.packs import Pack, read_pack

Body = dict[str, Any]

#: Most installed forms, or drafts of one person, that are read at once.
MOST = 100
_CONTENT = ("_tag", f"{CONTENT}|screen")


@inquiry
def packs(_door: Door) -> Asks[tuple[Pack, ...]]:
    """The forms that the site has installed, by name."""
    found = yield "Questionnaire", [_CONTENT, ("status", "active"), ("_count", str(MOST))]
    read = (read_pack(record.json) for record in found.matches)
    return tuple(sorted((one for one in read if one), key=lambda one: one.instrument.key))


def pack_of(door: Door, form: str) -> Pack | None:
    """The installed form of an address, taken out since or not; None for any other form."""
    url = form.partition("|")[0]
    if not url or url == MATTERS:
        return None
    found = door.search("Questionnaire", [("url", url), _CONTENT, ("_count", "1")]).matches
    return read_pack(found[0].json) if found else None


def need_answers(door: Door, rid: str) -> tuple[Body, Pack]:
    """A response to an installed form, and the form; not found for anything else."""
    body = door.read("QuestionnaireResponse", rid).json
    pack = pack_of(door, read_answers(body).form) if is_answers(body) else None
    if pack is None:
        raise not_found()
    return body, pack


def who(door: Door) -> Who:
    """Who acts at this door, as the rules need to know them."""
    return Who(door.actor.kind, door.actor.ref, door.actor.positions)


def living(door: Door, patient: str) -> str | None:
    """The name of a patient; None for nobody, and for who has died."""
    record = door.find("Patient", patient.partition("/")[2])
    body = record.json if record is not None else {}
    if not body or body.get("deceasedDateTime") or body.get("deceasedBoolean") is True:
        return None
    return human_name(body.get("name"))[0]


def team_of(door: Door, given: Answers) -> str:
    """The team that looks at a result: of the order, else of the person's care, else the site's first."""
    record = door.find("ServiceRequest", given.order.partition("/")[2]) if given.order else None
    if record is not None and read_order(record.json).team:
        return read_order(record.json).team
    found = door.search("CareTeam", [("patient", given.patient), ("status", "active"), ("_count", "20")])
    members = (
        ref_of(one.get("member")) for record in found.matches for one in record.json.get("participant") or ()
    )
    teams = [ref for ref in members if ref.startswith("Organization/")]
    return next(iter(teams), next((team.ref for team in site.current().teams), ""))


def holders(door: Door, chain: Iterable[str]) -> dict[str, str]:
    """The positions of a chain that somebody holds now, in its order: position to name."""
    wanted = list(chain)
    found = door.many(wanted)
    held = {ref: found[ref].json for ref in wanted if ref in found and position_of(found[ref].json)}
    return {ref: str((body.get("practitioner") or {}).get("display", "")) for ref, body in held.items()}


def persons(door: Door, refs: Iterable[str]) -> tuple[str, ...]:
    """The people behind positions and teams."""
    wanted = [ref for ref in dict.fromkeys(refs) if ref]
    held = door.many(ref for ref in wanted if ref.startswith("PractitionerRole/"))
    bodies = [record.json for record in held.values()]
    teams = ",".join(ref for ref in wanted if ref.startswith("Organization/"))
    if teams:
        found = door.search("PractitionerRole", [("organization", teams), ("_count", "500")])
        bodies += [record.json for record in found.matches]
    desks = (position_of(body) for body in bodies)
    return tuple(dict.fromkeys(desk.person for desk in desks if desk is not None))


def names(door: Door, patients: Iterable[str]) -> dict[str, str]:
    """The names of patients, as far as they may be read."""
    return {ref: human_name(record.json.get("name"))[0] for ref, record in door.many(patients).items()}
