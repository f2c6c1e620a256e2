"""What the errand of a correction says, and the Provenance of how it ended. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

Resource = dict[str, Any]

#: Kind of the errand (`people.errands`).
CORRECTION: Final = "correction"
#: How one may be answered.
OUTCOMES: Final = ("accepted", "partly", "declined")
#: Parts of the errand: what it is about, what is wrong, what it should say; the answer; what the person adds.
ABOUT, TITLE, WRONG, WANTED, OUTCOME, STATEMENT = "about", "title", "words", "wanted", "outcome", "statement"


def provenance(
    targets: Sequence[str], *, who: tuple[str, str], outcome: str, words: str, at: datetime
) -> Resource:
    """Who decided about a correction, when and why."""
    stamp = at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return {
        "resourceType": "Provenance",
        "target": [{"reference": ref} for ref in targets if ref],
        "recorded": stamp,
        "reason": [{"text": words}],
        "activity": {"text": f"correction {outcome}"},
        "agent": [{"who": {"reference": who[0], "display": who[1]}}],
    }
