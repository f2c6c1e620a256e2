"""Attaching pictures and PDFs: told from their content, bounded, kept as Binary, served through the door."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rapport.gate.door import Door
from rapport.pillars.conversations.actions.doing import named
from rapport.pillars.conversations.rules.letters import MOST_FILES
from rapport.pillars.conversations.rules.words import broken
from rapport.pillars.conversations.shapes.files import (
    ENDINGS,
    LARGEST,
    MEGABYTE,
    binary,
    kind_of_file,
    safe_name,
)
from rapport.pillars.conversations.shapes.letters import Attached


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it was sent: the name is only a label, the type is found from the content."""

    name: str
    content: bytes


def check(files: Sequence[Upload]) -> None:
    """Refused("rule") for too many files, too large ones, and whatever is no picture and no PDF."""
    if len(files) > MOST_FILES:
        raise broken("shape", kind="message", what=f"it has at most {MOST_FILES} files")
    for file in files:
        if len(file.content) > LARGEST or kind_of_file(file.content) not in ENDINGS:
            raise broken("file", size=LARGEST // MEGABYTE)


def attach(door: Door, files: Sequence[Upload], *, conversation: str, once: str) -> tuple[Attached, ...]:
    """Keep files, as open as the conversation that they are sent in."""
    check(files)
    found = []
    for number, file in enumerate(files):
        rid, kind = named(door, once, f"file {number}"), kind_of_file(file.content)
        door.create(binary(rid, conversation=conversation, kind=kind, content=file.content), rid=rid)
        found.append(Attached(f"Binary/{rid}", safe_name(file.name, kind), kind, len(file.content)))
    return tuple(found)
