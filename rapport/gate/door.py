"""The one Door to the record. It is made once a request, job or command and knows who asks, and why.

    door = Door(connection, actor, "TREAT")
    with door.unit("answering"):
        door.create({...})

What it refuses it refuses with `rapport.fhir.outcomes.Refused`, in words that a person can act on.
"""

from __future__ import annotations

from datetime import datetime

from rapport.fhir.keys import reference_key
from rapport.fhir.outcomes import not_found
from rapport.store.compartments import Extent
from rapport.store.reading import Window
from rapport.store.records import Record
from rapport.store.searching import Found
from rapport.store.wire import StoreCursor

from .actor import Actor
from .audit import Entry, log_of
from .bundles import Bundles
from .decisions import Decision, answers_for, decide
from .permissions import READ, Action
from .policy import opens
from .roles import OWN

__all__ = ["Actor", "Decision", "Door", "Entry", "Extent", "Found", "Record", "Window"]


class Door(Bundles):
    """Read, search, history; create, update, delete, bundle; and why something is allowed."""

    def log(
        self,
        patient: str,
        *,
        before: datetime | None = None,
        limit: int = 50,
        others: bool = False,
        number: int | None = None,
    ) -> list[Entry]:
        """Who looked at a patient's record or wrote in it, newest first; for them and privacy officers.

        others: without what they did themselves; number: this row alone
        """
        rtype, _, rid = patient.partition("/")
        own = rtype == "Patient" and self.decide(READ, rtype, rid).rule == OWN.name
        if not own and not ("privacy" in self.actor.duties and answers_for(self, reference_key(patient))):
            raise self.refuse_read(READ, f"AuditEvent?patient={patient}", not_found())
        self._note_search(f"AuditEvent?patient={patient}")
        return log_of(self.conn, patient, before=before, limit=limit, others=others, number=number)

    def decide(self, action: Action, rtype: str, rid: str) -> Decision:
        """Whether this actor may do this to that resource, with the sentence that a person can read."""
        return decide(self, action, rtype, rid)

    def why(self, action: Action, rtype: str, rid: str) -> Decision:
        """The same for who asks just that: it is written down, with whose it is where they may see it."""
        self._note_search(f"{rtype}/{rid}/$why")
        self.find(rtype, rid)
        return self.decide(action, rtype, rid)

    def reaches(
        self, patient: str, action: Action = READ, rtype: str = "Condition", category: str = ""
    ) -> bool:
        """Whether this actor may do this to things of a type of `Patient/…`, whatever stands in it.

        Left out: read the clinical record. category: to such as carry its mark (`gate.marks`).
        """
        ask = self._ask(action, rtype)
        where = opens(ask, category) if category else self.where(action, rtype)
        sql = f"SELECT 1 FROM resource t WHERE t.id = %(gate_row)s AND {where.on('t')}"  # noqa: S608
        params = {**where.params, "gate_row": reference_key(patient)}
        return StoreCursor(self.conn).execute(sql, params).fetchone() is not None
