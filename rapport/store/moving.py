"""What belongs to one patient, to be moved to another: rows, and what past versions carry."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from psycopg import Connection

from rapport.fhir import index
from rapport.fhir.compartments import belonging
from rapport.fhir.definitions import TYPE_NUMBERS
from rapport.store.reading import COLUMNS, records_of
from rapport.store.records import Record
from rapport.store.wire import Bigints, StoreCursor

_BELONGING = Bigints(index.range_key(rtype, code) for rtype in TYPE_NUMBERS for code in belonging(rtype))
_OWNED = f"""
    SELECT {COLUMNS.format(t="r")} FROM resource r
    WHERE r.id IN (SELECT x.id FROM index_ref x WHERE x.target = %(patient)s AND x.key = ANY(%(belonging)s))
    AND r.patient = %(patient)s AND r.id <> %(patient)s AND NOT r.deleted AND r.sens & %(marked)s = %(marked)s
    ORDER BY r.id LIMIT %(count)s FOR UPDATE OF r
"""
_HANGING = f"""
    SELECT {COLUMNS.format(t="r")} FROM resource r WHERE r.id IN (SELECT x.id FROM index_ref x
        WHERE x.target = ANY(%(keys)s) AND x.patient = %(patient)s AND x.key = ANY(%(ways)s))
    AND r.patient = %(patient)s AND NOT r.deleted ORDER BY r.id LIMIT %(count)s FOR UPDATE OF r
"""
#: How what is said and promised hangs on a conversation.
_WAYS = Bigints(
    index.range_key(rtype, code)
    for rtype, code in (("Communication", "part-of"), ("Task", "based-on"), ("Task", "focus"))
)


def owned(conn: Connection[Any], patient: int, count: int, marked: int = 0) -> list[Record]:
    """Whatever belongs to a patient (by key) but themselves, carrying these labels; held until the end."""
    params = {"patient": patient, "belonging": _BELONGING, "marked": marked, "count": count}
    return records_of(StoreCursor(conn).execute(_OWNED, params))


def hanging(conn: Connection[Any], keys: Collection[int], patient: int, count: int) -> list[Record]:
    """What of a patient's is part of these (by key): messages, questions and promises of a conversation."""
    params = {"keys": Bigints(keys), "ways": _WAYS, "patient": patient, "count": count}
    return records_of(StoreCursor(conn).execute(_HANGING, params)) if keys else []


def past(conn: Connection[Any], wanted: Sequence[tuple[int, int]]) -> dict[int, Record]:
    """Superseded versions by (key, number), as the key tells them."""
    params = {"ids": Bigints(key for key, _ in wanted), "vids": Bigints(vid for _, vid in wanted)}
    sql = (
        f"SELECT {COLUMNS.format(t='v')} FROM unnest(%(ids)s, %(vids)s) k(id, vid)"
        " JOIN history v ON v.id = k.id AND v.vid = k.vid"
    )
    return (
        {record.id: record for record in records_of(StoreCursor(conn).execute(sql, params))} if wanted else {}
    )


def pass_on(conn: Connection[Any], keys: Collection[int], source: int, target: int, label: int) -> None:
    """Past versions of these that were of one patient are of another now, and carry a label (0: none)."""
    _pass(conn, keys, source, target, "sens | %(label)s", label)


def hand_back(conn: Connection[Any], keys: Collection[int], source: int, target: int, label: int) -> None:
    """The reverse of `pass_on`; what was deleted in between goes back, too."""
    _pass(conn, keys, target, source, "sens & ~%(label)s::bigint", label)


def _pass(conn: Connection[Any], keys: Collection[int], old: int, new: int, sens: str, label: int) -> None:
    params = {"keys": Bigints(keys), "old": old, "new": new, "label": label}
    for table, more in (("history", ""), ("resource", " AND deleted")):
        StoreCursor(conn).execute(
            f"UPDATE {table} SET patient = %(new)s, sens = {sens}"
            f" WHERE id = ANY(%(keys)s) AND patient = %(old)s{more}",
            params,
        )
