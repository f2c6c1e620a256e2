"""How statements travel between Python and PostgreSQL: prepared, binary, with as little work as can be.

Bodies are `text` in the database and `bytes` here. Arrays of one kind are packed in one go,
because index rows come by the dozen. Statements go straight to libpq: the cursors of psycopg take
five times as long for the same (see docs/performance.md).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import lru_cache
from itertools import count
from typing import Any, Self
from weakref import WeakKeyDictionary

from psycopg import Connection, Error, OperationalError, ProgrammingError
from psycopg.adapt import AdaptersMap, Transformer
from psycopg.errors import error_from_result
from psycopg.postgres import adapters
from psycopg.pq import ConnStatus, DiagnosticField, ExecStatus, Format, TransactionStatus
from psycopg.pq.abc import PGconn, PGresult
from psycopg.types.datetime import TimestamptzBinaryLoader
from psycopg.types.string import ByteaBinaryLoader

from rapport.store.values import NEVER, TEXT, TIMESTAMPTZ, Bigints, Floats, Params, Text, Texts, Times, sent

__all__ = [
    "EVERYONE", "NEVER", "Belt", "Bigints", "Floats", "StoreCursor", "Text", "Texts", "Times",
    "held_back", "transaction", "wear", "wearing",
]  # fmt: skip

_WATCH = (b"rapport", ())
#: The server does not know what was prepared, or its tables changed since.
_OUTDATED = (b"26000", b"0A000")
#: So many statements of a connection stay prepared; with more of them the older half is forgotten.
_MOST = 400
#: A longer statement (characters) is neither kept nor prepared: an address may ask for thousands of values,
#: and each such statement would take megabytes here and in the server for as long as the connection lasts.
_LONGEST = 20_000


_loading = AdaptersMap(adapters)
_loading.register_loader(TEXT, ByteaBinaryLoader)
_loading.register_loader(TIMESTAMPTZ, TimestamptzBinaryLoader)


# ---------------------------------------------------------------- statements

_PLACE = re.compile(r"%(?:\((\w+)\)|(%))?(s?)")


def _put_into_words(sql: str) -> tuple[bytes, tuple[str, ...] | None]:
    """The statement as PostgreSQL writes it, and the names of its parameters in order (None: by place)."""
    names: dict[str, int] = {}
    places = count(1)

    def swap(match: re.Match[str]) -> str:
        if match[2]:
            return "%" + match[3]
        if not match[3]:
            raise ProgrammingError("a percent sign in a statement must be doubled")
        return f"${names.setdefault(match[1], len(names) + 1) if match[1] else next(places)}"

    text = _PLACE.sub(swap, sql)
    return text.encode(), tuple(names) if names or next(places) == 1 else None


_written = lru_cache(maxsize=4096)(_put_into_words)


#: For whom a statement is: what the row-level security of the tables lets it see (`rapport.gate.belts`).
Belt = bytes
EVERYONE: Belt = b"all"
#: It holds for one transaction: the statement by itself, or the one that is under way.
_PUT_ON = b"SELECT set_config('rapport.door', $1, true)"
_PUT_ON_KEY = ("belt", ())
#: Who owns the tables is not held back by their row-level security, and needs no belt.
_HELD_BACK = (
    b"SELECT CASE WHEN to_regclass('resource') IS NULL THEN false ELSE row_security_active('resource') END"
)
_CONTROL = ("BEGIN", "COMMIT", "ROLLBACK")


def _answer(pg: PGconn) -> PGresult:
    """The result of one statement of a pipeline."""
    found = pg.get_result()
    if found is None:
        raise OperationalError("the connection to the database is lost")
    while pg.get_result() is not None:  # a statement has one result, then none
        pass
    return found


class _Line:
    """The line of one connection: what it has prepared, and what loads its answers."""

    __slots__ = ("_held_back", "_known", "_names", "_pg", "_reader", "_theirs", "belt")

    def __init__(self, conn: Connection[Any]) -> None:
        self._pg = conn.pgconn
        self.belt: Belt | None = None
        self._held_back: bool | None = None
        self._reader = Transformer(_context)
        self._known: dict[tuple[str, tuple[int, ...]], bytes] = {}
        self._names = count()
        self._theirs: Any = None if conn.prepare_threshold is None else conn._prepared._names

    def _keep(self) -> None:
        """Notice that psycopg has made the server forget all that was prepared: one of ours that stands among
        its own is gone. It does so after a rollback, where it prepares statements itself.
        """
        if self._theirs is None:
            return
        if _WATCH in self._theirs:
            self._theirs.move_to_end(_WATCH)  # psycopg lets go of what is used least
        else:
            self._known.clear()
            name = b"rapport_%d" % next(self._names)
            if self._pg.prepare(name, b"SELECT 1").status == ExecStatus.COMMAND_OK:
                self._theirs[_WATCH] = name

    def ask(self, sql: str, params: Params, prepare: bool | None) -> list[tuple[Any, ...]]:
        """The rows that come of a statement."""
        text, names = (_put_into_words if len(sql) > _LONGEST else _written)(sql)
        values = params if names is None else [params[name] for name in names]  # type: ignore[call-overload]
        types, formats, raw = zip(*map(sent, values), strict=True) if values else ((), (), ())
        found = self._run(sql, text, types, formats, raw, prepare is not False)
        if found.status != ExecStatus.TUPLES_OK:
            if found.status != ExecStatus.COMMAND_OK:
                raise self._broken(found)
            return []
        self._reader.set_pgresult(found, format=Format.BINARY)
        return self._reader.load_rows(0, found.ntuples, tuple)

    def _run(self, sql: str, text: bytes, types: Any, formats: Any, raw: Any, prepare: bool) -> PGresult:
        """Run a statement; the second time it is prepared, and stays so."""
        belt = self.belt if self.belt is not None and sql not in _CONTROL and self.held_back() else None
        if not prepare or len(sql) > _LONGEST:
            return self._send(belt, None, text, types, formats, raw)
        self._keep()
        key = (sql, types)
        name = self._known.get(key)
        if name is None:
            self._known[key] = b""
            return self._send(belt, None, text, types, formats, raw)
        if not name:
            name, done = self._prepared(text, types)
            if done.status != ExecStatus.COMMAND_OK:
                return done
            del self._known[key]  # noted when it came for the first time, it is the youngest now
            self._known[key] = name
            self._tidy()
        return self._send(belt, name, text, types, formats, raw)

    def _prepared(self, text: bytes, types: Sequence[int]) -> tuple[bytes, PGresult]:
        name = b"rapport_%d" % next(self._names)
        return name, self._pg.prepare(name, text, types)

    def held_back(self) -> bool:
        """Whether row-level security holds back the role of this connection; asked once."""
        if self._held_back is None:
            found = self._pg.exec_params(_HELD_BACK, (), (), (), Format.TEXT)
            if found.status != ExecStatus.TUPLES_OK:
                raise self._broken(found)
            self._held_back = found.get_value(0, 0) == b"t"
        return self._held_back

    def _send(
        self, belt: Belt | None, name: bytes | None, text: bytes, types: Any, formats: Any, raw: Any
    ) -> PGresult:
        """Send a statement, by name where it is prepared; the belt goes before it in the same breath."""
        pg = self._pg
        if belt is None:
            if name is None:
                return pg.exec_params(text, raw, types, formats, Format.BINARY)
            return pg.exec_prepared(name, raw, formats, Format.BINARY)
        put_on = self._known.get(_PUT_ON_KEY)
        if put_on is None:
            put_on, done = self._prepared(_PUT_ON, (TEXT,))
            if done.status != ExecStatus.COMMAND_OK:
                return done
            self._known[_PUT_ON_KEY] = put_on
        pg.enter_pipeline_mode()
        try:
            pg.send_query_prepared(put_on, (belt,), (Format.BINARY,), Format.BINARY)
            if name is None:
                pg.send_query_params(text, raw, types, formats, Format.BINARY)
            else:
                pg.send_query_prepared(name, raw, formats, Format.BINARY)
            pg.pipeline_sync()
            first, found = _answer(pg), _answer(pg)
            pg.get_result()  # the end of the pipeline
        finally:
            if pg.status == ConnStatus.OK:
                pg.exit_pipeline_mode()
        return found if first.status == ExecStatus.TUPLES_OK else first

    def _tidy(self) -> None:
        """Forget the oldest half when there are too many: a search can be written in endless ways."""
        if len(self._known) > _MOST:
            for key in list(self._known)[: _MOST // 2]:
                name = self._known.pop(key)
                if name:
                    self._pg.exec_(b"DEALLOCATE " + name)

    def _broken(self, found: PGresult) -> Error:
        if self._pg.status != ConnStatus.OK:
            return OperationalError("the connection to the database is lost")
        if found.error_field(DiagnosticField.SQLSTATE) in _OUTDATED:
            self._known.clear()  # for the next time
        return error_from_result(found)


class _Context:
    """What a Transformer asks for: the loaders, and no connection (everything here is UTF-8)."""

    adapters = _loading
    connection = None


_context = _Context()
_lines: WeakKeyDictionary[Connection[Any], _Line] = WeakKeyDictionary()


def _line(conn: Connection[Any]) -> _Line:
    found = _lines.get(conn)
    if found is None:
        found = _lines[conn] = _Line(conn)
    return found


def wear(conn: Connection[Any], belt: Belt | None) -> None:
    """Let the statements of the store on this connection be for this belt from now on; None: for nobody."""
    _line(conn).belt = belt


def held_back(conn: Connection[Any]) -> bool:
    """Whether row-level security holds back the role of this connection; it can't COPY into tables then."""
    return _line(conn).held_back()


