"""Who speaks for somebody by law, for whoever cares for them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from rapport.gate.consent.authority import facts
from rapport.gate.door import Door
from rapport.gate.together import Asks, inquiry
from rapport.pillars.circle.shapes import authority_of

#: Who may decide in somebody's place. A parent's part follows the age, and is said where the family stands.
SPEAK = ("guardian", "agent")


@dataclass(frozen=True, slots=True)
class Speaker:
    """Somebody who speaks for a person: "guardian" or "agent", their name, the last day (None for none)."""

    kind: str
    name: str
    until: date | None


@inquiry
def speakers(_door: Door, patient: str, today: date) -> Asks[tuple[Speaker, ...]]:
    """Who speaks for them today, with proof, as far as this door reads what the law says."""
    found = yield "Consent", [("patient", patient), ("status", "active"), ("_count", "100")]
    speak = []
    for record in found.matches:
        said, proof = authority_of(record.json), facts(record.json, "")
        if said is None or said[0].kind not in SPEAK or not proof.verified:
            continue
        law, ref, name = said
        if law.kind == "agent" and not (proof.signed and law.ends):
            continue
        if law.begins <= today and (law.ends is None or today <= law.ends):
            speak.append(Speaker(law.kind, name or ref, law.ends))
    return tuple(speak)
