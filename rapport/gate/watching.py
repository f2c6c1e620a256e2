"""Which people a guard watches over: those in whose record an answer to a form bears its tag."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from psycopg import Connection

from rapport.fhir.index_keys import system_key, token_key
from rapport.store.wire import EVERYONE, Bigints, StoreCursor, wearing

from .guards import WATCH

_WATCHED = (
    "SELECT DISTINCT t.key, t.patient FROM index_token t"
    " WHERE t.key = ANY(%(tags)s) AND t.second = %(system)s AND t.patient = ANY(%(patients)s)"
)


def watched(conn: Connection[Any], pairs: Collection[tuple[str, int]]) -> frozenset[tuple[str, int]]:
    """Those of the pairs (code of the tag, key of a patient) of which the record knows; one look-up."""
    tags = {token_key("QuestionnaireResponse", "_tag", code): code for code, _ in pairs}
    patients = Bigints({patient for _, patient in pairs})
    params = {"tags": Bigints(tags), "system": system_key(WATCH), "patients": patients}
    with wearing(conn, EVERYONE):  # whoever writes: what follows is not shown to them
        rows = StoreCursor(conn).execute(_WATCHED, params).fetchall()
    return frozenset((tags[key], patient) for key, patient in rows)
