"""Why somebody may see or change something, in a sentence that a person can read."""

from __future__ import annotations

from dataclasses import dataclass

from rapport.fhir.definitions import TYPE_NUMBERS
from rapport.fhir.keys import resource_key

from . import policy
from .permissions import ACTION_WORDS, Action, category_of
from .visit import Visit


@dataclass(frozen=True, slots=True)
class Decision:
    """Yes or no, why, and the rule that said so ("" where no rule speaks)."""

    allowed: bool
    reason: str
    rule: str


_RULES = {
    "system": "Rapport does this itself, and writes it down.",
    "client": "The program {name} was given this kind of resource.",
    "directory": "Everybody who is signed in can look this up.",
    "directory_keepers": "{name} keeps the directory of this site.",
    "registrars": "{name} registers the people of this site.",
    "files": "{name} can open this because they can open what it belongs to.",
}


def decide(visit: Visit, action: Action, rtype: str, rid: str) -> Decision:
    """The first rule that lets this through, in words. Not shared and not there are one."""
    name, word = visit.actor.name, ACTION_WORDS[action]
    no = Decision(False, f"Nothing lets {name} {word} this. It may not be here at all.", "")
    if rtype not in TYPE_NUMBERS:
        return no
    ask = policy.Ask(visit.actor, action, rtype, visit.purpose)
    key = resource_key(rtype, rid)
    for rule in policy.RULES:
        where = rule(ask)
        if where is None:
            continue
        row = visit.conn.execute(
            f"SELECT t.patient FROM resource t WHERE t.id = %(gate_row)s AND {where.on('t')}",  # noqa: S608
            {**where.params, "gate_row": key},
        ).fetchone()
        if row is None:
            continue
        if rule.__name__ in _RULES:
            return Decision(True, _RULES[rule.__name__].format(name=name), rule.__name__)
        return _by_grant(visit, ask, key)
    return no


def _by_grant(visit: Visit, ask: policy.Ask, key: int) -> Decision:
    """The sentence of the broadest grant that lets it through."""
    row = visit.conn.execute(
        "SELECT g.rule, g.why FROM access_grant g JOIN resource t ON t.patient = g.patient"
        " WHERE t.id = %s AND g.actor = ANY(%s::bigint[]) AND g.categories & %s <> 0"
        " AND g.valid_from <= now() AND g.valid_until > now() ORDER BY g.scope IS NOT NULL, g.rule LIMIT 1",
        (key, visit.actor.keys, category_of(ask.rtype)),
    ).fetchone()
    rule, why = row if row else ("", "")
    return Decision(True, f"{visit.actor.name} can {ACTION_WORDS[ask.action]} this: {why}", str(rule))
