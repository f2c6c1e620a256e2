"""What stands about a person beside a letter to them: rooms above register what they know."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from rapport.gate.door import Door
from rapport.gate.together import Inquiry, Together, together

#: A heading and words.
Said = tuple[tuple[str, str], ...]
Read = Inquiry[[str], Said]
#: Of `Patient/…`, what to call them, and a way (`message`, `post`, `call`): what speaks against it, in lines.
Doubt = Inquiry[[str, str, str], tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Paper:
    """Why somebody may need it on paper, in a line; `first`: they like it best so."""

    why: str
    first: bool


#: Of `Patient/…` and what to call them: why they may need it on paper, None where nothing says so.
Papers = Inquiry[[str, str], Paper | None]
_reads: list[Read] = []
_doubts: list[Doubt] = []
_papers: list[Papers] = []


def use(read: Read) -> None:
    """Register an inquiry about `Patient/…` that gives headings and words (`AppConfig.ready`)."""
    if read not in _reads:
        _reads.append(read)


def use_doubt(doubt: Doubt) -> None:
    """Register an inquiry into what speaks against a way of reaching somebody (`AppConfig.ready`)."""
    if doubt not in _doubts:
        _doubts.append(doubt)


def use_paper(read: Papers) -> None:
    """Register an inquiry into whether somebody needs letters on paper (`AppConfig.ready`)."""
    if read not in _papers:
        _papers.append(read)


def paper(door: Door, patient: str, called: str) -> Paper | None:
    """Why `Patient/…` may need a letter on paper, as far as the door shows it."""
    with together(door) as later:
        found = paper_later(later, patient, called)
    return found()


def paper_later(later: Together, patient: str, called: str) -> Callable[[], Paper | None]:
    """The same, asked with other readings of a page; call it once they were asked."""
    found = [later(read, patient, called) for read in _papers]
    return lambda: next((one.value for one in found if one.value is not None), None)


def reads() -> tuple[Read, ...]:
    """What is registered; asked with other readings of a page."""
    return tuple(_reads)


def doubts(door: Door, patient: str, called: str, way: str) -> tuple[str, ...]:
    """What speaks against reaching `Patient/…` this way, as far as the door shows it; asked in one go."""
    with together(door) as later:
        found = [later(doubt, patient, called, way) for doubt in _doubts]
    return tuple(line for one in found for line in one.value)
