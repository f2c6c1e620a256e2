"""Who acts, as the rules need to know them."""

from __future__ import annotations

from dataclasses import dataclass

#: v3 RoleCode of a RelatedPerson who speaks for the patient by law.
LEGAL_ROLES = frozenset({"GUARD", "POWATT", "DPOWATT", "HPOWATT", "SPOWATT"})


@dataclass(frozen=True, slots=True)
class Who:
    """A person or program. `legal`: patients for whom they speak by law. The rest: see `gate.actor.Actor`."""

    kind: str
    ref: str
    name: str
    positions: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()
    legal: frozenset[str] = frozenset()

    @property
    def names(self) -> tuple[str, ...]:
        """Every reference under which they sign."""
        return (self.ref, *self.positions)

    @property
    def staff(self) -> bool:
        """Works here."""
        return self.kind == "staff"

    @property
    def importing(self) -> bool:
        """Brings records in from outside."""
        return self.kind == "system" and self.ref == "Device/rapport-import"

    @property
    def rapport(self) -> bool:
        """Rapport itself: what follows a write, the clock."""
        return self.kind == "system" and not self.importing

    @property
    def signs(self) -> tuple[str, str]:
        """Reference and name under which they write: the first position of staff, else the person."""
        return (self.positions[0] if self.staff and self.positions else self.ref), self.name

    def speaks_for(self, patient: str, requester: str) -> bool:
        """Whether they may say that a concern is answered: the patient, who raised it, who speaks by law."""
        return self.ref in (patient, requester) or patient in self.legal
