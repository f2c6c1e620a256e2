"""What was joined and split: who did it, when, what it moved. Rows, asked with the gate's own SQL."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import Connection

from rapport.fhir.keys import reference_key
from rapport.fhir.labels import PARTS
from rapport.store.wire import StoreCursor

MERGE, SPLIT = "merge", "split"
_COLUMNS = "id, kind, source, target, part, by, at, undone_at"
_IN_FORCE = "kind = 'merge' AND undone_at IS NULL ORDER BY id"


@dataclass(frozen=True, slots=True)
class Act:
    """One merge or split.

    source, target  the record replaced and the one that stays; whose entries left and whose they became
    part            number of the label of what was joined, 0 for a split
    by              the name of who did it; undone: when it was taken back
    """

    number: int
    kind: str
    source: str
    target: str
    part: int
    by: str
    at: datetime
    undone: datetime | None


def begin(conn: Connection[Any], kind: str, source: str, target: str, part: int, once: str, by: str) -> int:
    """Write one down; its number."""
    row = conn.execute(
        "INSERT INTO identity_act (kind, source, target, part, once, by) VALUES (%s, %s, %s, %s, %s, %s)"
        " RETURNING id",
        (kind, source, target, part, once, by),
    ).fetchone()
    return int(row[0]) if row else 0


def end(conn: Connection[Any], number: int, by: str) -> None:
    """It is undone."""
    conn.execute("UPDATE identity_act SET undone_at = now(), undone_by = %s WHERE id = %s", (by, number))


def note(conn: Connection[Any], number: int, moved: Iterable[tuple[int, int]]) -> None:
    """Which resources it moved: key and the number of the version that it made."""
    rows = list(moved)
    conn.execute(
        "INSERT INTO identity_moved (act, id, vid) SELECT %s, u.id, u.vid"
        " FROM unnest(%s::bigint[], %s::int[]) u(id, vid)"
        " ON CONFLICT (act, id) DO UPDATE SET vid = excluded.vid",
        (number, [key for key, _ in rows], [vid for _, vid in rows]),
    )


def moved_by(conn: Connection[Any], number: int) -> dict[int, int]:
    """What an act moved: key to the version that it made."""
    sql = "SELECT id, vid FROM identity_moved WHERE act = %s"
    return dict(StoreCursor(conn).execute(sql, (number,)).fetchall())


def one(conn: Connection[Any], number: int, *, hold: bool = False) -> Act | None:
    """One by its number; `hold` it until the end of the transaction."""
    return next(iter(_acts(conn, "id = %(n)s" + (" FOR UPDATE" if hold else ""), {"n": number})), None)


def by_form(conn: Connection[Any], once: str) -> Act | None:
    """What a form has asked for already."""
    return next(iter(_acts(conn, "once = %(once)s", {"once": once})), None)


def about(conn: Connection[Any], patients: Sequence[str]) -> list[Act]:
    """Those of these `Patient/…`, undone ones too, the latest first."""
    said = "(source = ANY(%(who)s::text[]) OR target = ANY(%(who)s::text[])) ORDER BY id DESC"
    return _acts(conn, said, {"who": list(patients)})


def latest(conn: Connection[Any], count: int) -> list[Act]:
    """The latest of the site."""
    return _acts(conn, "TRUE ORDER BY id DESC LIMIT %(count)s", {"count": count})


def merges(conn: Connection[Any]) -> list[Act]:
    """Every merge in force."""
    return _acts(conn, _IN_FORCE, {})


def survivor(conn: Connection[Any], patient: str) -> str:
    """The `Patient/…` whose record took the place of this one, "" for none."""
    found = _acts(conn, f"source = %(who)s AND {_IN_FORCE}", {"who": patient})
    return found[0].target if found else ""


def replaced(conn: Connection[Any], patient: str) -> list[str]:
    """Every `Patient/…` in whose place this record is."""
    return [act.source for act in _into(conn, patient)]


def parts(conn: Connection[Any], patient: str) -> list[tuple[str, str]]:
    """The labels of the parts of a record: of what was joined to it."""
    return [PARTS[act.part - 1] for act in _into(conn, patient)]


def keys_of(conn: Connection[Any], patient: str) -> list[int]:
    """The keys of a patient and of those in whose place they are."""
    return [reference_key(ref) for ref in (patient, *replaced(conn, patient))]


def _into(conn: Connection[Any], patient: str) -> list[Act]:
    return _acts(conn, f"target = %(who)s AND {_IN_FORCE}", {"who": patient})


def _acts(conn: Connection[Any], where: str, params: dict[str, Any]) -> list[Act]:
    rows = conn.execute(f"SELECT {_COLUMNS} FROM identity_act WHERE {where}", params)  # noqa: S608
    return [Act(*row) for row in rows.fetchall()]
