"""The SQL of a grant: what must be so for somebody to do something to a row of somebody's record.

Grants, denials and holds are rows that a relation, a Consent or a Task was compiled into. Each function here
gives an expression over the alias of a row, with the keys of the actor as `gate_keys`.
"""

from __future__ import annotations

from dataclasses import dataclass

from rapport.fhir.definitions import TYPE_NUMBERS
from rapport.fhir.labels import MARKS

from .actor import Actor
from .permissions import (
    ACTION_BITS,
    EVERY_PURPOSE,
    MARKED,
    MARKED_TYPES,
    PURPOSES,
    RECORD,
    Action,
    category_of,
)
from .roles import KNOWN, PERSONAL


@dataclass(frozen=True, slots=True)
class Ask:
    """Who wants to do what with which type of resource, and why (a code of `PURPOSES`)."""

    actor: Actor
    action: Action
    rtype: str
    purpose: str = "TREAT"

    @property
    def reading(self) -> bool:
        """True for seeing and finding, False for whatever changes the record."""
        return self.action in "rs"


def clearance(actor: Actor) -> int:
    """The labels that this kind of actor may clear at most, whatever a grant says."""
    return KNOWN if actor.kind == "staff" else PERSONAL


def by_grant(row: str, ask: Ask, sens: str = "") -> str:
    """SQL: a grant lets this actor do this to a row of that alias, no denial forbids it, and it is not held.

    `sens`: the labels to judge by, where they are not the row's own.
    """
    held = (
        "EXISTS (SELECT 1 FROM access_grant g"  # noqa: S608 - every value in here is ours: numbers and aliases
        f" WHERE g.patient = {row}.patient AND {_holds('g', row, ask, sens)}"
    )
    return (  # of the whole record first: one look where most grants are of single conversations
        f"({row}.patient <> 0 AND ({held} AND g.scope IS NULL) OR {held} AND {_about('g', row)}))"
        f" AND {not_denied(row, ask, sens)}{not_held(row, ask, row)})"
    )


def plainly(row: str, ask: Ask) -> str:
    """SQL: a row without a label, of a patient whose whole record is open to this actor and not denied.

    It asks for the patient and the labels alone, and so gathers the patients once for thousands of rows.
    """
    return (  # every value in here is ours: numbers and an alias
        f"({row}.sens = 0 AND {row}.patient <> 0 AND {row}.patient IN ({_whole(ask)})"
        f" AND NOT {_aimed(row, ask)} = 0))"
    )


def not_held(owner: str, ask: Ask, row: str) -> str:
    """SQL to go on with: nothing holds a row from the person and their circle (see `holds`); "" for staff.

    owner  the alias of the row whose patient it is
    """
    if ask.actor.kind not in ("patient", "kin"):
        return ""
    some = f"EXISTS (SELECT 1 FROM access_hold h WHERE h.patient = {owner}.patient AND h.ends > now())"  # noqa: S608
    return f" AND NOT ({some} AND access_held({owner}.patient, {row}.id, now()))"


def not_denied(row: str, ask: Ask, sens: str = "") -> str:
    """SQL: no denial forbids this actor to do this to a row of that alias.

    Nobody is shut out of their own record. A denial has exceptions: a permit within it that overrides it. Few
    denials are about who asks, and most of these about labels that few rows carry: the function, which looks
    at all the rest, is asked for what remains.
    """
    sens = sens or f"{row}.sens"
    aimed = _aimed(row, ask)
    return (  # every value in here is ours: numbers and an alias
        f"(NOT ({aimed} = 0) OR ({sens} <> 0 AND {aimed} <> 0)))"
        f" OR {row}.patient = ANY(%(gate_keys)s::bigint[]) OR NOT access_denied({_what(row, ask, sens)}))"
    )


def _aimed(row: str, ask: Ask) -> str:
    """SQL to go on with: the patient of a row denies this actor this, of labels that compare so."""
    return (
        "EXISTS (SELECT 1 FROM access_denial d WHERE NOT d.exception"  # noqa: S608
        " AND (d.actor = 0 OR d.actor = ANY(%(gate_keys)s::bigint[]))"
        f" AND d.actions & {ACTION_BITS[ask.action]} <> 0 AND d.patient = {row}.patient AND d.marked"
    )


def not_closed(row: str, ask: Ask) -> str:
    """SQL: no Consent of the patient that names this program forbids it this.

    A file is judged by what it belongs to; of one that is deleted nobody can tell that any more.
    """
    keys = f"ARRAY[{', '.join(map(str, ask.actor.keys))}]::bigint[]"
    named = f"SELECT 1 FROM access_denial n WHERE NOT n.exception AND n.actor = ANY({keys})"  # noqa: S608
    if ask.rtype == "Binary":
        judged = (
            "EXISTS (SELECT 1 FROM resource b LEFT JOIN index_ref f ON f.id = b.id"  # noqa: S608
            f" LEFT JOIN resource c ON c.id = f.target WHERE b.id = {row}.id AND (b.deleted"
            f" OR access_denied_program({_what('c', ask, f'(c.sens | {row}.sens)', keys)})))"
        )
    else:
        judged = f"access_denied_program({_what(row, ask, f'{row}.sens', keys)})"
    return f"(NOT (SELECT EXISTS ({named})) OR NOT {judged})"


