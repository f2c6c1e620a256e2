"""Who is asking. An Actor is made by `people` (or by a job) and never by a page."""

from __future__ import annotations

from dataclasses import dataclass

from rapport.fhir.keys import reference_key
from rapport.store.records import Filter

from .scopes import Scope

#: What the database must say at each request for somebody known from before to be still the same Actor:
#: that their token was not revoked, their account not closed. Parameters are named `warrant_…`.
Warrant = Filter


class Outdated(Exception):
    """The warrant does not hold any more; nothing was done and nothing told."""


KINDS = ("patient", "kin", "staff", "client", "system")


@dataclass(frozen=True, slots=True)
class Actor:
    """A person or program at the door, with what the door needs to know of them.

    ref        the resource that stands for them: `Patient/…`, `Practitioner/…`, `RelatedPerson/…`, `Device/…`
    name       as others read it: "Dara Okafor"
    role       as others read it: "nurse", "patient", "her son"
    positions  `PractitionerRole/…` held now (staff)
    teams      `Organization/…` of those positions
    duties     site-wide duties of staff: `lead`, `privacy`, `operator`
    patients   `Patient/…` this person acts for (a patient: their own)
    scopes     of a client; None for people: grants say what they have
    """

    kind: str
    ref: str
    name: str
    role: str = ""
    positions: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()
    duties: frozenset[str] = frozenset()
    patients: tuple[str, ...] = ()
    scopes: tuple[Scope, ...] | None = None

    def __post_init__(self) -> None:
        if self.kind not in KINDS or "/" not in self.ref:
            raise ValueError(f"no such actor: {self.kind} {self.ref}")
        if self.duties and self.kind != "staff":
            raise ValueError(f"only staff have duties: {self.ref}")

    def __hash__(self) -> int:
        """Of what tells most of them apart; filters are kept by actor, so this is asked at every request."""
        return hash((self.kind, self.ref))

    @property
    def keys(self) -> list[int]:
        """Keys that grants may be addressed to: the person, their positions, their teams."""
        return [reference_key(ref) for ref in (self.ref, *self.positions, *self.teams)]

    @classmethod
    def system(cls, name: str) -> Actor:
        """Rapport itself at work (a clock, an import); audited by that name like a person."""
        return cls("system", f"Device/rapport-{name}", f"Rapport, {name}", "system")
