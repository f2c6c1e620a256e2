"""Reading through the door: read is a search by id through the filter, so the two can never disagree."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from urllib.parse import parse_qsl

from rapport.fhir import compartments
from rapport.fhir import search as grammar
from rapport.fhir.definitions import TYPE_NUMBERS
from rapport.fhir.keys import reference_key, resource_key
from rapport.fhir.outcomes import Refused, not_found
from rapport.fhir.queries import written
from rapport.store import compartments as everything
from rapport.store import reading as stored
from rapport.store.compartments import Extent
from rapport.store.reading import ALL, Window
from rapport.store.records import NOTHING, Filter, Record
from rapport.store.searching import Found, search_noted
from rapport.store.searching import counts as stored_counts
from rapport.store.searching import search as stored_search
from rapport.store.searching import searches as stored_searches
from rapport.store.wire import StoreCursor

from . import seen
from .actor import Outdated
from .audit import idle, reading_and_noting
from .permissions import READ, SEARCH
from .visit import Visit

Query = str | Sequence[tuple[str, str]]
_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")


def _pairs(query: Query) -> list[tuple[str, str]]:
    return parse_qsl(query, keep_blank_values=True) if isinstance(query, str) else list(query)


class Reading(Visit):
    """The verbs that change nothing."""

    def read(self, rtype: str, rid: str, vid: int | None = None) -> Record:
        """One resource, or one version of it.

        "not-found" for what is not there and for what is not shared, alike; "gone" for what was deleted
        and could be seen before.
        """
        if vid is None and self._noted_with_it:
            return self._read_and_note(rtype, rid)
        record = self._current(rtype, rid)
        if record is not None and vid is not None and vid != record.vid:
            record = stored.vread(self._conn, record.id, vid, self.where(READ, rtype))
        record = self._there(record, rtype, rid)
        self._note(READ, (record,))
        return record

    def find(self, rtype: str, rid: str) -> Record | None:
        """As `read`, but None for whatever is not there to be read; the look is still noted."""
        record = self._current(rtype, rid)
        if record is None or record.deleted:
            return None
        self._note(READ, (record,))
        return record

    def many(self, references: Iterable[str]) -> dict[str, Record]:
        """Several resources by reference (`Type/id`), in one go; what may not be read is left out."""
        by_type: dict[str, list[int]] = {}
        for rtype, rid in {tuple(reference.split("/", 1)) for reference in references if "/" in reference}:
            if rtype in TYPE_NUMBERS:
                by_type.setdefault(rtype, []).append(resource_key(rtype, rid))
        by_rule: dict[str, tuple[Filter, list[int]]] = {}
        for rtype, keys in by_type.items():
            where = self.where(READ, rtype)
            by_rule.setdefault(f"{where.sql} {where.params}", (where, []))[1].extend(keys)
        asked = ((keys, where) for where, keys in by_rule.values())
        read = stored.reads(self._conn, asked)
        found = {record.ref: record for record in read if not record.deleted}
        self._note(READ, found.values())
        return found

    def readable(self, references: Iterable[str]) -> set[str]:
        """Which of these (`Type/id`) may be read now. Nothing of them is shown, so nothing is noted."""
        found: set[str] = set()
        by_type: dict[str, list[int]] = {}
        for rtype, _, rid in (reference.partition("/") for reference in references):
            if rtype in TYPE_NUMBERS:
                by_type.setdefault(rtype, []).append(resource_key(rtype, rid))
        for rtype, keys in by_type.items():
            records = stored.read(self._conn, keys, self.where(READ, rtype))
            found |= {record.ref for record in records if not record.deleted}
        return found

    def search(
        self,
        rtype: str,
        query: Query = (),
        *,
        lenient: bool = False,
        within: str = "",
        alone: bool = False,
    ) -> Found:
        """Search one type; matches, included, cursor and total all through the filters of their types.

        `within`: a `Patient/…`, to search their compartment only. `alone`: the request asks for nothing else,
        so this has an audit row of its own.
        """
        pairs = self._asked(rtype, query)
        parsed = grammar.parse(rtype, pairs, lenient=lenient)
        if within:
            parsed = compartments.within(parsed, within)
        said = f"{within}/{rtype}?{written(pairs)}".lstrip("/")
        if alone and self._noted_with_it and parsed.page_alone and not self.where(SEARCH, rtype).nothing:
            return self._find_and_note(parsed, said)
        found = self.run(parsed)
        self._note_found(said, found)
        return found

    def searches(self, asked: Iterable[tuple[str, Query]]) -> list[Found]:
        """Several searches (type, query) that need nothing of each other, sent to the database in one go.

        Each is written down as if it came alone. One that is refused refuses all, before any is made.
        """
        each = [(rtype, self._asked(rtype, query)) for rtype, query in asked]
        parsed = [grammar.parse(rtype, pairs) for rtype, pairs in each]
        found = stored_searches(self._conn, parsed, lambda rtype: self.where(SEARCH, rtype))
        for (rtype, pairs), one in zip(each, found, strict=True):
            self._note_found(f"{rtype}?{written(pairs)}", one)
        return found

    def _asked(self, rtype: str, query: Query) -> list[tuple[str, str]]:
        if rtype not in TYPE_NUMBERS:
            raise self.refuse_read(SEARCH, rtype, not_found())
        return _pairs(query)

    def _note_found(self, query: str, found: Found) -> None:
        self._note_search(query)
        self._note(SEARCH, found.matches)
        self._note(SEARCH, found.included)

    @property
    def _noted_with_it(self) -> bool:
        """Whether what is read here is written down by the statement that reads it."""
        return self._looks and self.witness.source == "api" and self._shared.work is None and idle(self._conn)

    def _find_and_note(self, parsed: grammar.Search, said: str) -> Found:
        """A page and the audit row of the search, in one statement."""
        noting = self.witness.noting_found(parsed.rtype, said, parsed.count, self._shared.warrant)
        found = search_noted(self._conn, parsed, lambda rtype: self.where(SEARCH, rtype), noting)
        if found is None:
            raise Outdated
        self._shared.warrant = None
        return found

    def counts(self, rtype: str, *queries: Query) -> list[int]:
        """How many match each of these searches of one type, asked at once; for lists that show numbers."""
        parsed = [grammar.parse(rtype, _pairs(query)) for query in queries]
        for query in queries:
            self._note_search(f"{rtype}?{written(_pairs(query))}")
        return stored_counts(self._conn, parsed, lambda rtype: self.where(SEARCH, rtype))

    def everything(
        self, rid: str, extent: Extent, *, count: int = 100, behind: int | None = None
    ) -> tuple[list[Record], int | None]:
        """A page of all that the record holds about a patient, themselves first, and where the next begins.

        Each type through its own filter; what hangs on something unseen is not there either.
        """
        patient = self._there(self._current("Patient", rid), "Patient", rid)
        found = everything.members(
            self._conn,
            patient.id,
            extent,
            lambda rtype: self.where(SEARCH, rtype),
            count=count + 1,
            behind=behind,
        )
        more = found[count - 1][0] if len(found) > count else None
        records = [record for _, record in found[:count]]
        self._note_search(f"Patient/{rid}/$everything")
        self._note(SEARCH, records)
        return records, more

    def history(self, rtype: str, rid: str, window: Window = ALL) -> list[Record]:
        """The versions that may be read, newest first. The current one must be readable too."""
        record = self._current(rtype, rid)
        if record is None:
            raise self.refuse_read(READ, f"{rtype}/{rid}", not_found())
        versions = stored.history(self._conn, record.id, self.where(READ, rtype), window)
        if versions:
            self._note(READ, versions)
        else:
            self._note_search(f"{rtype}/{rid}/_history")
        return versions

    def versions(self, rtype: str, rid: str) -> int:
        """How many versions of a resource may be read; 0 for what is not there."""
        record = self._current(rtype, rid)
        return stored.count_versions(self._conn, record.id, self.where(READ, rtype)) if record else 0

    def changes(self, rtype: str | None = None, window: Window = Window(50)) -> list[Record]:  # noqa: B008
        """Versions of a type (None: of everything) that may be read, newest first."""
        if rtype is not None and rtype not in TYPE_NUMBERS:
            raise self.refuse_read(READ, rtype, not_found())
        found: list[Record] = []
        if rtype:
            found = stored.history_of_type(self._conn, rtype, self.where(SEARCH, rtype), window)
        elif window.count != 0:
            filters = {name: self.where(SEARCH, name) for name in TYPE_NUMBERS}
            found = stored.history_of_types(self._conn, filters, window)
        self._note_search(f"{rtype or ''}/_history")
        self._note(READ, found)
        return found

    def run(self, search: grammar.Search) -> Found:
        """A parsed search with this door's filter for every type that it touches; nothing is noted."""
        return stored_search(self._conn, search, lambda rtype: self.where(SEARCH, rtype))

    def opened(self, records: Iterable[Record], at: datetime | None = None) -> None:
        """Note that this actor opened these messages, now or `at`; the first time counts."""
        with self.unit():
            seen.opened(self.conn, self.actor, [record.id for record in records], at)

    def openings(self, keys: Sequence[int]) -> dict[int, list[seen.Opening]]:
        """Who opened these messages and when, as far as the messages may be read."""
        return seen.openings(self._conn, keys, self.where(READ, "Communication"))

    def _there(self, record: Record | None, rtype: str, rid: str) -> Record:
        if record is None:
            raise self.refuse_read(READ, f"{rtype}/{rid}", not_found())
        if record.deleted:
            gone = Refused("gone", "This was deleted.", "Go back and choose again.")
            raise self.refuse_read(READ, record.ref, gone)
        return record

    def _read_and_note(self, rtype: str, rid: str) -> Record:
        """One resource and the audit row of its reading, in one statement."""
        where = self.where(READ, rtype) if rtype in TYPE_NUMBERS and _ID.fullmatch(rid) else NOTHING
        if where.nothing:
            return self._there(None, rtype, rid)
        where = self._warranted(where)
        params = {**self.witness.of(f"{rtype}/{rid}"), "key": resource_key(rtype, rid), **where.params}
        sql = reading_and_noting(where.sql)
        row = StoreCursor(self._conn).execute(sql, params).fetchone()
        if row is None:
            self.confirm()
        self._shared.warrant = None
        return self._there(stored.record_of(row) if row else None, rtype, rid)

    def unopened(self, conversations: Iterable[str]) -> dict[str, int]:
        """How many messages of each conversation (`Communication/…`) this actor neither wrote nor opened."""
        keys = {reference_key(reference): reference for reference in conversations}
        found = seen.unopened(self._conn, self.actor, list(keys), self.where(SEARCH, "Communication"))
        return {keys[key]: count for key, count in found.items()}

    def new_letters(self, patient: str, count: int) -> list[tuple[Record, int]]:
        """Of conversations about a patient: the latest message that is new to this actor, and how many are.

        At most `count` conversations, those written in last first.
        """
        where = self.where(SEARCH, "Communication")
        counted = dict(seen.newest(self._conn, self.actor, reference_key(patient), where, count))
        found = {record.id: record for record in stored.read(self._conn, list(counted), where)}
        self._note(SEARCH, found.values())
        return [(found[key], number) for key, number in counted.items() if key in found]

    def _current(self, rtype: str, rid: str) -> Record | None:
        if rtype not in TYPE_NUMBERS or not _ID.fullmatch(rid):
            return None
        found = stored.read(self._conn, [resource_key(rtype, rid)], self.where(READ, rtype))
        return found[0] if found and found[0].rid == rid else None
