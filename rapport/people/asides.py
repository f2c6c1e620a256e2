"""What stands about a person beside a letter to them: rooms above register what they know."""

from __future__ import annotations

from rapport.gate.door import Door
from rapport.gate.together import Inquiry, together

#: A heading and words.
Said = tuple[tuple[str, str], ...]
Read = Inquiry[[str], Said]
#: Of `Patient/…`, what to call them, and a way (`message` or `call`): what speaks against it, a line each.
Doubt = Inquiry[[str, str, str], tuple[str, ...]]
_reads: list[Read] = []
_doubts: list[Doubt] = []


def use(read: Read) -> None:
    """Register an inquiry about `Patient/…` that gives headings and words (`AppConfig.ready`)."""
    if read not in _reads:
        _reads.append(read)


def use_doubt(doubt: Doubt) -> None:
    """Register an inquiry into what speaks against a way of reaching somebody (`AppConfig.ready`)."""
    if doubt not in _doubts:
        _doubts.append(doubt)


def reads() -> tuple[Read, ...]:
    """What is registered; asked with other readings of a page."""
    return tuple(_reads)


def doubts(door: Door, patient: str, called: str, way: str) -> tuple[str, ...]:
    """What speaks against reaching `Patient/…` this way, as far as the door shows it; asked in one go."""
    with together(door) as later:
        found = [later(doubt, patient, called, way) for doubt in _doubts]
    return tuple(line for one in found for line in one.value)
