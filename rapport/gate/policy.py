"""The one rule: an Actor, an action and a resource type become a filter over the index.

"Which ones?" is this filter; "may I?" is a search by id through it. Each rule below answers with a
filter or has no opinion (None); what any of them lets through is let through. No rule means no.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import lru_cache

from rapport.fhir.definitions import TYPE_NUMBERS
from rapport.fhir.index_keys import range_key
from rapport.fhir.labels import BITS, CATEGORY
from rapport.store.records import EVERYTHING, NOTHING, Filter
from rapport.store.restricting import restriction

from .granting import Ask as Ask
from .granting import by_grant, clearance, not_closed, not_denied, not_held, plainly
from .permissions import DIRECTORY, WITNESSED
from .roles import KNOWN, PERSONAL
from .scopes import Scope


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
    plain = Filter(f"({_cleared(KNOWN)} AND {not_closed('{t}', ask)})")
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
    return Filter(f"({{t}}.patient = 0 AND {_cleared(clearance(ask.actor))})")


def directory_keepers(ask: Ask) -> Filter | None:
    """Leads and operators keep the directory: teams, positions, forms."""
    if ask.reading or ask.rtype not in DIRECTORY or not ask.actor.duties & {"lead", "operator"}:
        return None
    return Filter(f"({{t}}.patient = 0 AND {_cleared(KNOWN)})")


def registrars(ask: Ask) -> Filter | None:
    """A lead finds and registers people, so that a patient can be told apart, matched and given a team."""
    if "lead" not in ask.actor.duties or ask.rtype not in ("Patient", "CareTeam") or ask.action == "d":
        return None
    sql = f"({{t}}.patient <> 0 AND {_cleared(KNOWN)} AND {not_denied('{t}', ask)})"
    return Filter(sql, {"gate_keys": ask.actor.keys})


def sharing_keepers(ask: Ask) -> Filter | None:
    """Leads and privacy officers enter what a patient or the law says about who may see what."""
    if not ask.actor.duties & {"lead", "privacy"} or ask.rtype != "Consent" or ask.action == "d":
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
        enough="" if not_held("{t}", ask, "{t}") else plainly("{t}", ask),
    )


def files(ask: Ask) -> Filter | None:
    """A file is as open as the patient or the conversation that its security context names."""
    if ask.actor.kind not in ("patient", "kin", "staff") or ask.rtype != "Binary":
        return None
    open_ = by_grant("c", ask, sens="(c.sens | {t}.sens)")
    sql = (
        "EXISTS (SELECT 1 FROM index_ref f JOIN resource c ON c.id = f.target"  # noqa: S608
        f" WHERE f.id = {{t}}.id AND NOT c.deleted AND {open_}{not_held('c', ask, '{t}')})"
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


def opens(ask: Ask, category: str) -> Filter:
    """Whose record is open to who asks for what carries the mark of a category: a filter of Patients."""
    sql = by_grant("{t}", ask, sens=str(BITS[CATEGORY, category]))
    return Filter(sql, {"gate_keys": ask.actor.keys})


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
    return replace(_joined(" OR ", each), enough=" OR ".join(part.enough for part in each if part.enough))


def both(*each: Filter) -> Filter:
    """What all of the filters let through."""
    return _joined(" AND ", each)


def _joined(word: str, each: Sequence[Filter]) -> Filter:
    merged = {name: value for part in each for name, value in part.params.items()}
    return Filter(f"({word.join(part.sql for part in each)})", merged, any(part.present for part in each))


def _cleared(labels: int) -> str:
    """SQL: the row carries no sensitivity beyond these."""
    return f"({{t}}.sens & ({~labels})::bigint) = 0"
