"""Looking for records that may be of one person: by index, a few candidates for each; never all pairs."""

from __future__ import annotations

import re
from typing import Any

from rapport.fhir.outcomes import Refused
from rapport.gate.door import Door
from rapport.gate.identity.links import replaced
from rapport.pillars.identity import rules

Body = dict[str, Any]


#: So many of each kind are looked at.
MOST_FOUND = 30
Query = list[tuple[str, str]]


def queries(body: Body) -> list[Query]:
    """The searches that find whom a Patient may be the same as: each begins at an index, and is bounded."""
    found: list[Query] = []
    known = [f"{system}|{value}" for system, value in rules.numbers(body) if system]
    ways = (("identifier", known), ("phone", rules.phones(body)), ("email", rules.emails(body)))
    for name, values in ways:
        if plain := [value for value in values if not re.search(r"[,\\$]", value)]:
            found.append([(name, ",".join(plain))])
    for given, family in map(rules.parts, rules.dicts(body, "name")):
        if given and family:
            found.append([("family", family[0]), ("given", given[0])])
            found.append([("family", given[0]), ("given", family[0])])
            if days := rules.born(body):
                beginnings = ",".join(dict.fromkeys((family[0][:3], given[0][:3])))
                found.append([("birthdate", ",".join((*days, *rules.slips(days[0])))), ("name", beginnings)])
    return [[*query, ("_count", str(MOST_FOUND))] for query in found[: 3 * rules.MOST]]


def likely(door: Door, body: Body) -> dict[str, int]:
    """Who may be the same person as this Patient (`Patient/…`), and how much speaks for it."""
    if replaced(body):
        return {}
    found: dict[str, Body] = {}
    for query in queries(body):
        try:
            found |= {one.ref: one.json for one in door.search("Patient", query).matches}
        except Refused:  # what somebody wrote as a number or a date can't be searched for
            continue
    found.pop(f"Patient/{body['id']}", None)
    scores = {
        ref: rules.score(rules.compare(body, other)) for ref, other in found.items() if not replaced(other)
    }
    return {ref: score for ref, score in scores.items() if score >= rules.LIKELY}
