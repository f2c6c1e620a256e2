"""Several processes import at once, and it comes out as if one had done it in order.

Every job tells its reach: which types it writes, which types its conditions search, which resources and
contents it names. A job begins once no earlier one is under way that its reach touches. Whatever a product's
own rules look at is taken alone, because these may look at anything.
"""

from __future__ import annotations

import gc
import multiprocessing
import re
import signal
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any, TypeAlias

import msgspec

from .claims import KIND
from .importing import Counts, Import, Job

Pipe: TypeAlias = "Connection[Any, Any]"

#: A reference that is a search; one with an escaped character may be.
_CONDITION = re.compile(rb'"reference"\s*:\s*"(?:([A-Z][A-Za-z]+)\?([^"\\]*)"|[^"\\]*\\)')
#: A search that looks at resources of one type alone: plain names, without chains and modifiers.
_PLAIN = re.compile(r"(?!_has|_list)[\w-]+=[^&]*(&(?!_has|_list)[\w-]+=[^&]*)*", re.ASCII)
_KIND = KIND.encode()


@dataclass(frozen=True, slots=True)
class Reach:
    """What a job may touch: types that it writes, types that it searches, resources and contents by name."""

    writes: frozenset[str] = frozenset()
    asks: frozenset[str] = frozenset()
    names: frozenset[str | bytes] = frozenset()
    alone: bool = False

    def touches(self, other: Reach) -> bool:
        """Whether the order of these two may matter."""
        if self.alone or other.alone:
            return True
        return bool(self.writes & other.asks or self.asks & other.writes or self.names & other.names)


class _Request(msgspec.Struct, rename="camel", frozen=True):
    method: str = ""
    url: str = ""
    if_none_exist: str | None = None


class _Resource(msgspec.Struct, rename="camel", frozen=True):
    resource_type: str = ""
    id: str = ""


class _Entry(msgspec.Struct, rename="camel"):
    request: _Request | None = None
    resource: _Resource = _Resource()


class _Any(msgspec.Struct, rename="camel"):
    resource_type: str = ""
    id: str = ""
    type: str = ""
    entry: list[_Entry] = []


_decoder = msgspec.json.Decoder(_Any)


def reach_of(texts: Sequence[bytes], contents: Iterable[bytes]) -> Reach:
    """The reach of a job with these resources and bundles, as text, and the hashes that it is known by."""
    writes, asks, names = set[str](), set[str](), set[str | bytes](contents)
    for text in texts:
        try:
            found = _decoder.decode(text)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            continue  # it will be refused
        if _KIND in text:
            return Reach(alone=True)
        for kind, query in _CONDITION.findall(text):
            if not _PLAIN.fullmatch(query.decode("utf-8", "replace")):
                return Reach(alone=True)
            asks.add(kind.decode())
        whole = found.resource_type != "Bundle"
        for entry in [_Entry(resource=_Resource(found.resource_type, found.id))] if whole else found.entry:
            if not _reach_of_entry(entry, writes, asks, names):
                return Reach(alone=True)
    return Reach(frozenset(writes), frozenset(asks), frozenset(names))


def _reach_of_entry(entry: _Entry, writes: set[str], asks: set[str], names: set[str | bytes]) -> bool:
    """Add what an entry touches; False where its condition may touch any type."""
    request = entry.request
    if request is None:
        writes.add(entry.resource.resource_type)
        names.add(f"{entry.resource.resource_type}/{entry.resource.id}")
        return True
    path, _, query = request.url.partition("?")
    rtype, _, rid = path.strip("/").partition("/")
    writes |= {rtype, entry.resource.resource_type}
    if rid:
        names.add(f"{rtype}/{rid}")
    condition = query or (request.if_none_exist or "").rpartition("?")[2]
    if condition:
        asks.add(rtype)
    return not condition or _PLAIN.fullmatch(condition) is not None


# ---------------------------------------------------------------- processes


class Crew:
    """Processes that each have a door of their own, made by `door` in the process itself.

    They end with `close`, and whenever this process ends.
    """

    def __init__(self, size: int, door: Callable[[], Import]) -> None:
        forking = multiprocessing.get_context("fork")
        self._pipes: list[Pipe] = []
        self._processes: list[BaseProcess] = []
        for _ in range(size):
            ours, theirs = forking.Pipe()
            args = (theirs, [*self._pipes, ours], door)
            process = forking.Process(target=_work, args=args, daemon=True)
            process.start()
            theirs.close()
            self._pipes.append(ours)
            self._processes.append(process)

    def run(self, jobs: Iterable[Job]) -> Iterator[Counts]:
        """Do these jobs; what came of each, in order."""
        free, under_way = list(self._pipes), dict[Pipe, tuple[int, Reach]]()
        done, told = dict[int, Counts](), 0
        for number, job in enumerate(jobs):
            reach = reach_of(job.texts, job.contents)
            while not free or any(reach.touches(other) for _, other in under_way.values()):
                self._collect(under_way, free, done)
            while told in done:
                yield done.pop(told)
                told += 1
            pipe = free.pop()
            pipe.send(job)
            under_way[pipe] = number, reach
        while under_way:
            self._collect(under_way, free, done)
        for number in sorted(done):
            yield done[number]

    @staticmethod
    def _collect(under_way: dict[Pipe, tuple[int, Reach]], free: list[Pipe], done: dict[int, Counts]) -> None:
        """Wait until one job at least is done."""
        ready = wait(list(under_way))
        for pipe in [each for each in under_way if each in ready]:
            try:
                done[under_way[pipe][0]] = pipe.recv()
            except EOFError:
                raise RuntimeError("A process of the import was ended; import the same again.") from None
            del under_way[pipe]
            free.append(pipe)

    def close(self) -> None:
        """End the processes; what one of them has under way is undone."""
        for pipe in self._pipes:
            pipe.close()
        for process in self._processes:
            process.join(1)
            process.terminate()
            process.join()


def _work(
    pipe: Connection[Any, Any], others: Sequence[Connection[Any, Any]], make: Callable[[], Import]
) -> None:
    """One process: jobs come, counts go, until the other end is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # ctrl-C is for the one who waits for us
    for other in others:
        other.close()  # or we would hold open what tells our siblings that it is over
    door = make()
    gc.disable()
    with suppress(EOFError, BrokenPipeError):
        while True:
            job, counts = pipe.recv(), Counts()
            door.do(job, counts)
            pipe.send(counts)
            gc.collect(1)
