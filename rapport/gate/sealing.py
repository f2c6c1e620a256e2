"""The audit as a chain: each row is sealed over the one before, with a key that the database does not have.

The head of the chain is also written to an anchor file, so that a chain that was cut, or made anew, shows.
What is written down is sealed within a minute; until then it is as safe as the database.
"""

from __future__ import annotations

import hmac
import os
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
from psycopg import Connection

BATCH = 5000
#: A row that commits late has an id below those already sealed: so far back is looked for it.
LATE = 100_000
_LOCK = 0x52415050_5345414C
_BEGIN = b"\0" * 32

#: A row as it is sealed: every column, the moment in microseconds.
_ROW = (
    "a.id, (extract(epoch FROM a.at) * 1000000)::bigint, a.actor, a.ref, a.name, a.role, a.purpose,"
    " a.action::text, a.outcome::text, a.source, a.request, a.why, a.query, a.patients, a.entities, a.owners"
)
_UNSEALED = (
    f"SELECT {_ROW} FROM audit a WHERE a.id > %s"  # noqa: S608
    " AND NOT EXISTS (SELECT 1 FROM audit_seal s WHERE s.audit = a.id) ORDER BY a.id LIMIT %s"
)
_SEALED = (
    f"SELECT s.position, s.audit, s.hmac, {_ROW} FROM audit_seal s LEFT JOIN audit a ON a.id = s.audit"  # noqa: S608
    " WHERE s.position > %s ORDER BY s.position LIMIT %s"
)


class KeyMissing(Exception):
    """The key of the chain is not where it should be; the text says what to do."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong at a place of the chain: altered, missing, cut, anchor; `audit` is the row's id or 0."""

    kind: str
    position: int
    audit: int
    text: str


@dataclass(frozen=True, slots=True)
class Keeper:
    """Where the key and the anchor are: files outside the database, readable by Rapport's account alone."""

    folder: Path

    @property
    def key_file(self) -> Path:
        """32 random bytes. Keep a copy where the database's backups are not."""
        return self.folder / "audit.key"

    @property
    def anchor_file(self) -> Path:
        """The head of the chain, written after each sealing."""
        return self.folder / "audit.anchor"

    def key(self, *, make: bool = False) -> bytes:
        """The key; a new one where there is none and `make` allows it."""
        if not self.key_file.exists():
            if not make:
                raise KeyMissing(f"{self.key_file} is gone: put it back from its copy.")
            with os.fdopen(os.open(self.key_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(secrets.token_bytes(32))
                _to_disk(file)
        return self.key_file.read_bytes()

    def anchor(self) -> tuple[int, bytes] | None:
        """Position and seal of the head when it was last written; None where nothing was."""
        try:
            found = orjson.loads(self.anchor_file.read_bytes())
            return int(found["position"]), bytes.fromhex(found["hmac"])
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def drop_anchor(self, position: int, seal: bytes) -> None:
        """Write the head down, whole or not at all."""
        fresh = self.anchor_file.with_suffix(".new")
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(orjson.dumps({"position": position, "hmac": seal.hex()}))
            _to_disk(file)
        fresh.replace(self.anchor_file)


def _to_disk(file: Any) -> None:
    file.flush()
    os.fsync(file.fileno())


def seal_of(key: bytes, before: bytes, position: int, row: Sequence[Any]) -> bytes:
    """The seal of a row (the columns of `_ROW`) behind the seal before it."""
    return hmac.digest(key, before + position.to_bytes(8, "big") + orjson.dumps(list(row)), "sha256")


def seal(conn: Connection[Any], keeper: Keeper) -> int:
    """Seal what is not sealed yet, and drop the anchor; how many rows. One sealer at a time."""
    sealed = 0
    while True:
        with conn.transaction():
            conn.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
            head = conn.execute(
                "SELECT position, hmac FROM audit_seal ORDER BY position DESC LIMIT 1"
            ).fetchone()
            position, before = head or (0, _BEGIN)
            key = keeper.key(make=not position)
            row = conn.execute("SELECT coalesce(max(audit), 0) FROM audit_seal").fetchone()
            rows = conn.execute(_UNSEALED, ((row[0] if row else 0) - LATE, BATCH)).fetchall()
            seals: list[tuple[int, int, bytes]] = []
            for row in rows:
                position, before = position + 1, seal_of(key, bytes(before), position + 1, row)
                seals.append((position, row[0], before))
            if seals:
                columns = [list(column) for column in zip(*seals, strict=True)]
                conn.execute(
                    "INSERT INTO audit_seal (position, audit, hmac)"
                    " SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::bytea[])",
                    columns,
                )
        sealed += len(rows)
        if position:
            keeper.drop_anchor(position, bytes(before))
        if len(rows) < BATCH:
            return sealed


def faults(conn: Connection[Any], keeper: Keeper) -> Iterator[Fault]:
    """Walk the chain from its beginning and say where it does not hold; nothing when all of it does."""
    position, before, anchor = 0, _BEGIN, keeper.anchor()
    first = conn.execute("SELECT 1 FROM audit_seal LIMIT 1").fetchone()
    if first is None and anchor is None:
        return
    key = keeper.key()
    met: bytes | None = None  # the seal at the anchor's position
    while rows := conn.execute(_SEALED, (position, BATCH)).fetchall():
        for at, audit, stored, *row in rows:
            if at != position + 1:
                yield Fault("missing", position + 1, 0, f"Seals {position + 1} to {at - 1} are missing.")
            elif row[0] is None:
                yield Fault("missing", at, audit, f"Row {audit} was deleted.")
            elif not hmac.compare_digest(bytes(stored), seal_of(key, before, at, row)):
                yield Fault("altered", at, audit, f"Row {audit} or its seal was altered or moved.")
            position, before = at, bytes(stored)
            met = before if anchor and at == anchor[0] else met
    yield from _held(anchor, position, met)


def _held(anchor: tuple[int, bytes] | None, position: int, met: bytes | None) -> Iterator[Fault]:
    """Whether the chain reaches its anchor, and is the one that was anchored."""
    if anchor is None:
        yield Fault("anchor", position, 0, "The anchor file is missing or can't be read.")
    elif anchor[0] > position:
        yield Fault(
            "cut", position + 1, 0, f"The chain was cut: {anchor[0] - position} rows at its end are gone."
        )
    elif met is None or not hmac.compare_digest(anchor[1], met):
        yield Fault("anchor", anchor[0], 0, "The chain is not the one that was anchored.")