@contextmanager
def wearing(conn: Connection[Any], belt: Belt) -> Iterator[None]:
    """The same for as long as the block lasts."""
    line = _line(conn)
    line.belt, before = belt, line.belt
    try:
        yield
    finally:
        line.belt = before


@contextmanager
def transaction(conn: Connection[Any]) -> Iterator[None]:
    """A transaction on a connection at rest that commits by itself otherwise; what breaks it undoes it.

    A statement that failed breaks it, even if somebody caught the fault: PostgreSQL would take the COMMIT,
    keep nothing, and not call it a fault.
    """
    line = StoreCursor(conn)
    line.execute("BEGIN")
    try:
        yield
        if conn.pgconn.transaction_status != TransactionStatus.INTRANS:
            raise OperationalError("a statement of the transaction failed, so nothing of it is kept")
    except BaseException:
        with suppress(OperationalError):
            line.execute("ROLLBACK")
        raise
    line.execute("COMMIT")


class StoreCursor:
    """Runs statements on a connection and holds the rows of the last one.

    `text` columns come back as bytes, `varchar` ones as str, times in UTC. Placeholders are those of
    psycopg: `%s` with a sequence, `%(name)s` with a mapping, `%%` for a percent sign.
    """

    __slots__ = ("_conn", "_line", "_rows")

    def __init__(self, conn: Connection[Any]) -> None:
        self._conn, self._line = conn, _line(conn)
        self._rows: list[tuple[Any, ...]] = []

    def execute(self, sql: str, params: Params = (), *, prepare: bool | None = None) -> Self:
        """Run a statement. `prepare=False`: its plan depends on the values, so it is made anew each time."""
        conn = self._conn
        if not conn.autocommit and conn.pgconn.transaction_status == TransactionStatus.IDLE:
            conn.execute("")  # begins the transaction as this connection begins its own
        self._rows = self._line.ask(sql, params, prepare)
        return self

    def fetchall(self) -> list[tuple[Any, ...]]:
        """All rows."""
        return self._rows

    def fetchone(self) -> tuple[Any, ...] | None:
        """The first row."""
        return self._rows[0] if self._rows else None

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        return iter(self._rows)
