"""Names beside references: nobody appears in a conversation under a name that is not theirs.

Who reads may not see the record of everyone in a conversation; then the name beside the reference is shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from rapport.gate.door import Door
from rapport.people import site
from rapport.pillars.conversations import finding
from rapport.pillars.conversations.rules.who import Who
from rapport.pillars.conversations.rules.words import broken
from rapport.pillars.conversations.shapes.codes import display_of, ref_of, refs_of

Body = dict[str, Any]


def judge(door: Door, before: Body | None, after: Body, who: Who) -> None:
    """Refused("rule") when a person gives somebody another name than their account or the record does.

    Names that stood there before may stay, and a part of a question has those of the whole.
    """
    if who.kind not in ("patient", "kin", "staff"):
        return
    own = door.rapport("conversations")
    new = set(_displays(after)) - set(_displays(before))
    new -= {(ref, who.name) for ref in who.names}
    if new and before is None and after["resourceType"] == "Task":
        wholes = (finding.look(own, ref, "concern") for ref in refs_of(after.get("partOf")))
        new -= {said for whole in wholes for said in _displays(whole)}
    if not new:
        return
    known = _known(own, {ref for ref, _name in new})
    for ref, name in sorted(new):
        if name not in known[ref]:
            raise broken("names", name=name)


def _displays(value: object) -> Iterator[tuple[str, str]]:
    """Every (reference, display) in a resource."""
    if isinstance(value, dict):
        if ref_of(value) and display_of(value):
            yield ref_of(value), display_of(value)
        value = list(value.values())
    for part in value if isinstance(value, list) else ():
        yield from _displays(part)


def _known(door: Door, refs: Iterable[str]) -> dict[str, set[str]]:
    """All names of positions, people and teams, as the record and the settings have them."""
    refs = set(refs)
    desks = finding.desks(door, refs)
    people = {ref: desks[ref].person if ref in desks else ref for ref in refs}
    bodies = {ref: record.json for ref, record in door.many(set(people.values()) - {""}).items()}
    found = {ref: _names(bodies.get(person, {})) for ref, person in people.items()}
    for ref in refs:
        team = site.current().team(ref)
        found[ref] |= set(team.name.values()) if team else set()
        found[ref] |= {desks[ref].name} if ref in desks else set()
    return found


def _names(body: Body) -> set[str]:
    given = body.get("name")
    if not isinstance(given, list):
        return {given} if isinstance(given, str) else set()
    found: set[str] = set()
    for name in given:
        plain = [*(name.get("given") or ()), *filter(None, [name.get("family")])]
        found |= {str(name.get("text", "")), " ".join(plain), " ".join([*(name.get("prefix") or ()), *plain])}
    return found
