"""The one rule: an Actor, an action and a resource type become a filter over the index.

"Which ones?" is this filter; "may I?" is a search by id through it. Each rule below answers with a
filter or has no opinion (None); what any of them lets through is let through. No rule means no.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from rapport.fhir.definitions import TYPE_NUMBERS
from rapport.fhir.index_keys import range_key
from rapport.store.records import EVERYTHING, NOTHING, Filter
from rapport.store.restricting import restriction

from .actor import Actor
from .permissions import ACTION_BITS, DIRECTORY, PURPOSES, WITNESSED, Action, category_of
from .roles import KNOWN, PERSONAL
from .scopes import Scope


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


def system(ask: Ask) -> Filter | None:
    """Rapport at work reaches everything, under its own name and with an audit row."""
    return EVERYTHING if ask.actor.kind == "system" else None


def client(ask: Ask) -> Filter | None:
    """A program reaches the types of its scopes, never what carries a label that nobody here understands.

    A scope may be limited to what a search finds. Of such resources their present version alone is shown.
    What a patient closes by a Consent that names the program, it does not reach.
    """
    scopes = _in_scope(ask)
    if not scopes:
        return None
    plain = Filter(f"({_cleared(KNOWN)} AND {_not_closed('{t}', ask)})")
    if any(not scope.query for scope in scopes):
        return plain
    return both(plain, any_of(restriction(ask.rtype, scope.query) for scope in scopes))


def _in_scope(ask: Ask) -> tuple[Scope, ...]:
    if ask.actor.kind != "client":
        return ()
    return tuple(scope for scope in ask.actor.scopes or () if scope.covers(ask.rtype, ask.action))


def directory(ask: Ask) -> Filter | None:
    """Everybody who is signed in may look up teams, people who work here, forms and definitions."""
    if ask.actor.kind == "client" or not ask.reading or ask.rtype not in DIRECTORY:
        return None
    return Filter(f"({{t}}.patient = 0 AND {_cleared(_clearance(ask.actor))})")


def directory_keepers(ask: Ask) -> Filter | None:
    """Leads and operators keep the directory: teams, positions, forms."""
    if ask.actor.kind != "staff" or ask.reading or ask.rtype not in DIRECTORY:
        return None
    if not ask.actor.duties & {"lead", "operator"}:
        return None
    return Filter(f"({{t}}.patient = 0 AND {_cleared(KNOWN)})")


def registrars(ask: Ask) -> Filter | None:
    """A lead finds and registers people, so that a patient can be told apart, matched and given a team."""
    if ask.actor.kind != "staff" or "lead" not in ask.actor.duties:
        return None
    if ask.rtype not in ("Patient", "CareTeam") or ask.action == "d":
        return None
    sql = f"({{t}}.patient <> 0 AND {_cleared(KNOWN)} AND {not_denied('{t}', ask)})"
    return Filter(sql, {"gate_keys": ask.actor.keys})


def sharing_keepers(ask: Ask) -> Filter | None:
    """Leads and privacy officers enter what a patient or the law says about who may see what."""
    if ask.actor.kind != "staff" or not ask.actor.duties & {"lead", "privacy"}:
        return None
    if ask.rtype != "Consent" or ask.action == "d":
        return None
    sql = f"({{t}}.patient <> 0 AND {_cleared(KNOWN)} AND {not_denied('{t}', ask)})"
    return Filter(sql, {"gate_keys": ask.actor.keys})


def granted(ask: Ask) -> Filter | None:
    """What a grant gives: compiled from the own record, care teams and conversations (see `grants`)."""
    if ask.actor.kind not in ("patient", "kin", "staff") or ask.rtype == "Binary":
        return None
    if ask.rtype in WITNESSED and not ask.reading:
        return None
    theirs = "SELECT g.patient FROM access_grant g WHERE g.actor = ANY(%(gate_keys)s::bigint[])"
    return Filter(
        by_grant("{t}", ask),
        {"gate_keys": ask.actor.keys},
        patients=theirs,
        many=by_grant("{t}", ask, many=True),
    )


def files(ask: Ask) -> Filter | None:
    """A file is as open as the patient or the conversation that its security context names."""
    if ask.actor.kind not in ("patient", "kin", "staff") or ask.rtype != "Binary":
        return None
    open_ = by_grant("c", ask, sens="(c.sens | {t}.sens)")
    sql = (
        "EXISTS (SELECT 1 FROM index_ref f JOIN resource c ON c.id = f.target"  # noqa: S608
        f" WHERE f.id = {{t}}.id AND NOT c.deleted AND {open_})"
    )
    return Filter(sql, {"gate_keys": ask.actor.keys})


#: Answers of a carer about how they are (they are its subject), and what those came to (they are its focus).
_OF_CARERS = {"QuestionnaireResponse": "subject", "Observation": "focus"}


def carers(ask: Ask) -> Filter | None:
    """What a carer says of how they themselves are is in nobody's record, and theirs alone."""
    code = _OF_CARERS.get(ask.rtype)
    may = ask.reading or (code == "subject" and ask.action != "d")
    if ask.actor.kind != "kin" or code is None or not may:
        return None
    sql = (
        f"({{t}}.patient = 0 AND {_cleared(PERSONAL)} AND EXISTS (SELECT 1 FROM index_ref o"  # noqa: S608
        f" WHERE o.id = {{t}}.id AND o.key = {range_key(ask.rtype, code)}"
        " AND o.target = ANY(%(gate_keys)s::bigint[])))"
    )
    return Filter(sql, {"gate_keys": ask.actor.keys})


