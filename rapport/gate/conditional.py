"""Writing what a search means, and trying a write without making it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Self

from psycopg import Rollback

from rapport.fhir.definitions import TYPE_NUMBERS
from rapport.fhir.outcomes import Refused, not_found
from rapport.store.records import Record, Write

from . import conditions
from .permissions import CREATE, DELETE, UPDATE
from .writing import Body, Step, Writing, new_id


class Conditional(Writing):
    """The conditional verbs. Two that mean the same search never run at once."""

    def put_where(
        self, raw: bytes, body: Body, query: str, *, if_match: int | None = None
    ) -> tuple[Record, bool]:
        """The conditional update: of the one resource that the search means, else a new one."""
        rtype = body["resourceType"]
        with self._step(UPDATE, rtype):
            conditions.lock(self.conn, [(rtype, query)])
            present = self.the_one(rtype, query)
            named = body.get("id")
            if present is None:
                if isinstance(named, str):
                    return self.put(raw, body, if_match=if_match)
                return self.apply([Step(CREATE, Write(raw, body, new_id()))])[0], True
            if named not in (None, present.rid):
                raise Refused(
                    "invalid", "The search means another resource than the id.", "Leave the id out."
                )
            return self.put(raw, {**body, "id": present.rid}, if_match=if_match)

    def patch_where(
        self, rtype: str, query: str, change: Callable[[bytes], bytes], *, if_match: int | None = None
    ) -> Record:
        """The conditional patch, of the one resource that the search means; "not-found" for none."""
        if rtype not in TYPE_NUMBERS:
            raise not_found()
        with self._step(UPDATE, rtype):
            conditions.lock(self.conn, [(rtype, query)])
            present = self.the_one(rtype, query)
            if present is None:
                raise not_found()
            return self.patch(rtype, present.rid, change, if_match=if_match)

    def delete_where(self, rtype: str, query: str) -> Record | None:
        """The conditional delete: of the one resource that the search means, if there is one."""
        if rtype not in TYPE_NUMBERS:
            raise not_found()
        with self._step(DELETE, rtype):
            conditions.lock(self.conn, [(rtype, query)])
            present = self.the_one(rtype, query)
            if present is None:
                self._note_search(f"{rtype}?{query}")
                return None
            return self.delete(rtype, present.rid)

    @contextmanager
    def trial(self, what: str) -> Iterator[Self]:
        """What is written inside is judged and guarded as ever, and undone. `what` stands in the audit."""
        if self._shared.work is not None:
            raise RuntimeError("a trial within a unit would undo the unit")
        with suppress(Rollback), self.unit(what):
            yield self
            raise Rollback
        self._note_search(what)
