"""Who may see which shelves of Amina's record, said as plainly as it can be: sets of types and labels.

This knows nothing of the gate's rules. What somebody may do to their own record or to the directory of the
site is not said here: the marks are all Amina's.
"""

from __future__ import annotations

from collections.abc import Iterable

from tests.leaks.marks import MARKED, NAME, OWNED, Shelf

_KINDS = {
    "identity": {"Patient"},
    "conversations": {"Communication", "Task", "Binary"},
    "appointments": {"Appointment", "AppointmentResponse"},
    "plan": {"CarePlan", "Goal"},
    "what matters": {"QuestionnaireResponse"},
    "decisions": {"RequestGroup"},
    "circle": {"RelatedPerson"},
    "sharing": {"Consent", "AuditEvent"},
}
THEIRS = OWNED | {"Patient"}  # types that can belong to somebody at all
_KINDS["health record"] = set(THEIRS) - set().union(*_KINDS.values())
_SHARED = set(THEIRS) - _KINDS["circle"] - _KINDS["sharing"]


def _shelves(types: Iterable[str], letters: str) -> frozenset[Shelf]:
    return frozenset(Shelf(rtype, letter) for rtype in types for letter in letters)


NOTHING: frozenset[Shelf] = frozenset()
#: Family see no staff notes, nothing sensitive that was not chosen, and nothing of the sharing itself.
MAY: dict[str, frozenset[Shelf]] = {
    "": NOTHING,  # nobody: no token, no sign-in
    "made-up": NOTHING,
    "revoked": NOTHING,
    "eve": NOTHING,
    "kin-none": frozenset({NAME}),  # whose family they are is said in their own entry
    "kin-all": _shelves(_SHARED, "o") | {NAME},
    "kin-some": _shelves(_KINDS["conversations"] | _KINDS["appointments"], "o") | {NAME},
    "kin-ended": frozenset({NAME}),
    "kin-paused": frozenset({NAME}),
    "kin-denied": frozenset({NAME}),
    "parent": frozenset({NAME}),  # she is of age
    "other_team": NOTHING,
    "leaver": NOTHING,
    "operator": NOTHING,
    "lead": _shelves({"Patient", "CareTeam", "Consent"}, "osn") | {NAME},
    "privacy": _shelves({"Consent"}, "osn"),
    "narrow": _shelves({"Observation"}, "osn"),
    "laboratory": NOTHING,  # none of hers is one
    "writer": NOTHING,
}
#: A parent while she is fourteen.
OF_A_TEEN = _shelves({"Patient", "AllergyIntolerance", "Immunization"}, "o") | {NAME}

#: Who may see (nearly) all of it, so that each way of asking is known to find what it asks for.
CONTROLS: dict[str, frozenset[Shelf]] = {
    "amina": _shelves(THEIRS, "os") | {NAME},
    "dara": _shelves(THEIRS, "osn") | {NAME},
    "program": _shelves(MARKED, "osn") | {NAME},
}
