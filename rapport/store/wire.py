"""How statements travel between Python and PostgreSQL: prepared, binary, with as little work as can be.

Bodies are `text` in the database and `bytes` here. Arrays of one kind are packed in one go,
because index rows come by the dozen. Statements go straight to libpq: the cursors of psycopg take
five times as long for the same (see docs/performance.md).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import count
from struct import Struct, error, pack
from typing import Any, Self
from weakref import WeakKeyDictionary

from psycopg import Connection, DataError, Error, OperationalError, ProgrammingError
from psycopg.adapt import AdaptersMap, Transformer
from psycopg.errors import error_from_result
from psycopg.postgres import adapters
from psycopg.pq import ConnStatus, DiagnosticField, ExecStatus, Format, TransactionStatus
from psycopg.pq.abc import PGresult
from psycopg.types.datetime import TimestamptzBinaryLoader
from psycopg.types.string import ByteaBinaryLoader

BOOL, BYTEA, INT8, TEXT, FLOAT8, DATE, TIMESTAMPTZ = 16, 17, 20, 25, 701, 1082, 1184
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_FIRST_DAY = date(2000, 1, 1)
_MICRO = timedelta(microseconds=1)
NEVER = datetime(1, 1, 1, tzinfo=UTC)  # the clinical time of what has none: it sorts as the oldest

_WATCH = (b"rapport", ())
#: The server does not know what was prepared, or its tables changed since.
_OUTDATED = (b"26000", b"0A000")
#: So many statements of a connection stay prepared; with more of them the older half is forgotten.
_MOST = 400
#: A longer statement (characters) is neither kept nor prepared: an address may ask for thousands of values,
#: and each such statement would take megabytes here and in the server for as long as the connection lasts.
_LONGEST = 20_000


class Bigints(list[int]):
    """A `bigint[]`."""


class Floats(list[float]):
    """A `float8[]`."""


class Times(list["datetime | None"]):
    """A `timestamptz[]`; None is stored as `NEVER`."""


class Texts(list[bytes]):
    """A `text[]` of UTF-8."""


class Text(bytes):
    """A `text` of UTF-8."""


# ---------------------------------------------------------------- values

Params = Mapping[str, Any] | Sequence[Any]
#: A value on its way: its type (0: let the server see), whether it is binary, its bytes (None: NULL).
Sent = tuple[int, int, bytes | None]
_LONG, _REAL, _DAY = Struct(">q").pack, Struct(">d").pack, Struct(">i").pack


def micros(at: datetime | None) -> int:
    """A moment as PostgreSQL counts it; None is `NEVER`."""
    return ((at or NEVER) - _EPOCH) // _MICRO


def _head(oid: int, length: int) -> bytes:
    return pack(">iiIii", 1, 0, oid, length, 1) if length else pack(">iiI", 0, 0, oid)


@lru_cache(maxsize=256)
def _array(letter: str, length: int) -> Callable[..., bytes]:
    """Packs an array: its head, then each value with its length before it."""
    return Struct(">iiIii" + f"i{letter}" * length).pack


def _fixed(oid: int, letter: str, values: Sequence[Any]) -> bytes:
    length = len(values)
    if not length:
        return _head(oid, 0)
    flat: list[Any] = [8] * (2 * length)
    flat[1::2] = values
    return _array(letter, length)(1, 0, oid, length, 1, *flat)


def _varying(oid: int, values: Sequence[bytes]) -> bytes:
    parts = [_head(oid, len(values))]
    for value in values:
        parts += (len(value).to_bytes(4, "big"), value)
    return b"".join(parts)


def _text(value: str) -> bytes:
    try:
        raw = value.encode()
    except UnicodeEncodeError as broken:
        raise DataError("a text cannot be written in UTF-8") from broken
    if b"\x00" in raw:
        raise DataError("a text cannot hold NUL")
    return raw


def _plain_list(values: Sequence[Any]) -> Sent:
    kind = type(values[0]) if values else None
    if kind is None:
        return 0, 0, b"{}"
    if kind is int:
        return 1016, 1, _fixed(INT8, "q", values)
    if kind is str:
        return 1009, 1, _varying(TEXT, [_text(value) for value in values])
    if kind is bytes:
        return 1001, 1, _varying(BYTEA, values)
    if kind is datetime:
        return 1185, 1, _fixed(TIMESTAMPTZ, "q", [micros(at) for at in values])
    raise ProgrammingError(f"no way to send a list of {kind.__name__}")


def _sent(value: Any) -> Sent:
    send = _SEND.get(type(value))
    if send is None:
        raise ProgrammingError(f"no way to send a {type(value).__name__}")
    try:
        return send(value)
    except error as broken:
        raise DataError("a number is too large") from broken


_SEND: dict[type, Callable[[Any], Sent]] = {
    int: lambda value: (INT8, 1, _LONG(value)),
    str: lambda value: (0, 0, _text(value)),
    type(None): lambda _: (0, 0, None),
    bool: lambda value: (BOOL, 1, b"\x01" if value else b"\x00"),
    float: lambda value: (FLOAT8, 1, _REAL(value)),
    bytes: lambda value: (BYTEA, 1, value),
    datetime: lambda value: (TIMESTAMPTZ, 1, _LONG(micros(value))),
    date: lambda value: (DATE, 1, _DAY((value - _FIRST_DAY).days)),
    list: _plain_list,
    tuple: _plain_list,
    Bigints: lambda values: (1016, 1, _fixed(INT8, "q", values)),
    Floats: lambda values: (1022, 1, _fixed(FLOAT8, "d", values)),
    Times: lambda values: (1185, 1, _fixed(TIMESTAMPTZ, "q", [micros(at) for at in values])),
    Text: lambda value: (TEXT, 1, value),
    Texts: lambda values: (1009, 1, _varying(TEXT, values)),
}


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


class _Line:
    """The line of one connection: what it has prepared, and what loads its answers."""

    __slots__ = ("_general", "_known", "_names", "_pg", "_reader", "_theirs")

    def __init__(self, conn: Connection[Any]) -> None:
        self._pg = conn.pgconn
        self._reader = Transformer(_context)
        self._known: dict[tuple[str, tuple[int, ...]], bytes] = {}
        self._names = count()
        self._general: bool | None = None  # whether plans are made for any values here; None: not asked yet
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
        types, formats, raw = zip(*map(_sent, values), strict=True) if values else ((), (), ())
        found = self._run(sql, text, types, formats, raw, prepare is not False)
        if found.status != ExecStatus.TUPLES_OK:
            if found.status != ExecStatus.COMMAND_OK:
                raise self._broken(found)
            return []
        self._reader.set_pgresult(found, format=Format.BINARY)
        return self._reader.load_rows(0, found.ntuples, tuple)

    def _run(self, sql: str, text: bytes, types: Any, formats: Any, raw: Any, prepare: bool) -> PGresult:
        """Run a statement; the second time it is prepared, and stays so."""
        if not prepare:
            return self._for_its_values(text, raw, types, formats)
        if len(sql) > _LONGEST:
            return self._pg.exec_params(text, raw, types, formats, Format.BINARY)
        self._keep()
        key = (sql, types)
        name = self._known.get(key)
        if name is None:
            self._known[key] = b""
            return self._pg.exec_params(text, raw, types, formats, Format.BINARY)
        if not name:
            name = b"rapport_%d" % next(self._names)
            done = self._pg.prepare(name, text, types)
            if done.status != ExecStatus.COMMAND_OK:
                return done
            del self._known[key]  # noted when it came for the first time, it is the youngest now
            self._known[key] = name
            self._tidy()
        return self._pg.exec_prepared(name, raw, formats, Format.BINARY)

    def _for_its_values(self, text: bytes, raw: Any, types: Any, formats: Any) -> PGresult:
        """Run a statement whose plan depends on its values, where others get plans for any values."""
        if self._general is None:
            found = self._pg.exec_(b"SHOW plan_cache_mode").get_value(0, 0)
            self._general = found == b"force_generic_plan"
        if not self._general:
            return self._pg.exec_params(text, raw, types, formats, Format.BINARY)
        self._pg.exec_(b"SET plan_cache_mode = force_custom_plan")
        try:
            return self._pg.exec_params(text, raw, types, formats, Format.BINARY)
        finally:
            self._pg.exec_(b"RESET plan_cache_mode")  # where a transaction broke, its end does this

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
        line = _lines.get(conn)
        if line is None:
            line = _lines[conn] = _Line(conn)
        self._conn, self._line = conn, line
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
