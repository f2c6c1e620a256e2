"""The invariants of Questionnaire: what its items may be."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

Json = dict[str, Any]

QUESTIONS: Final = frozenset({"group", "display"})
_DISPLAY: Final = (
    ("que-1", "item"),
    ("que-3", "code"),
    ("que-6", "required"),
    ("que-6", "repeats"),
    ("que-9", "readOnly"),
)


def item(value: Json) -> Iterator[str]:
    """One group, question or display text."""
    kind = value.get("type")
    if kind == "group" and "item" not in value:
        yield "must have items, being a group (que-1)"
    if kind == "display":
        for key, name in _DISPLAY:
            if name in value:
                yield f"must not have {name}, being for display ({key})"
    if kind in QUESTIONS and "initial" in value:
        yield "must not have an initial value, being no question (que-8)"
    if len(value.get("enableWhen", ())) > 1 and "enableBehavior" not in value:
        yield "must have enableBehavior with several enableWhen (que-12)"
    if len(value.get("initial", ())) > 1 and value.get("repeats") is not True:
        yield "must repeat to have several initial values (que-13)"


def enable_when(value: Json) -> Iterator[str]:
    """One condition under which an item is shown."""
    if value.get("operator") == "exists" and "answerBoolean" not in value:
        yield "must have a boolean answer with the operator exists (que-7)"


def whole(value: Json) -> Iterator[str]:
    """A questionnaire with all its items."""
    seen: set[str] = set()
    left = list(value.get("item", ()))
    while left:
        one = left.pop()
        left += one.get("item", ())
        link = one.get("linkId", "")
        if link in seen:
            yield f"must not use the link id {link[:60]!r} twice (que-2)"
        seen.add(link)
