"""What a relation to a patient gives, each with the sentence that the patient reads under "who has access".

The class is data: `grants` turns it into rows, `decisions` turns it into words.
"""

from __future__ import annotations

from dataclasses import dataclass

from rapport.fhir.labels import JOINED, STAFF, UNKNOWN

from .permissions import (
    CIRCLE,
    CLINICAL,
    CONVERSATION,
    EVERY_CATEGORY,
    EVERY_PURPOSE,
    GOAL,
    IDENTITY,
    PLAN,
    PURPOSES,
    SHARING,
    STORY,
)

READS, WRITES = 1, 1 | 2 | 4  # bits of permissions.ACTION_BITS: see; see, write and change

#: Every sensitivity that Rapport knows. A label that nobody here understands is never cleared.
KNOWN = ~UNKNOWN
#: What a patient or somebody close to them may ever clear: all known labels but the staff's own.
PERSONAL = KNOWN & ~STAFF
#: What one part of a joined record gives: nothing of another part.
ONE_PART = KNOWN & ~JOINED


@dataclass(frozen=True, slots=True)
class Part:
    """One row that a role gives: which categories, and whether to read or also to write."""

    categories: int
    actions: int


@dataclass(frozen=True, slots=True)
class Role:
    """A relation to a patient. `labels` are the sensitivities it clears; `scoped` limits it to one thread."""

    name: str
    sentence: str
    labels: int
    parts: tuple[Part, ...]
    purposes: int = EVERY_PURPOSE


OWN = Role(
    "own record",
    "This is their own record.",
    PERSONAL,
    (Part(EVERY_CATEGORY, READS), Part(CONVERSATION | SHARING | STORY | GOAL | PLAN, WRITES)),
)
CARE_TEAM = Role(
    "care team",
    "{who} is on the care team.",
    ONE_PART,
    (Part(IDENTITY | SHARING, READS), Part(CLINICAL, WRITES)),
)
ADDRESSED = Role(
    "conversation",
    "This conversation was written to {who}.",
    ONE_PART,
    (Part(CONVERSATION, WRITES),),
)
ADDRESSED_KIN = Role(
    "conversation, family",
    "This conversation was shared with {who}.",
    0,  # nothing that is sensitive, or kept from the circle
    (Part(CONVERSATION, WRITES),),
)
CORRESPONDENT = Role(
    "conversation, name",
    "The person wrote to {who}, who must know who they are.",
    ONE_PART,
    (Part(IDENTITY, READS),),
)
EMERGENCY = Role(
    "emergency",
    "{who} opened this in an emergency and said why.",
    KNOWN,
    (Part(IDENTITY | SHARING, READS), Part(CLINICAL, WRITES)),
    PURPOSES["ETREAT"],
)
REVIEW = Role(
    "emergency, review",
    "{who} answers for privacy here and looks into an emergency access.",
    KNOWN,
    (Part(CONVERSATION, WRITES),),
)
REVIEWED = Role(
    "emergency, reviewed",
    "{who} answers for privacy here and looks into this emergency access.",
    KNOWN,
    (Part(CONVERSATION, READS),),
)
RELATED = Role(
    "own entry in the circle",
    "This is what the record says about {who}.",
    PERSONAL,
    (Part(CIRCLE, READS),),
)