def _what(row: str, ask: Ask, sens: str, keys: str = "%(gate_keys)s::bigint[]") -> str:
    """SQL: the values that `access_denied` judges by. A purpose that nobody knows is any that is closed."""
    return (
        f"{row}.patient, {keys}, {_category(row, ask, sens)}, {_types(row, ask)},"
        f" {ACTION_BITS[ask.action]}, {PURPOSES.get(ask.purpose, EVERY_PURPOSE)}, {clearance(ask.actor)},"
        f" {row}.id, {sens}, {row}.whn, now()"
    )


def fits(g: str, row: str, ask: Ask, sens: str = "") -> str:
    """SQL: a grant of alias `g` is about this actor, action and row.

    It is addressed to a person, a position or a team; it holds for some categories and types, labels, actions
    and purposes, for a time, and may be limited to a clinical time, or to one resource and what refers to it.
    """
    return f"{_holds(g, row, ask, sens)} AND ({g}.scope IS NULL OR {_about(g, row)})"


def _holds(g: str, row: str, ask: Ask, sens: str) -> str:
    """SQL: what `fits` says, but for the one resource that the grant may be limited to."""
    sens = sens or f"{row}.sens"
    return (  # every value in here is ours: numbers and aliases
        f"{_given(g, row, ask, sens)}"
        f" AND {sens} & ~({g}.labels & ({clearance(ask.actor)})::bigint) = 0"
        f" AND {sens} & {g}.marked = {g}.marked"
        f" AND {row}.whn < {g}.until AND {row}.whn >= {g}.since"
    )


def _given(g: str, row: str, ask: Ask, sens: str) -> str:
    """SQL: a grant is given to this actor for this action, purpose, type or mark, now."""
    return (  # every value in here is ours: numbers and aliases
        f"{g}.actor = ANY(%(gate_keys)s::bigint[]) AND {g}.also <@ %(gate_keys)s::bigint[]"
        f" AND ({g}.categories & {_category(row, ask, sens)} <> 0"
        f" OR ({_unmarked(ask, sens)}{g}.types && {_types(row, ask)}))"
        f" AND {g}.actions & {ACTION_BITS[ask.action]} <> 0"
        f" AND {g}.purposes & {PURPOSES.get(ask.purpose, 0)} <> 0"
        f" AND {g}.valid_from <= now() AND {g}.valid_until > now()"
    )


def _whole(ask: Ask) -> str:
    """SQL: the patients of whom a grant opens all that carries no label, of whatever time."""
    return (
        f"SELECT w.patient FROM access_grant w WHERE {_given('w', 'w', ask, '0')} AND w.scope IS NULL"  # noqa: S608
        " AND w.marked = 0 AND w.since = '-infinity' AND w.until = 'infinity'"
    )


def _about(g: str, row: str) -> str:
    """SQL: the grant is limited to this very resource, or to one that this resource refers to."""
    return (  # every value in here is ours: aliases
        f"({g}.scope = {row}.id OR ({g}.around"  # noqa: S608
        f" AND EXISTS (SELECT 1 FROM index_ref s WHERE s.id = {row}.id AND s.target = {g}.scope)))"
    )


def _category(row: str, ask: Ask, sens: str) -> str:
    """SQL: the category of a row: its type's, or what its mark says. Two marks at once are no category.

    A file is of the category of what it belongs to, whose row is asked about here.
    """
    plain = str(category_of(ask.rtype))
    if ask.rtype == "Binary":
        plain = f"CASE {_context(row)} {_CONTEXTS} ELSE {RECORD} END"
    elif ask.rtype not in MARKED_TYPES:
        return plain
    cases = " ".join(f"WHEN {mark} THEN {category}" for mark, category in MARKED.items())
    return f"(CASE {sens} & {MARKS} WHEN 0 THEN {plain} {cases} ELSE 0 END)::bigint"


#: What a file belongs to, and its category then. One of the patient's own goes with what is said.
_CONTEXTS = " ".join(
    f"WHEN {number} THEN {category_of('Binary' if rtype == 'Patient' else rtype)}"
    for rtype, number in TYPE_NUMBERS.items()
    if category_of(rtype) != RECORD
)


def _unmarked(ask: Ask, sens: str) -> str:
    """SQL: whoever is given a type is given what is plainly of it."""
    return f"{sens} & {MARKS} = 0 AND " if ask.rtype in (*MARKED_TYPES, "Binary") else ""


def _context(row: str) -> str:
    """SQL: the type of what a file belongs to. A row of an index, `{t}`, does not say: as of a message."""
    return str(TYPE_NUMBERS["Communication"]) if row == "{t}" else f"{row}.rtype"


def _types(row: str, ask: Ask) -> str:
    """SQL: the numbers of the type; a file counts as part of what it belongs to, too."""
    also = f", {_context(row)}" if ask.rtype == "Binary" else ""
    return f"ARRAY[{TYPE_NUMBERS[ask.rtype]}{also}]::smallint[]"
