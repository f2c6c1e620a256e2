"""The chain over the audit: whatever is changed, taken out, moved or cut is found, and where."""

from __future__ import annotations

import random
import stat
from pathlib import Path
from typing import Any

import pytest
from psycopg import Connection

from rapport.gate.audit import Trail, Witness
from rapport.gate.sealing import Fault, Keeper, KeyMissing, faults, seal
from tests.personas import AMINA, People

COLUMNS = {
    "at": "at + interval '1 microsecond'", "actor": "actor # 1", "ref": "ref || 'x'", "name": "'X'",
    "role": "role || ' '", "purpose": "'ETREAT'", "action": "'D'", "outcome": "'8'", "source": "'job'",
    "request": "reverse(request) || '1'", "why": "why || '.'", "query": "query || '&'",
    "patients": "patients || 7::bigint", "entities": "entities[2:]", "owners": "owners || 7::bigint",
}  # fmt: skip


@pytest.fixture
def keeper(tmp_path: Path) -> Keeper:
    return Keeper(tmp_path)


def write(conn: Connection[Any], count: int) -> list[int]:
    """Some rows; the ids of all."""
    for number in range(count):
        trail = Trail(f"why {number}")
        trail.add("r", f"Observation/{number}", 1, 5)
        trail.add("r", AMINA, 2, 5)
        Witness(People.dara, "TREAT", "page", f"request-{number}").write(conn, trail)
    return [row[0] for row in conn.execute("SELECT id FROM audit ORDER BY id").fetchall()]


def alter(conn: Connection[Any], rng: random.Random, ids: list[int]) -> set[int]:
    one = rng.choice(ids)
    name = rng.choice(list(COLUMNS))
    conn.execute(f"UPDATE audit SET {name} = {COLUMNS[name]} WHERE id = %s", (one,))  # type: ignore[arg-type]
    return {one}


def remove(conn: Connection[Any], rng: random.Random, ids: list[int]) -> set[int]:
    one = rng.choice(ids)
    conn.execute("DELETE FROM audit WHERE id = %s", (one,))
    return {one}


def remove_with_seal(conn: Connection[Any], rng: random.Random, ids: list[int]) -> set[int]:
    one = rng.choice(ids[:-1])
    conn.execute("DELETE FROM audit WHERE id = %s", (one,))
    conn.execute("DELETE FROM audit_seal WHERE audit = %s", (one,))
    return {-position(ids, one)}


def close_the_gap(conn: Connection[Any], rng: random.Random, ids: list[int]) -> set[int]:
    """Take a row out and let those behind move up, as somebody would who knows the table but not the key."""
    one = rng.choice(ids[:-1])
    conn.execute("DELETE FROM audit WHERE id = %s", (one,))
    conn.execute("DELETE FROM audit_seal WHERE audit = %s", (one,))
    at = position(ids, one)
    conn.execute("UPDATE audit_seal SET position = -position + 1 WHERE position > %s", (at,))
    conn.execute("UPDATE audit_seal SET position = -position WHERE position < 0")
    return {ids[at]}


def swap(conn: Connection[Any], rng: random.Random, ids: list[int]) -> set[int]:
    one, other = rng.sample(ids, 2)
    conn.execute(
        "UPDATE audit_seal s SET audit = -o.audit FROM audit_seal o WHERE s.audit = ANY(%(both)s::bigint[])"
        " AND o.audit = ANY(%(both)s::bigint[]) AND o.audit <> s.audit",
        {"both": [one, other]},
    )
    conn.execute("UPDATE audit_seal SET audit = -audit WHERE audit < 0")
    return {one, other}


def cut(conn: Connection[Any], rng: random.Random, ids: list[int]) -> set[int]:
    kept = rng.randrange(len(ids))
    conn.execute("DELETE FROM audit WHERE id = ANY(%s)", (ids[kept:],))
    conn.execute("DELETE FROM audit_seal WHERE audit = ANY(%s)", (ids[kept:],))
    return {-(kept + 1)}


