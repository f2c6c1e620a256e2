"""FHIRPath text to a tree. PathError, with the place, for what is not FHIRPath."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from .trees import At, Call, Literal, Name, Operation, Outside, Path, Signed, Special, Tree, Typed
from .values import CALENDAR, Moment, PathError, Quantity

#: Longest expression, and deepest nesting: more is nobody's honest question.
MOST_WORDS: Final = 1000
DEEPEST: Final = 60
LONGEST_NUMBER: Final = 100

_WORD: Final = re.compile(
    r"""(?P<space>(?:\s+|//[^\r\n]*|/\*.*?\*/)+)
    | (?P<moment>@(?:T\d\d(?::\d\d(?::\d\d(?:\.\d+)?)?)?
        | \d{4}(?:-\d\d(?:-\d\d)?)?(?:T(?:\d\d(?::\d\d(?::\d\d(?:\.\d+)?)?)?(?:Z|[+-]\d\d:\d\d)?)?)?))
    | (?P<number>\d+(?:\.\d+)?)
    | (?P<string>'(?:[^'\\]|\\.)*')
    | (?P<outside>%(?:[A-Za-z_]\w*|`(?:[^`\\]|\\.)*`|'(?:[^'\\]|\\.)*'))
    | (?P<special>\$(?:this|index|total)\b)
    | (?P<name>[A-Za-z_]\w*|`(?:[^`\\]|\\.)*`)
    | (?P<sign>!=|!~|<=|>=|[-+*/&|=~<>(){}\[\],.])""",
    re.X | re.S | re.A,
)
_ESCAPE: Final = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.S)
_ESCAPES: Final = {"r": "\r", "n": "\n", "t": "\t", "f": "\f"}

#: Operators by how tightly they bind; all are left-associative.
_TIGHT: Final[dict[str, int]] = {
    "implies": 1, "or": 2, "xor": 2, "and": 3, "in": 4, "contains": 4, "=": 5, "~": 5, "!=": 5, "!~": 5,
    "<": 6, "<=": 6, ">": 6, ">=": 6, "|": 7, "is": 8, "as": 8, "+": 9, "-": 9, "&": 9,
    "*": 10, "/": 10, "div": 10, "mod": 10,
}  # fmt: skip
_SIGNED: Final = 11


def parse(text: str) -> Tree:
    """The tree of an expression."""
    return _Reader(text).all()


def _unescape(text: str) -> str:
    def plain(match: re.Match[str]) -> str:
        word = match[1]
        return chr(int(word[1:], 16)) if len(word) == 5 else _ESCAPES.get(word, word)

    return _ESCAPE.sub(plain, text)


def _split(text: str) -> Iterator[tuple[str, str, int]]:
    at = 0
    while at < len(text):
        match = _WORD.match(text, at)
        if match is None:
            raise PathError(f"can't be read at {text[at : at + 20]!r}")
        if match.lastgroup != "space":
            yield str(match.lastgroup), match[0], at
        at = match.end()
    yield "end", "", at


class _Reader:
    """Reads words from left to right."""

    def __init__(self, text: str) -> None:
        self.words: list[tuple[str, str, int]] = []
        for word in _split(text):
            self.words.append(word)
            if len(self.words) > MOST_WORDS:
                raise PathError("is too long")
        self.text, self.at, self.depth = text, 0, 0

    def all(self) -> Tree:
        """The whole text is one expression."""
        tree = self.expression(0)
        if self.words[self.at][0] != "end":
            raise self.wrong()
        return tree

    def wrong(self) -> PathError:
        """What stands here does not fit."""
        start = self.words[self.at][2]
        rest = self.text[start : start + 20]
        return PathError(f"can't be read at {rest!r}" if rest else "ends too early")

    def next(self) -> tuple[str, str]:
        """The next word is taken."""
        kind, word, _ = self.words[self.at]
        self.at += kind != "end"
        return kind, word

    def take(self, *words: str) -> bool:
        """The next word is taken when it is one of these signs or operators."""
        kind, word, _ = self.words[self.at]
        if kind not in ("sign", "name") or word not in words:
            return False
        self.at += 1
        return True

    def need(self, word: str) -> None:
        """The next word must be this one."""
        if not self.take(word):
            raise self.wrong()

    def expression(self, least: int) -> Tree:
        """Operators that bind at least so tightly, and their sides."""
        self.depth += 1
        if self.depth > DEEPEST:
            raise PathError("is nested too deeply")
        left, chain = self.signed(), 0
        while True:
            kind, word, _ = self.words[self.at]
            tight = _TIGHT.get(word, 0) if kind in ("sign", "name") else 0
            if tight <= least:
                break
            self.at, chain = self.at + 1, chain + 1
            if chain > DEEPEST:
                raise PathError("has too many operators in a row")
            if tight == _TIGHT["is"]:
                left = Typed(word, left, self.type())
            else:
                left = Operation(word, left, self.expression(tight))
        self.depth -= 1
        return left

    def type(self) -> tuple[str, ...]:
        """A type with or without its namespace."""
        found = [self.name()]
        if self.take("."):
            found.append(self.name())
        return tuple(found)

    def name(self) -> str:
        """An identifier, plain or in backticks."""
        if self.words[self.at][0] != "name":
            raise self.wrong()
        word = self.next()[1]
        return _unescape(word[1:-1]) if word[0] == "`" else word

    def signed(self) -> Tree:
        """A term with its steps, perhaps with a sign before it."""
        for sign in ("-", "+"):
            if self.take(sign):
                self.depth += 1
                if self.depth > DEEPEST:
                    raise PathError("is nested too deeply")
                found = Signed(sign, self.signed())
                self.depth -= 1
                return found
        head, steps = self.term(), []
        while True:
            if self.take("."):
                steps.append(self.step())
            elif self.take("["):
                steps.append(At(self.expression(0)))
                self.need("]")
            else:
                return Path(head, tuple(steps)) if steps else head

    def step(self) -> Tree:
        """An element or a function."""
        kind, word, _ = self.words[self.at]
        if kind == "special":
            self.at += 1
            return Special(word)
        name = self.name()
        if not self.take("("):
            return Name(name)
        args: list[Tree] = []
        while not self.take(")"):
            if args:
                self.need(",")
            args.append(self.expression(0))
        return Call(name, tuple(args))

    def term(self) -> Tree:
        """Where a path begins."""
        kind, word, _ = self.words[self.at]
        if kind in ("name", "special"):
            if word in ("true", "false"):
                self.at += 1
                return Literal(word == "true")
            return self.step()
        self.next()
        if kind == "number":
            return self.number(word)
        if kind == "string":
            return Literal(_unescape(word[1:-1]))
        if kind == "moment":
            return Literal(Moment.literal(word[1:]))
        if kind == "outside":
            return Outside(_unescape(word[2:-1]) if word[1] in "`'" else word[1:])
        if word == "{":
            self.need("}")
            return Literal(None)
        if word == "(":
            tree = self.expression(0)
            self.need(")")
            return tree
        self.at -= kind != "end"
        raise self.wrong()

    def number(self, word: str) -> Literal:
        """A number, with or without a unit."""
        if len(word) > LONGEST_NUMBER:
            raise PathError("has a number that is too long")
        kind, unit, _ = self.words[self.at]
        if kind == "string":
            self.at += 1
            return Literal(Quantity(Decimal(word), _unescape(unit[1:-1])))
        if kind == "name" and unit in CALENDAR:
            self.at += 1
            return Literal(Quantity(Decimal(word), unit, calendar=True))
        return Literal(Decimal(word) if "." in word else int(word))
