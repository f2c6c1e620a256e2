"""How statements travel between Python and PostgreSQL: prepared, binary, with as little work as can be.

Statements go straight to libpq: the cursors of psycopg take five times as long for the same (see
docs/performance.md). How values travel is in `values`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import lru_cache, partial
from itertools import count
from select import POLLIN, POLLOUT, poll
from typing import Any, Self
from weakref import WeakKeyDictionary

from psycopg import Connection, Error, OperationalError, ProgrammingError
from psycopg.adapt import Transformer
from psycopg.errors import error_from_result
from psycopg.pq import ConnStatus, DiagnosticField, ExecStatus, Format, TransactionStatus
from psycopg.pq.abc import PGresult

from rapport.store.values import NEVER, Bigints, Floats, Text, Texts, Times, loading, micros, sent

__all__ = [
    "EVERYONE", "NEVER", "Asked", "Belt", "Bigints", "Floats", "Row", "StoreCursor", "Text", "Texts", "Times",
    "held_back", "micros", "transaction", "wear", "wearing",
]  # fmt: skip

_WATCH = (b"rapport", ())
#: The server does not know what was prepared, or its tables changed since.
_OUTDATED = (b"26000", b"0A000")
_WELL = (ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK)
#: So many statements of a connection stay prepared; with more of them the older half is forgotten.
_MOST = 400
#: A longer statement (characters) is neither kept nor prepared: an address may ask for thousands of values,
#: and each such statement would take megabytes here and in the server for as long as the connection lasts.
_LONGEST = 20_000
#: What is prepared is planned once, for any values. Left to itself PostgreSQL plans most of it anew each
#: time, which takes longer than the look-up.
_ONCE = b"SET plan_cache_mode = force_generic_plan"
#: Along with a statement, in its transaction: plan this for these very values.
_ANEW = b"SELECT set_config('plan_cache_mode', 'force_custom_plan', true)"

#: For whom a statement is: what the row-level security of the tables lets it see (`rapport.gate.belts`).
Belt = bytes
EVERYONE: Belt = b"all"
#: Along with statements, in their transaction: for whom they are.
_PUT_ON = "SELECT set_config('rapport.door', %s, true)"
#: Who owns the tables is not held back by their row-level security, and needs no belt.
_HELD_BACK = (
    b"SELECT CASE WHEN to_regclass('resource') IS NULL THEN false ELSE row_security_active('resource') END"
)
_CONTROL = ("BEGIN", "COMMIT", "ROLLBACK")

Params = Mapping[str, Any] | Sequence[Any]
#: A statement, its values, and whether to prepare it: see `StoreCursor.execute`.
Asked = tuple[str, Params, bool | None]
_BEGIN: Asked = ("BEGIN", (), None)
_COMMIT: Asked = ("COMMIT", (), None)
Row = tuple[Any, ...]


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

    __slots__ = ("_held_back", "_known", "_names", "_pg", "_reader", "_settled", "_theirs", "belt")

    def __init__(self, conn: Connection[Any]) -> None:
        self._pg = conn.pgconn
        self.belt: Belt | None = None
        self._held_back: bool | None = None
        self._reader = Transformer(_context)
        self._known: dict[tuple[str, tuple[int, ...]], bytes] = {}
        self._names = count()
        self._settled = False
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

    def ask(self, sql: str, params: Params, prepare: bool | None) -> list[Row]:
        """The rows that come of a statement."""
        if prepare is False or (self._belted and sql not in _CONTROL):
            return self.ask_all([(sql, params, prepare)])[0]
        self._settle()
        text, types, formats, raw = self._made(sql, params)
        name = self._named(sql, text, types)
        if name:
            return self._rows(self._pg.exec_prepared(name, raw, formats, Format.BINARY))
        return self._rows(self._pg.exec_params(text, raw, types, formats, Format.BINARY))

    def ask_all(self, asked: Iterable[Asked]) -> list[list[Row]]:
        """The rows that come of each statement, sent in one go; one that fails takes the others with it."""
        asked = list(asked)
        if len(asked) == 1 and asked[0][0] in _CONTROL:
            return [self.ask(*asked[0])]
        self._settle()
        steps, wanted = list[Callable[[], None]](), list[int]()
        bare = self._belted
        for sql, params, prepare in asked:
            if bare and sql not in _CONTROL:
                steps.append(self._step(_PUT_ON, (Text(self.belt or b""),), True))
                bare = False
            if prepare is False:
                steps.append(partial(self._pg.send_query_params, _ANEW, None))
            wanted.append(len(steps))
            steps.append(self._step(sql, params, prepare is not False))
        found = self._piped(steps)
        for each in found:
            if each.status not in _WELL:
                raise self._broken(each)
        return [self._rows(found[at]) for at in wanted]

    def _step(self, sql: str, params: Params, prepare: bool) -> Callable[[], None]:
        """What sends a statement."""
        text, types, formats, raw = self._made(sql, params)
        name = self._named(sql, text, types) if prepare else b""
        if name:
            return partial(self._pg.send_query_prepared, name, raw, formats, Format.BINARY)
        return partial(self._pg.send_query_params, text, raw, types, formats, Format.BINARY)

    @property
    def _belted(self) -> bool:
        return self.belt is not None and self.held_back()

    def held_back(self) -> bool:
        """Whether row-level security holds back the role of this connection; asked once."""
        if self._held_back is None:
            found = self._pg.exec_params(_HELD_BACK, (), (), (), Format.TEXT)
            if found.status != ExecStatus.TUPLES_OK:
                raise self._broken(found)
            self._held_back = found.get_value(0, 0) == b"t"
        return self._held_back

    def _made(self, sql: str, params: Params) -> tuple[bytes, Any, Any, Any]:
        """A statement and its values as libpq takes them: text, types, formats, bytes."""
        text, names = (_put_into_words if len(sql) > _LONGEST else _written)(sql)
        values = params if names is None else [params[name] for name in names]  # type: ignore[call-overload]
        types, formats, raw = zip(*map(sent, values), strict=True) if values else ((), (), ())
        return text, types, formats, raw

    def _rows(self, found: PGresult) -> list[Row]:
        if found.status != ExecStatus.TUPLES_OK:
            if found.status != ExecStatus.COMMAND_OK:
                raise self._broken(found)
            return []
        self._reader.set_pgresult(found, format=Format.BINARY)
        return self._reader.load_rows(0, found.ntuples, tuple)

    def _named(self, sql: str, text: bytes, types: Any) -> bytes:
        """The name of a prepared statement; b"" the first time it comes. From the second on it stays."""
        if len(sql) > _LONGEST:
            return b""
        self._keep()
        key = (sql, types)
        name = self._known.get(key)
        if name is None:
            self._known[key] = name = b""
        elif not name:
            name = b"rapport_%d" % next(self._names)
            done = self._pg.prepare(name, text, types)
            if done.status != ExecStatus.COMMAND_OK:
                raise self._broken(done)
            del self._known[key]  # noted when it came for the first time, it is the youngest now
            self._known[key] = name
        return name

    def _settle(self) -> None:
        """Forget what is too much, and once tell the server to keep plans: outside of a transaction, which
        could take that back.
        """
        self._tidy()
        if not self._settled and self._pg.transaction_status == TransactionStatus.IDLE:
            self._settled = self._pg.exec_(_ONCE).status == ExecStatus.COMMAND_OK

    def _piped(self, steps: Sequence[Callable[[], None]]) -> list[PGresult]:
        """What statements answer that are sent in one go; behind one that fails none is run."""
        pg = self._pg
        pg.enter_pipeline_mode()
        try:
            for step in steps:
                step()
            pg.pipeline_sync()
            while pg.flush():
                self._await(POLLIN | POLLOUT)
            found = []
            for _ in range(2 * len(steps) + 1):  # of each its answer and that it is over; that all is over
                while pg.is_busy():
                    self._await(POLLIN)
                found.append(pg.get_result())
            pg.exit_pipeline_mode()
        except BaseException:
            pg.finish()  # left half way, the connection is of no use to anybody
            raise
        return found[:-1:2]  # type: ignore[return-value] # None is what says that one is over

    def _await(self, events: int) -> None:
        """Sleep until the server says or takes something; libpq would keep other threads from their work."""
        poller = poll()
        poller.register(self._pg.socket, events)
        poller.poll()
        self._pg.consume_input()

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

    adapters = loading
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


@dataclass(slots=True)
class Ends:
    """The two ends of a transaction.

    found  the rows of each statement that went along with its BEGIN
    last   statements to go along with its COMMIT
    """

    found: list[list[Row]]
    last: list[Asked] = field(default_factory=list)


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
def transaction(conn: Connection[Any], first: Sequence[Asked] = ()) -> Iterator[Ends]:
    """A transaction on a connection at rest that commits by itself otherwise; what breaks it undoes it.

    `first` goes along with the BEGIN. A statement that failed breaks it, even if somebody caught the fault:
    PostgreSQL would take the COMMIT, keep nothing, and not call it a fault.
    """
    line = StoreCursor(conn)
    try:
        ends = Ends(line.execute_all([_BEGIN, *first])[1:])
        yield ends
        if conn.pgconn.transaction_status != TransactionStatus.INTRANS:
            raise OperationalError("a statement of the transaction failed, so nothing of it is kept")
        line.execute_all([*ends.last, _COMMIT])
    except BaseException:
        with suppress(OperationalError):
            line.execute("ROLLBACK")
        raise


class StoreCursor:
    """Runs statements on a connection and holds the rows of the last one.

    `text` columns come back as bytes, `varchar` ones as str, times in UTC. Placeholders are those of
    psycopg: `%s` with a sequence, `%(name)s` with a mapping, `%%` for a percent sign.
    """

    __slots__ = ("_conn", "_line", "_rows")

    def __init__(self, conn: Connection[Any]) -> None:
        self._conn, self._line = conn, _line(conn)
        self._rows: list[Row] = []

    def execute(self, sql: str, params: Params = (), *, prepare: bool | None = None) -> Self:
        """Run a statement. `prepare=False`: its plan depends on the values, so it is made anew each time."""
        self._begin()
        self._rows = self._line.ask(sql, params, prepare)
        return self

    def execute_all(self, asked: Iterable[Asked]) -> list[list[Row]]:
        """Run several statements that need nothing of each other, sent in one go: the rows of each.

        Outside of a transaction they are one by themselves. The first that fails is raised, and nothing
        comes of the others.
        """
        self._begin()
        return self._line.ask_all(asked)

    def _begin(self) -> None:
        conn = self._conn
        if not conn.autocommit and conn.pgconn.transaction_status == TransactionStatus.IDLE:
            conn.execute("")  # begins the transaction as this connection begins its own

    def fetchall(self) -> list[Row]:
        """All rows."""
        return self._rows

    def fetchone(self) -> Row | None:
        """The first row."""
        return self._rows[0] if self._rows else None

    def __iter__(self) -> Iterator[Row]:
        return iter(self._rows)