def forge_a_seal(conn: Connection[Any], rng: random.Random, ids: list[int]) -> set[int]:
    one = rng.choice(ids)
    conn.execute("UPDATE audit_seal SET hmac = %s WHERE audit = %s", (rng.randbytes(32), one))
    return {one}


WAYS = (alter, alter, alter, remove, remove_with_seal, close_the_gap, swap, cut, forge_a_seal)


def position(ids: list[int], audit: int) -> int:
    return ids.index(audit) + 1


def told(found: list[Fault]) -> set[int]:
    """Where faults are: ids of rows, or positions as negative numbers where no row is left."""
    return {fault.audit or -fault.position for fault in found}


def test_two_hundred_tamperings(conn: Connection[Any], keeper: Keeper) -> None:
    ids = write(conn, 40)
    assert seal(conn, keeper) == len(ids) and list(faults(conn, keeper)) == []
    rng = random.Random(4)
    for number in range(200):
        way = WAYS[number % len(WAYS)]
        with conn.transaction(force_rollback=True):
            where = way(conn, rng, ids)
            found = list(faults(conn, keeper))
            assert found and where <= told(found), (way.__name__, where, found)
        assert len(found) <= 4 or way in (cut, close_the_gap), (way.__name__, found)
    assert list(faults(conn, keeper)) == []


def test_it_grows(conn: Connection[Any], keeper: Keeper) -> None:
    write(conn, 3)
    first = seal(conn, keeper)
    ids = write(conn, 4)
    assert seal(conn, keeper) == 4 and seal(conn, keeper) == 0 and first == len(ids) - 4
    assert keeper.anchor() and keeper.anchor()[0] == len(ids)  # type: ignore[index]
    conn.execute("DELETE FROM audit_seal")
    assert told(list(faults(conn, keeper))) == {-1}


def test_a_row_that_commits_late_is_sealed(conn: Connection[Any], keeper: Keeper) -> None:
    write(conn, 1)
    conn.execute("SELECT nextval(pg_get_serial_sequence('audit', 'id'))")
    ids = write(conn, 1)
    seal(conn, keeper)
    columns = ", ".join(COLUMNS)
    conn.execute(
        f"INSERT INTO audit (id, {columns}) OVERRIDING SYSTEM VALUE SELECT id - 1, {columns}"  # type: ignore[arg-type]
        " FROM audit WHERE id = %s",
        (ids[-1],),
    )
    assert seal(conn, keeper) == 1 and list(faults(conn, keeper)) == []


def test_key_and_anchor(conn: Connection[Any], keeper: Keeper) -> None:
    assert list(faults(conn, keeper)) == []
    write(conn, 2)
    seal(conn, keeper)
    assert stat.S_IMODE(keeper.key_file.stat().st_mode) == 0o600 and len(keeper.key()) == 32
    anchor = keeper.anchor_file.read_bytes()
    keeper.anchor_file.unlink()
    assert [fault.kind for fault in faults(conn, keeper)] == ["anchor"]
    keeper.anchor_file.write_bytes(anchor)
    keeper.key_file.rename(keeper.folder / "elsewhere")
    for act in (seal, lambda *given: list(faults(*given))):
        with pytest.raises(KeyMissing):
            act(conn, keeper)
    keeper.key_file.write_bytes(b"x" * 32)
    assert len(list(faults(conn, keeper))) >= 2


def test_made_anew_with_another_key(conn: Connection[Any], keeper: Keeper, tmp_path: Path) -> None:
    """Who has the database may seal a forged log with a key of their own: the anchor and the key tell."""
    ids = write(conn, 5)
    seal(conn, keeper)
    conn.execute("UPDATE audit SET name = 'Nobody'")
    conn.execute("DELETE FROM audit_seal")
    (tmp_path / "other").mkdir()
    seal(conn, Keeper(tmp_path / "other"))
    found = list(faults(conn, keeper))
    assert {fault.kind for fault in found} == {"altered", "anchor"} and set(ids) <= told(found)
