"""Functions on texts."""

from __future__ import annotations

import base64
import binascii
import html
import json
import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final

from .arithmetic import LONGEST_TEXT
from .nodes import Items, plain
from .registry import function, some, text, whole
from .values import PathError

_LONGEST_PATTERN: Final = 1000


def _on_texts(act: Callable[..., Any]) -> Callable[..., Items]:
    """Give one text and text arguments; nothing where any of them is missing."""

    def call(items: Items, *args: Items) -> Items:
        values = [text(items), *map(text, args)]
        return [] if None in values else some(act(*values))

    return call


@lru_cache(maxsize=512)
def pattern(words: str) -> re.Pattern[str]:
    """A regular expression; the dot stands for line ends too."""
    if len(words) > _LONGEST_PATTERN:
        raise PathError("has a pattern that is too long")
    try:
        return re.compile(words, re.DOTALL)
    except (re.error, RecursionError, OverflowError) as error:
        raise PathError(f"has a pattern that can't be read ({error})") from error


def _bounded(found: str) -> str:
    if len(found) > LONGEST_TEXT:
        raise PathError("makes a text that is too long")
    return found


def _replaced(value: str, old: str, new: str) -> str:
    if len(value) * (1 + len(new)) > LONGEST_TEXT * 16:
        raise PathError("makes a text that is too long")
    return _bounded(value.replace(old, new))


def _matched(value: str, words: str, new: str) -> str:
    if len(value) * (1 + len(new)) > LONGEST_TEXT * 16:
        raise PathError("makes a text that is too long")
    # FHIRPath writes groups as $1, Python as \1.
    shaped = re.sub(r"\$(\d)", r"\\\1", new.replace("\\", "\\\\"))
    try:
        return _bounded(pattern(words).sub(shaped, value)) if words else value
    except (re.error, IndexError) as error:
        raise PathError(f"replaces by what can't be read ({error})") from error


for _name, _arguments, _act in (
    ("startsWith", 1, lambda value, other: value.startswith(other)),
    ("endsWith", 1, lambda value, other: value.endswith(other)),
    ("contains", 1, lambda value, other: other in value),
    ("indexOf", 1, lambda value, other: value.find(other)),
    ("upper", 0, str.upper),
    ("lower", 0, str.lower),
    ("trim", 0, str.strip),
    ("length", 0, len),
    ("matches", 1, lambda value, words: pattern(words).search(value) is not None),
    ("matchesFull", 1, lambda value, words: pattern(words).fullmatch(value) is not None),
    ("replace", 2, _replaced),
    ("replaceMatches", 2, _matched),
):
    function(_name, _arguments)(_on_texts(_act))


@function("substring", 1, 2)
def substring(items: Items, start: Items, length: Items | None = None) -> Items:
    """A part of a text, from a place counted from 0."""
    value, at = text(items), whole(start)
    if value is None or at is None or not 0 <= at < len(value):
        return []
    size = len(value) if length is None else whole(length)
    return [] if size is None else [value[at : at + max(size, 0)]]


@function("toChars")
def to_chars(items: Items) -> Items:
    """Its letters."""
    return list(text(items) or "")


@function("split", 1)
def split(items: Items, separator: Items) -> Items:
    """Its parts between separators."""
    value, sign = text(items), text(separator)
    if value is None or sign is None:
        return []
    return value.split(sign) if sign else list(value)


@function("join", 0, 1)
def join(items: Items, separator: Items | None = None) -> Items:
    """All texts as one."""
    if not items:
        return []
    parts = [plain(item) for item in items]
    if not all(type(part) is str for part in parts):
        raise PathError("needs texts to join")
    return [_bounded((text(separator or []) or "").join(parts))]


_CODES: Final[dict[str, tuple[Callable[[bytes], bytes], Callable[[bytes], bytes]]]] = {
    "hex": (binascii.hexlify, binascii.unhexlify),
    "base64": (base64.b64encode, base64.b64decode),
    "urlbase64": (base64.urlsafe_b64encode, base64.urlsafe_b64decode),
}
_ESCAPES: Final[dict[str, tuple[Callable[[str], str], Callable[[str], str]]]] = {
    "html": (html.escape, html.unescape),
    "json": (
        lambda value: json.dumps(value, ensure_ascii=False)[1:-1],
        lambda value: str(json.loads(f'"{value}"')),
    ),
}


def _coded(value: str, form: str, way: int) -> str | None:
    try:
        return _bounded(_CODES[form][way](value.encode()).decode()) if form in _CODES else None
    except ValueError as error:
        raise PathError(f"can't be read as {form}") from error


def _escaped(value: str, form: str, way: int) -> str | None:
    quoted = value.replace('"', '\\"') if form == "json" and way and '\\"' not in value else value
    try:
        return _bounded(_ESCAPES[form][way](quoted)) if form in _ESCAPES else None
    except ValueError as error:
        raise PathError(f"can't be read as {form}") from error


function("encode", 1)(_on_texts(lambda value, form: _coded(value, form, 0)))
function("decode", 1)(_on_texts(lambda value, form: _coded(value, form, 1)))
function("escape", 1)(_on_texts(lambda value, form: _escaped(value, form, 0)))
function("unescape", 1)(_on_texts(lambda value, form: _escaped(value, form, 1)))
