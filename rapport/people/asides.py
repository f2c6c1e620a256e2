"""What stands about a person beside a letter to them, in own words: rooms above register what they know."""

from __future__ import annotations

from rapport.gate.together import Inquiry

#: A heading and words.
Said = tuple[tuple[str, str], ...]
Read = Inquiry[[str], Said]
_reads: list[Read] = []


def use(read: Read) -> None:
    """Register an inquiry about `Patient/…` that gives headings and words (`AppConfig.ready`)."""
    if read not in _reads:
        _reads.append(read)


def reads() -> tuple[Read, ...]:
    """What is registered; asked with other readings of a page."""
    return tuple(_reads)