def by_grant(row: str, ask: Ask, sens: str = "", *, many: bool = False) -> str:
    """SQL: a grant lets this actor do this to a row of that alias, and no denial forbids it.

    `sens`: the labels to judge by, where they are not the row's own. `many`: whose whole record is open is
    gathered first, which pays from thousands of rows on; the others are asked about one by one all the same.
    """
    held = (
        "EXISTS (SELECT 1 FROM access_grant g"  # noqa: S608 - every value in here is ours: numbers and aliases
        f" WHERE g.patient = {row}.patient AND {_holds('g', row, ask, sens)}"
    )
    first = f"({row}.sens = 0 AND {row}.patient IN ({_whole(ask)})) OR " if many else ""
    return (  # of the whole record first: one look where most grants are of single conversations
        f"({row}.patient <> 0 AND ({first}{held} AND g.scope IS NULL) OR {held} AND {_about('g', row)}))"
        f" AND {not_denied(row, ask, sens)})"
    )


def not_denied(row: str, ask: Ask, sens: str = "") -> str:
    """SQL: no denial forbids this actor to do this to a row of that alias.

    Nobody is shut out of their own record. A denial has exceptions: a permit within it that overrides it. Few
    denials are about who asks, and most of these about labels that few rows carry: the function, which looks
    at all the rest, is asked for what remains.
    """
    sens = sens or f"{row}.sens"
    aimed = (
        "EXISTS (SELECT 1 FROM access_denial d WHERE NOT d.exception"  # noqa: S608
        " AND (d.actor = 0 OR d.actor = ANY(%(gate_keys)s::bigint[]))"
        f" AND d.actions & {ACTION_BITS[ask.action]} <> 0 AND d.patient = {row}.patient AND d.marked"
    )
    return (  # every value in here is ours: numbers and an alias
        f"(NOT ({aimed} = 0) OR ({sens} <> 0 AND {aimed} <> 0)))"
        f" OR {row}.patient = ANY(%(gate_keys)s::bigint[]) OR NOT access_denied({_what(row, ask, sens)}))"
    )


def _not_closed(row: str, ask: Ask) -> str:
    """SQL: no Consent of the patient that names this program forbids it this."""
    keys = f"ARRAY[{', '.join(map(str, ask.actor.keys))}]::bigint[]"
    named = f"SELECT 1 FROM access_denial n WHERE NOT n.exception AND n.actor = ANY({keys})"  # noqa: S608
    judged = f"access_denied_program({_what(row, ask, f'{row}.sens', keys)})"
    return f"(NOT (SELECT EXISTS ({named})) OR NOT {judged})"


def _what(row: str, ask: Ask, sens: str, keys: str = "%(gate_keys)s::bigint[]") -> str:
    """SQL: the values that `access_denied` judges by."""
    return (
        f"{row}.patient, {keys}, {category_of(ask.rtype)}, {_types(ask)},"
        f" {ACTION_BITS[ask.action]}, {PURPOSES.get(ask.purpose, 0)}, {_clearance(ask.actor)},"
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
        f"{_given(g, ask)}"
        f" AND {sens} & ~({g}.labels & ({_clearance(ask.actor)})::bigint) = 0"
        f" AND {sens} & {g}.marked = {g}.marked"
        f" AND {row}.whn < {g}.until AND {row}.whn >= {g}.since"
    )


