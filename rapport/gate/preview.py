"""What would somebody see? Asked by those who may know, before and after they share; nothing stays of it.

with supposing(door, consent) as said:          # a Consent that is not stored
    seen_by(door, bilal).search("Observation")  # what Bilal would find of the own record
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rapport.fhir.keys import hash64, reference_key, resource_key
from rapport.fhir.labels import JOINED
from rapport.fhir.outcomes import Refused, not_found
from rapport.store import reading as stored
from rapport.store.records import NOTHING, Filter

from .actor import Actor
from .consent.compiling import Body, born, write
from .consent.regions import of_part, regions
from .decisions import Decision, answers_for, decide
from .door import Door
from .permissions import Action
from .policy import both, filter_for


class _Undone(Exception):
    """Ends a supposition."""


class Preview(Door):
    """A door as another person has it, onto one patient's record, with nothing to write and nothing noted."""

    of = 0

    def where(self, action: Action, rtype: str) -> Filter:
        """What the other person may see, of that patient alone."""
        if action not in "rs":
            return NOTHING
        found = filter_for(self._ask(action, rtype))
        mine = Filter("({t}.patient = %(preview_of)s)", {"preview_of": self.of})
        return both(found, mine) if not found.nothing else NOTHING


def seen_by(door: Door, other: Actor) -> Preview:
    """Their own record as somebody else sees it, for the patient who stands at the door."""
    if door.actor.kind != "patient":
        raise not_found()
    made = Preview(door.conn, other, door.purpose, unit=door._open, source=door.witness.source)
    made._shared = door._shared
    made._looks = False
    made.of = reference_key(door.actor.ref)
    return made


@contextmanager
def supposing(door: Door, consent: Body, instead: str = "") -> Iterator[None]:
    """Let a Consent of the patient at the door be in force inside, and undo it after.

    `instead`: the `Consent/…` that it would take the place of.
    """
    if door.actor.kind != "patient" or consent.get("patient", {}).get("reference") != door.actor.ref:
        raise Refused("forbidden", "You can try this on your own record alone.", "Name nobody else.")
    patient = reference_key(door.actor.ref)
    try:
        with door.conn.transaction():
            if instead:
                for table in ("access_grant", "access_denial"):
                    door.conn.execute(
                        f"DELETE FROM {table} WHERE source = %s AND patient = %s",  # noqa: S608
                        (reference_key(instead), patient),
                    )
            birth = born(door.conn, {patient}).get(patient, "")
            part = _part(door, instead)
            write(door.conn, [(hash64("supposed"), patient, of_part(regions(consent, birth), part))])
            yield
            raise _Undone
    except _Undone:
        pass


def _part(door: Door, consent: str) -> int:
    """The label of the part of a joined record that a Consent came with: 0 for none, and for a new one."""
    found = stored.read(door.conn, [reference_key(consent)]) if consent else []
    return found[0].sens & JOINED if found else 0


def would(door: Door, other: Actor, action: Action, rtype: str, rid: str) -> Decision:
    """Whether somebody else may do this, and why; for the patient whose it is, leads and privacy officers.

    Refused("not-found") for who may not ask, and for what is not there for the one who asks.
    """
    if door.actor.kind == "patient":
        if not door.decide("r", rtype, rid).allowed:
            raise not_found()
    elif not answers_for(door, resource_key(rtype, rid)):
        raise not_found()
    sibling = Door(door.conn, other, door.purpose, unit=door._open, source=door.witness.source)
    sibling._shared = door._shared
    sibling._looks = False
    door._note_search(f"{rtype}/{rid}/$why?actor={other.ref}")
    return decide(sibling, action, rtype, rid)
