"""What a search expression finds in a resource: each value with its FHIR type."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

from rapport.fhir.table import part

Json = dict[str, Any]


class Found(NamedTuple):
    """A value, its FHIR type, and the name of the finite value set that it must come from ("" for none)."""

    type: str
    value: Any
    codes: str = ""


_WORD = re.compile(r"\s*('[^']*'|[%\w]+|!=|[.()|=\[\]])")
Tree = tuple[Any, ...]


class _Reader:
    """Reads an expression into a tree of tuples."""

    def __init__(self, text: str) -> None:
        self.words = _WORD.findall(text)
        self.at = 0

    def peek(self) -> str:
        return self.words[self.at] if self.at < len(self.words) else ""

    def take(self, word: str = "") -> str:
        found = self.peek()
        assert found and word in ("", found), (self.words, self.at)
        self.at += 1
        return found

    def whole(self) -> Tree:
        """Either `a and b`, or a union."""
        left = self.compared()
        while self.peek() == "and":
            self.take()
            left = ("and", left, self.compared())
        return left

    def compared(self) -> Tree:
        left = self.union()
        if self.peek() in ("=", "!="):
            return (self.take(), left, self.take().strip("'"))
        if self.peek() == "is":
            self.take()
            return ("is", left, self.take())
        return left

    def union(self) -> Tree:
        each = [self.cast()]
        while self.peek() == "|":
            self.take()
            each.append(self.cast())
        return each[0] if len(each) == 1 else ("union", *each)

    def cast(self) -> Tree:
        found = self.path()
        if self.peek() == "as":
            self.take()
            return ("as", found, self.take())
        return found

    def path(self) -> Tree:
        if self.peek() == "(":
            self.take()
            found = self.whole()
            self.take(")")
        else:
            found = self.step(None)
        while self.peek() in (".", "["):
            if self.take() == "[":
                found = ("item", found, int(self.take()))
                self.take("]")
            else:
                found = self.step(found)
        return found

    def step(self, before: Tree | None) -> Tree:
        name = self.take()
        if self.peek() != "(":
            return ("name", before, name)
        self.take()
        if name in ("as", "ofType"):
            found: Tree = ("as", before, self.take())
        elif name == "extension":
            found = ("extension", before, self.take().strip("'"))
        elif name == "where":
            found = ("where", before, self.whole())
        else:
            assert name in ("exists", "resolve"), name
            found = (name, before)
        self.take(")")
        return found


@cache
def tree(expression: str) -> Tree:
    """The tree of an expression."""
    reader = _Reader(expression)
    found = reader.whole()
    assert reader.at == len(reader.words), expression
    return found


def find(expression: str, start: Found, whole: Found | None = None) -> list[Found]:
    """All that an expression finds, seen from `start`; `whole` is the resource that `%resource` means."""
    return _eval(tree(expression), start, whole or start)


def _eval(tree: Tree, start: Found, whole: Found) -> list[Found]:
    kind = tree[0]
    if kind == "union":
        return [found for one in tree[1:] for found in _eval(one, start, whole)]
    if kind == "and":
        left, right = (_eval(one, start, whole) for one in tree[1:])
        return [Found("boolean", all(one.value for one in left) and all(one.value for one in right))]
    if kind == "name" and tree[1] is None:
        if tree[2] == "%resource":
            return [whole]
        return [start] if tree[2] in (start.type, "Resource") else list(below(start, tree[2]))
    if kind == "is":
        assert tree[1] == ("resolve", None), tree
        return [Found("boolean", target_type(start.value) == tree[2])]
    base = _eval(tree[1], start, whole) if tree[1] else [start]
    if kind == "name":
        return [found for one in base for found in below(one, tree[2])]
    if kind == "as":
        return [one for one in base if one.type.lower() == tree[2].lower()]
    if kind == "item":
        return base[tree[2] : tree[2] + 1]
    if kind == "extension":
        return [e for one in base for e in below(one, "extension") if e.value.get("url") == tree[2]]
    if kind == "where":
        return [one for one in base if any(held.value for held in _eval(tree[2], one, whole))]
    if kind == "exists":
        return [Found("boolean", bool(base))]
    if kind == "!=":
        return [Found("boolean", all(str(one.value).lower() != tree[2] for one in base))]
    assert kind == "=", tree
    return [Found("boolean", any(one.value == tree[2] for one in base))]


def below(node: Found, name: str) -> Iterator[Found]:
    """The values of an element, whichever of its types it has."""
    element = part(node.type).get(name)
    if element is None or not isinstance(node.value, dict):
        return
    for kind in element.kinds:
        value = node.value.get(element.key(kind))
        for one in value if isinstance(value, list) else [value]:
            if one is not None:
                type_ = one["resourceType"] if kind.name == "Resource" else kind.name
                yield Found(type_, one, element.codes)


def target_type(reference: Json) -> str:
    """The type of what a reference points to, as far as its text or its `type` tells."""
    text = reference.get("reference")
    if text is None:
        return str(reference.get("type", ""))
    pieces = text.partition("/_history/")[0].split("/")
    return pieces[-2] if len(pieces) > 1 else ""


def resource(value: Json) -> Found:
    """A resource as something to look into."""
    return Found(value["resourceType"], value)
