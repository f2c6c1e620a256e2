"""One actor at the door, on one connection: transactions, the trail of what was touched, live topics.

`Reading`, `Writing` and `Bundles` build on it; `Door` is all of them together.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Any, Self

from psycopg import Connection

from rapport.fhir.outcomes import Refused
from rapport.store.records import Filter, Record
from rapport.store.wire import EVERYONE, Asked, Ends, Row, StoreCursor, transaction, wear

from . import live
from .actor import Actor, Outdated, Warrant
from .audit import REFUSED, Trail, Witness, idle
from .belts import belt_of
from .permissions import PURPOSES, Action
from .policy import Ask, both, filter_for, hidden_labels

Unit = Callable[[], AbstractContextManager[Any]]

#: How deep guards may write within what follows a write; deeper is a circle.
_DEEPEST = 12


class Work:
    """One unit under way: its trail, the topics to count up, and what broke it.

    `begun`: its transaction is open. `single`: the unit holds one write and nothing else, so the transaction
    begins only when the connection is asked for. `ends`: of its transaction, where the store opened that.
    """

    __slots__ = ("_open", "_stack", "begun", "broken", "depth", "ends", "single", "topics", "trail")

    def __init__(self, why: str, unit: Unit, stack: ExitStack, *, single: bool) -> None:
        self.trail = Trail(why)
        self.topics: set[int] = set()
        self.broken: BaseException | None = None
        self.depth = 0
        self.begun = False
        self.ends: Ends | None = None
        self.single = single
        self._open, self._stack = unit, stack

    def begin(self) -> None:
        """Open the transaction, if it is not open yet."""
        if not self.begun:
            self.begun = True
            opened = self._stack.enter_context(self._open())
            self.ends = opened if isinstance(opened, Ends) else None


class _Shared:
    """What a door and its sibling (Rapport at work on somebody's behalf) have in common."""

    __slots__ = ("reads", "warrant", "work")

    def __init__(self, warrant: Warrant | None) -> None:
        self.work: Work | None = None
        self.reads = Trail()
        self.warrant = warrant


class Visit:
    """The ground of a Door. `unit` gives a context manager that opens a transaction or a savepoint.

    `warrant`: what has to be asked of the database before anything is told or done; `Outdated` if it does not
    hold. It is asked along with the first statement.
    """

    def __init__(
        self,
        conn: Connection[Any],
        actor: Actor,
        purpose: str = "TREAT",
        *,
        unit: Unit | None = None,
        source: str = "page",
        request: str = "",
        warrant: Warrant | None = None,
    ) -> None:
        if purpose not in PURPOSES:
            raise Refused(
                "invalid", f"The purpose {purpose!r} is not known here.", "Use one of " + ", ".join(PURPOSES)
            )
        self._line = conn
        self._belt = belt_of(actor)
        self.actor = actor
        self.purpose = purpose
        self.witness = Witness(actor, purpose, source, request or os.urandom(16).hex())
        self._open: Unit = unit or self._transaction
        self._shared = _Shared(warrant)
        self.passing: Collection[str] = ()  # codes of refusals after which the same is tried again: not noted
        self._looks = True  # whether reading is looking: somebody sees it
        self._filters: dict[tuple[Action, str], Filter] = {}

    @property
    def _conn(self) -> Connection[Any]:
        """The connection; what the store asks on it next is asked for this actor."""
        wear(self._line, self._belt)
        return self._line

    @property
    def conn(self) -> Connection[Any]:
        """The connection, in the transaction of the unit under way, once the warrant holds."""
        work = self._shared.work
        if work is not None:
            work.begin()
        self.confirm()
        return self._conn

    @contextmanager
    def _transaction(self) -> Iterator[Ends | None]:
        """A transaction that begins with the warrant; a savepoint where one is under way."""
        if not idle(self._line):
            with self._line.transaction():
                yield None
            return
        with transaction(self._conn, self._warranting()) as ends:
            self._hold(ends.found)
            yield ends

    @contextmanager
    def at_large(self) -> Iterator[None]:
        """Within, the belt holds nothing back: for acts of Rapport's own that were judged before."""
        belt, self._belt = self._belt, EVERYONE
        try:
            yield
        finally:
            self._belt = belt
            wear(self._line, belt)

    def confirm(self) -> None:
        """Ask whether the warrant holds, if that has not been asked yet; Outdated if it does not."""
        for sql, params, _ in self._warranting():
            self._hold([StoreCursor(self._conn).execute(sql, params).fetchall()])

    def _warranting(self) -> list[Asked]:
        """The statement that asks whether the warrant holds, if that has not been asked yet."""
        warrant = self._shared.warrant
        return [] if warrant is None else [(f"SELECT 1 WHERE {warrant.sql}", warrant.params, None)]

    def _hold(self, found: list[list[Row]]) -> None:
        """What came of that statement: a row where it holds."""
        if not all(found):
            raise Outdated
        self._shared.warrant = None

    def _warranted(self, where: Filter) -> Filter:
        """The filter that lets nothing through where the warrant, asked with it, does not hold."""
        warrant = self._shared.warrant
        return where if warrant is None or where.nothing else both(where, warrant)

    def where(self, action: Action, rtype: str) -> Filter:
        """The filter of what this actor may do this to."""
        found = self._filters.get((action, rtype))
        if found is None:
            found = self._filters[action, rtype] = filter_for(self._ask(action, rtype))
        return found

    def plainly(self, action: Action, record: Record) -> bool | None:
        """Whether a row passes, where the rule looks at labels alone; None where the database must say."""
        hidden = hidden_labels(self._ask(action, record.rtype))
        return None if hidden is None else not record.sens & hidden

    def _ask(self, action: Action, rtype: str) -> Ask:
        return Ask(self.actor, action, rtype, self.purpose)

    def rapport(self, name: str) -> Self:
        """A door for Rapport itself in the same transaction: for rules to look around, for what follows.

        What it writes stands in the audit row of the unit; what it reads does not, because nobody saw it:
        never hand it to the person who asked.
        """
        sibling = type(self)(
            self._conn,
            Actor.system(name),
            self.purpose,
            unit=self._open,
            source=self.witness.source,
            request=self.witness.request,
        )
        sibling._shared = self._shared
        sibling._looks = False
        return sibling

    # ---------------------------------------------------------------- units

    @contextmanager
    def unit(self, why: str = "", *, quiet: bool = False, single: bool = False) -> Iterator[Self]:
        """Several reads and writes as one transaction with one audit row; a unit within a unit joins it.

        A write that was refused inside breaks the whole unit, even if the refusal was caught. `quiet`: a
        refusal is not written down, because the same is tried again in another way. `single`: see `Work`.
        """
        work = self._shared.work
        if work is not None:
            if why and not work.trail.why:
                work.trail.why = why
            yield self
            return
        try:
            with ExitStack() as stack:
                work = self._shared.work = Work(why, self._open, stack, single=single)
                if not single:
                    work.begin()
                    self.confirm()
                yield self
                self._complete(work)
        except Refused as refused:
            self._shared.work = None
            if not quiet and refused.code not in self.passing:
                self._note_refusal(work.trail, refused)  # type: ignore[union-attr]
            raise
        finally:
            self._shared.work = None

    def _complete(self, work: Work) -> None:
        if work.broken is not None:
            raise work.broken
        if work.trail:
            conn, asked = self.conn, self.witness.writing(work.trail, topics=work.topics)
            if work.ends is None:
                StoreCursor(conn).execute(asked[0], asked[1])
            else:
                work.ends.last.append(asked)
        elif work.topics:
            live.bump(self.conn, work.topics)

    @contextmanager
    def _step(self, letter: Action, reference: str) -> Iterator[Work]:
        """One write: opens its own unit where there is none, and breaks the unit when it fails."""
        with self.unit(single=True):
            work = self._shared.work
            assert work is not None
            work.depth += 1
            try:
                if work.depth > _DEEPEST:
                    raise RuntimeError("what follows a write goes round in a circle")
                yield work
            except BaseException as broke:
                work.broken = broke
                if isinstance(broke, Refused):
                    work.trail.add(letter, reference[:200])
                raise
            finally:
                work.depth -= 1

    def changed(self, *topics: str) -> None:
        """Say at the end of the unit that these live topics changed."""
        with self.unit():
            work = self._shared.work
            assert work is not None
            work.topics.update(live.topic_key(topic) for topic in topics)

    # ---------------------------------------------------------------- the trail

    @property
    def _trail(self) -> Trail:
        """Where reads are noted: in the unit under way, else with the reads of the request."""
        work = self._shared.work
        return self._shared.reads if work is None else work.trail

    def _note(self, letter: Action, records: Iterable[Record]) -> None:
        if self._looks:
            self._trail.met(letter, records)

    def _note_refusal(self, trail: Trail, refused: Refused) -> None:
        """A refused unit left nothing behind but this row, in a transaction of its own."""
        if not trail:
            return
        trail.why = f"{refused.code}: {trail.why or refused.text}"[:500]
        self.confirm()
        with self._open():
            self.witness.write(self._conn, trail, REFUSED)

    def _note_search(self, query: str) -> None:
        if self._looks:
            self._trail.searched(query)

    def refuse_read(self, letter: Action, reference: str, refused: Refused) -> Refused:
        """Write down a read that was refused (or of what is not there) and give back the refusal."""
        if not self._looks:
            return refused
        trail = Trail(refused.code)
        trail.add(letter, reference[:200])
        if self._shared.work is None:
            self.confirm()
            with self._open():
                self.witness.write(self._conn, trail, REFUSED)
        else:  # in the unit's own transaction: when that is undone, the unit's own refusal is noted
            self.witness.write(self.conn, trail, REFUSED)
        return refused

    def finish(self) -> None:
        """Write the audit row of the reads since the last call. The middleware calls it after the page."""
        reads, self._shared.reads = self._shared.reads, Trail()
        if not reads:
            self.confirm()
        elif idle(self._conn):
            if not self.witness.write_reads(self._conn, reads, self._shared.warrant):
                raise Outdated
            self._shared.warrant = None
        else:
            with self._open():
                self.witness.write(self.conn, reads)
        wear(self._line, None)

    close = finish
