"""Which teams of this site care for somebody, and who is asked where nobody is named."""

from __future__ import annotations

from rapport.gate.door import Door
from rapport.people import actors, site


def of_patient(door: Door, patient: str) -> tuple[str, ...]:
    """The teams of this site (`Organization/…`) that care for somebody."""
    found = door.search("CareTeam", [("patient", patient), ("status", "active"), ("_count", "20")])
    refs = (
        str((one.get("member") or {}).get("reference", ""))
        for record in found.matches
        for one in record.json.get("participant") or ()
    )
    return tuple(dict.fromkeys(ref for ref in refs if site.current().team(ref)))


def first(door: Door, patient: str) -> tuple[str, str]:
    """The team that is asked about somebody, as (reference, name): theirs, else the site's first."""
    ref = next(iter(of_patient(door, patient)), "") or next(iter(site.current().teams)).ref
    known = site.current().team(ref)
    return ref, site.current().say(known.name) if known else ""


def whose(door: Door, patient: str, person: str) -> tuple[tuple[str, str], str]:
    """Who is asked about what `person` began, as (reference, name): they while they work here, else the team;
    and the reference of the team."""
    held = actors.positions(door.conn, practitioner=person.partition("/")[2]) if person else []
    if held:
        name = actors.name_of(door.conn, person)
        return (held[0].ref, name), held[0].team or first(door, patient)[0]
    team = first(door, patient)
    return team, team[0]