def _given(g: str, ask: Ask) -> str:
    """SQL: a grant is given to this actor for this action, purpose and type, now."""
    return (  # every value in here is ours: numbers and aliases
        f"{g}.actor = ANY(%(gate_keys)s::bigint[]) AND {g}.also <@ %(gate_keys)s::bigint[]"
        f" AND ({g}.categories & {category_of(ask.rtype)} <> 0 OR {g}.types && {_types(ask)})"
        f" AND {g}.actions & {ACTION_BITS[ask.action]} <> 0"
        f" AND {g}.purposes & {PURPOSES.get(ask.purpose, 0)} <> 0"
        f" AND {g}.valid_from <= now() AND {g}.valid_until > now()"
    )


def _whole(ask: Ask) -> str:
    """SQL: the patients of whom a grant opens all that carries no label, of whatever time."""
    return (
        f"SELECT w.patient FROM access_grant w WHERE {_given('w', ask)} AND w.scope IS NULL"  # noqa: S608
        " AND w.marked = 0 AND w.since = '-infinity' AND w.until = 'infinity'"
    )


def _about(g: str, row: str) -> str:
    """SQL: the grant is limited to this very resource, or to one that this resource refers to."""
    return (  # every value in here is ours: aliases
        f"({g}.scope = {row}.id OR ({g}.around"  # noqa: S608
        f" AND EXISTS (SELECT 1 FROM index_ref s WHERE s.id = {row}.id AND s.target = {g}.scope)))"
    )


def _types(ask: Ask) -> str:
    """SQL: the numbers of the type; a file counts as part of the conversation that it is in, too."""
    named = (ask.rtype, "Communication") if ask.rtype == "Binary" else (ask.rtype,)
    return f"ARRAY[{', '.join(str(TYPE_NUMBERS[name]) for name in named)}]::smallint[]"


Rule = Callable[[Ask], Filter | None]
_KEEPERS: tuple[Rule, ...] = (directory_keepers, registrars, sharing_keepers)
RULES: tuple[Rule, ...] = (system, client, directory, *_KEEPERS, carers, granted, files)


def filter_for(ask: Ask) -> Filter:
    """The filter of everything that this actor may do this to; `NOTHING` where no rule speaks.

    No rule speaks of a type that FHIR does not have, whoever asks.
    """
    return _said(RULES, ask) if ask.rtype in TYPE_NUMBERS else NOTHING


@lru_cache(maxsize=4096)
def _said(rules: tuple[Rule, ...], ask: Ask) -> Filter:
    """What these rules say together. Rules are pure: whatever changes with time stands in their SQL."""
    return any_of(found for rule in rules if (found := rule(ask)) is not None)


def hidden_labels(ask: Ask) -> int | None:
    """The labels that hide a row from who sees all rows but for labels; None where the filter asks for more.

    It says of a program and of Rapport what `filter_for` says in SQL, for rows that are at hand; but for
    Consents that name a program, which bind what it sees and changes, not what it adds.
    """
    return _hidden(RULES, ask)


@lru_cache(maxsize=4096)
def _hidden(rules: tuple[Rule, ...], ask: Ask) -> int | None:
    if system in rules and ask.actor.kind == "system":
        return 0
    if client not in rules:
        return None
    return ~KNOWN if any(not scope.query for scope in _in_scope(ask)) else None


def any_of(filters: Iterable[Filter]) -> Filter:
    """What at least one of the filters lets through."""
    each = list(filters)
    if any(part.everything for part in each):
        return EVERYTHING
    if len(each) < 2:
        return each[0] if each else NOTHING
    return _joined(" OR ", each)


def both(*each: Filter) -> Filter:
    """What all of the filters let through."""
    return _joined(" AND ", each)


def _joined(word: str, each: Sequence[Filter]) -> Filter:
    merged = {name: value for part in each for name, value in part.params.items()}
    return Filter(f"({word.join(part.sql for part in each)})", merged, any(part.present for part in each))


def _clearance(actor: Actor) -> int:
    """The labels that this kind of actor may clear at most, whatever a grant says."""
    return KNOWN if actor.kind == "staff" else PERSONAL


def _cleared(labels: int) -> str:
    """SQL: the row carries no sensitivity beyond these."""
    return f"({{t}}.sens & ({~labels})::bigint) = 0"
