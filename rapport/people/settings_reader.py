"""Reads typed values out of a parsed TOML text and says in which line what is wrong."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from rapport.fhir.outcomes import Issue

_MISSING: Any = object()


def lines_of(text: str) -> dict[tuple[str, ...], int]:
    """Line numbers of the tables and keys of a TOML text, by path."""
    found: dict[tuple[str, ...], int] = {(): 1}
    table: tuple[str, ...] = ()
    quoted = False
    for number, line in enumerate(text.splitlines(), 1):
        starts_quoted = quoted
        if (line.count('"""') + line.count("'''")) % 2:
            quoted = not quoted
        if starts_quoted:
            continue
        if header := re.match(r"\s*\[\[?\s*([^\]]+?)\s*\]\]?\s*(#.*)?$", line):
            table = tuple(word.strip().strip("\"'") for word in header[1].split("."))
            found.setdefault(table, number)
        elif key := re.match(r"\s*([A-Za-z0-9_.\"'-]+)\s*=", line):
            found.setdefault((*table, *(word.strip("\"'") for word in key[1].split("."))), number)
    return found


class Reader:
    """Reads values of the parsed text and gathers what is wrong with them."""

    def __init__(self, data: Mapping[str, Any], lines: Mapping[tuple[str, ...], int]) -> None:
        self.data = data
        self.lines = lines
        self.issues: list[Issue] = []

    def say(self, path: tuple[str, ...], text: str, severity: str = "error") -> None:
        """Note an issue at a path, with the line of the nearest thing that has one."""
        at = path
        while at not in self.lines:
            at = at[:-1]
        self.issues.append(Issue(text, f"line {self.lines[at]}, {'.'.join(path)}", "invalid", severity))

    def table(self, *path: str, known: set[str] | None = None) -> Mapping[str, Any]:
        """The table at a path ({} when absent); keys that nobody knows are issues."""
        value: Any = self.data
        for word in path:
            value = value.get(word, {}) if isinstance(value, Mapping) else {}
        if not isinstance(value, Mapping):
            self.say(path, "This must be a table.")
            return {}
        for key in value if known is not None else ():
            if key not in known:  # type: ignore[operator]
                self.say(
                    (*path, key), f"Nothing is called {key!r} here. Known: {', '.join(sorted(known or ()))}."
                )
        return value

    def value(self, kind: type | tuple[type, ...], path: tuple[str, ...], default: Any = _MISSING) -> Any:
        """The value at a path, if it is of the kind; else the default, and an issue if wrong or missing."""
        found = self.table(*path[:-1]).get(path[-1], _MISSING)
        if found is _MISSING:
            if default is _MISSING:
                self.say(path, "This is missing.")
                return None
            return default
        wrong_bool = isinstance(found, bool) and kind is not bool
        if not isinstance(found, kind) or wrong_bool:
            names = {str: "text in quotes", int: "a whole number", bool: "true or false", list: "a list"}
            self.say(path, f"This must be {names.get(kind, 'a number')}.")  # type: ignore[arg-type]
            return None if default is _MISSING else default
        return found

    def number(self, path: tuple[str, ...], default: float, low: float, high: float) -> float:
        """A number between two bounds, both allowed."""
        found = self.value((int, float), path, default)
        if not low <= found <= high:
            self.say(path, f"This must be between {low:g} and {high:g}.")
            return default
        return float(found)

    def whole(self, path: tuple[str, ...], default: int, low: int, high: int) -> int:
        """A whole number between two bounds, both allowed."""
        found = self.value(int, path, default)
        return int(self.number(path, found, low, high))

    def words(
        self, path: tuple[str, ...], languages: tuple[str, ...], *, needed: bool = True
    ) -> dict[str, str]:
        """Words by language: a table, or one text for all."""
        found = self.value((str, dict), path, _MISSING if needed else {})
        if isinstance(found, str):
            return dict.fromkeys(languages, found)
        found = found or {}
        for code, text in found.items():
            if not isinstance(text, str):
                self.say((*path, code), "This must be text in quotes.")
        if missing := [code for code in languages if needed and not found.get(code)]:
            self.say(path, f"No words in {', '.join(missing)}.", "warning")
        return {code: text for code, text in found.items() if isinstance(text, str)}
