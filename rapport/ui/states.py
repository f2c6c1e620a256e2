"""States as people see them: one word in code, one shape, one colour. The list is `mockups` §3 made exact."""

from __future__ import annotations

#: state -> (icon, colour class). The colour says who must act; ink alone says nothing is asked of the reader.
STATES: dict[str, tuple[str, str]] = {
    "raised": ("ring", ""),
    "accepted": ("half", "is-taken"),
    "answered": ("ask", ""),
    "waiting": ("ask", "is-asked"),
    "heard": ("tick", "is-heard"),
    "reopened": ("again", "is-taken"),
    "closed": ("bar", ""),
    "late": ("up", "is-asked"),
    "urgent": ("stop", "is-alarm"),
    "promise": ("ribbon", ""),
    "promised": ("ribbon", "is-taken"),
    "kept": ("kept", "is-heard"),
    "not-kept": ("broken", ""),
    "team": ("lock", ""),
    "emergency": ("key", ""),
}


def look(state: str, kind: str) -> tuple[str, str]:
    """Icon and colour of a state for a kind of reader.

    An answered concern waits for the patient's yes: amber to patients and their circle, ink to staff.
    A word that is no state is taken as an icon's name, so that a mark can be anything in the sprite.
    """
    if state == "answered" and kind in ("patient", "kin"):
        state = "waiting"
    return STATES.get(state, (state, ""))


#: kind of person -> class of their mark: round lives it, double ring stands by them, square cares for them
FACES = {"patient": "", "kin": "rp-face--kin", "staff": "rp-face--staff"}
