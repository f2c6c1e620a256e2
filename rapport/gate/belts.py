"""The second belt: for whom a statement is, as PostgreSQL's row-level security reads it (ADR 18).

The filter of `policy` decides. The belt is told to the database beside it, so that a statement whose filter
was forgotten finds nothing of people whom this actor has nothing to do with.

all             programs with scopes, Rapport itself
staff:{1,2}     patients to whom a grant for one of these keys leads
keeper:{1,2}    leads and privacy officers: the same, and who all patients are, their teams and their Consents
own:{1,2}       patients and family: as staff, and not even index rows of others
"""

from __future__ import annotations

from rapport.store.wire import EVERYONE, Belt

from .actor import Actor

_KEEPERS = frozenset({"lead", "privacy"})


def belt_of(actor: Actor) -> Belt:
    """The belt of an actor."""
    if actor.kind in ("system", "client"):
        return EVERYONE
    kind = "own" if actor.kind != "staff" else "keeper" if actor.duties & _KEEPERS else "staff"
    return f"{kind}:{{{','.join(map(str, actor.keys))}}}".encode()
