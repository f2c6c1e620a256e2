"""Why somebody may see or change something, in a sentence that a person can read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rapport.fhir.definitions import TYPE_NUMBERS
from rapport.fhir.keys import resource_key
from rapport.store.wire import StoreCursor

from . import granting, policy
from .permissions import ACTION_WORDS, Action
from .visit import Visit


@dataclass(frozen=True, slots=True)
class Decision:
    """Yes or no, why, and the rule that said so ("" where no rule speaks)."""

    allowed: bool
    reason: str
    rule: str


#: Duties of those who may ask about anybody's record who sees it, and why.
_MAY_ASK = frozenset({"lead", "privacy"})
_RULES = {
    "system": "Rapport does this itself, and writes it down.",
    "client": "The program {name} was given this kind of resource.",
    "directory": "Everybody who is signed in can look this up.",
    "directory_keepers": "{name} keeps the directory of this site.",
    "registrars": "{name} registers the people of this site.",
    "sharing_keepers": "{name} keeps what patients and the law say about sharing.",
    "files": "{name} can open this because they can open what it belongs to.",
}


def answers_for(visit: Visit, key: int) -> bool:
    """Whether who asks keeps sharing or privacy here, and is not shut out by the patient whose row this is.

    key  of any resource; of one that belongs to nobody, and of none, nobody shuts anybody out
    """
    if not visit.actor.duties & _MAY_ASK:
        return False
    ask = policy.Ask(visit.actor, "r", "Consent", visit.purpose)
    with visit.at_large():
        shut = _first(
            visit,
            "SELECT 1 FROM resource r JOIN resource t ON t.id = r.patient"  # noqa: S608
            f" WHERE r.id = %(gate_row)s AND NOT {granting.not_denied('t', ask)}",
            {"gate_row": key, "gate_keys": visit.actor.keys},
        )
    return shut is None


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
        row = _first(
            visit,
            f"SELECT t.patient FROM resource t WHERE t.id = %(gate_row)s AND {where.on('t')}",  # noqa: S608
            {**where.params, "gate_row": key},
        )
        if row is None:
            continue
        if rule.__name__ in _RULES:
            return Decision(True, _RULES[rule.__name__].format(name=name), rule.__name__)
        return _by_grant(visit, ask, key)
    return _denied(visit, ask, key) or no


def _denied(visit: Visit, ask: policy.Ask, key: int) -> Decision | None:
    """A denial of the patient closes what would be open. Told to those who may ask about others alone."""
    if visit._looks:
        return None
    row = _first(
        visit,
        "SELECT 1 FROM resource t WHERE t.id = %(gate_row)s AND t.patient <> 0 AND EXISTS (SELECT 1"  # noqa: S608
        f" FROM access_grant g WHERE g.patient = t.patient AND {granting.fits('g', 't', ask)})"
        f" AND NOT {granting.not_denied('t', ask)}",
        {"gate_row": key, "gate_keys": visit.actor.keys},
    )
    name = visit.actor.name
    return Decision(False, f"The patient closed this to {name}.", "denied") if row else None


def _by_grant(visit: Visit, ask: policy.Ask, key: int) -> Decision:
    """The sentence of the broadest grant that lets it through."""
    row = _first(
        visit,
        "SELECT g.rule::varchar, g.why::varchar FROM access_grant g"  # noqa: S608
        " JOIN resource t ON t.patient = g.patient"
        f" WHERE t.id = %(gate_row)s AND {granting.fits('g', 't', ask)}"
        " ORDER BY g.scope IS NOT NULL, g.rule LIMIT 1",
        {"gate_row": key, "gate_keys": visit.actor.keys},
    )
    rule, why = row if row else ("", "")
    return Decision(True, f"{visit.actor.name} can {ACTION_WORDS[ask.action]} this: {why}", str(rule))


def _first(visit: Visit, sql: str, params: Mapping[str, Any]) -> tuple[Any, ...] | None:
    return StoreCursor(visit.conn).execute(sql, params).fetchone()
