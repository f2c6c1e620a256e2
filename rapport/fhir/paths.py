"""The tiny grammar of R4 search expressions, compiled to leaves: where in the JSON, and of which type.

    union   path | path
    path    Type.name.name[0]  (path as T).name
    steps   .as(T)  .ofType(T)  .where(resolve() is T)  .where(a.b='text')  .extension('url')
    once    Patient.deceased.exists() and Patient.deceased != false

All 1,633 simple (type, parameter) pairs of R4 compile; a test counts them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from rapport.fhir.table import part

_TOKEN = re.compile(
    r"""\s*(?:
      (?P<present>\.exists\(\)\s+and\s+[\w.]+\s*!=\s*false)
    | \.where\(\s*resolve\(\)\s+is\s+(?P<target>\w+)\s*\)
    | \.where\(\s*(?P<where>[\w.]+)\s*=\s*'(?P<equals>[^']*)'\s*\)
    | \.extension\(\s*'(?P<extension>[^']*)'\s*\)
    | \.(?:as|ofType)\(\s*(?P<cast>\w+)\s*\)
    | (?<=\s)as\s+(?P<cast2>\w+)
    | \[(?P<index>\d+)\]
    | \.?(?P<name>\w+)
    | (?P<paren>[()])
    )""",
    re.X,
)


@dataclass(frozen=True, slots=True)
class Step:
    """One JSON member on the way down. `where` keeps list items whose member has this text."""

    key: str
    where: tuple[tuple[str, ...], str] | None = None
    index: int | None = None


@dataclass(frozen=True, slots=True)
class Leaf:
    """A place in a resource: the steps, the FHIR type found there, the only reference target wanted.

    `many` is true when a step before the last can hold several items, `codes` names a required value set.
    """

    steps: tuple[Step, ...]
    type: str
    target: str = ""
    codes: str = ""
    present: bool = False
    many: bool = False

    @property
    def jsonpath(self) -> str:
        """The same place as an SQL/JSON path in lax mode (arrays are opened by themselves)."""
        out = "$"
        for step in self.steps:
            out += f'."{step.key}"' + ("" if step.index is None else f"[{step.index}]")
            if step.where:
                names, text = step.where
                out += " ? (@." + ".".join(f'"{name}"' for name in names) + f' == "{text}")'
        if self.target:
            out += f' ? (@."reference" like_regex "(^|/){self.target}/" || @."type" == "{self.target}")'
        return out


def _split(expression: str) -> Iterator[str]:
    depth = start = 0
    for at, char in enumerate(expression):
        depth += (char == "(") - (char == ")")
        if char == "|" and depth == 0:
            yield expression[start:at].strip()
            start = at + 1
    yield expression[start:].strip()


def leaves_of(expression: str, base: str) -> tuple[Leaf, ...]:
    """The leaves of an expression.

    `base` is the part the expression starts in. A first word equal to it is dropped, so both
    `Observation.code` and (in a composite's component) `code` work. Raises ValueError on anything
    outside the grammar or the definitions.
    """
    return tuple(leaf for path in _split(expression) for leaf in _path(path, base))


def _path(path: str, base: str) -> list[Leaf]:
    state = [Leaf((), base)]
    at, first = 0, True
    while at < len(path):
        token = _TOKEN.match(path, at)
        if token is None:
            raise ValueError(f"not in the grammar: {path!r} at {at}")
        at = token.end()
        name = token["name"]
        if token["paren"] or (first and name == base):
            first = first and bool(token["paren"])
            continue
        first = False
        state = _step(state, token)
        if not state:
            raise ValueError(f"{path!r} leads nowhere from {base}")
    return state


def _step(state: list[Leaf], token: re.Match[str]) -> list[Leaf]:
    cast = token["cast"] or token["cast2"]
    if token["name"]:
        return [found for leaf in state for found in _down(leaf, token["name"])]
    if token["extension"] is not None:
        found = [below for leaf in state for below in _down(leaf, "extension")]
        return [_filtered(leaf, ("url",), token["extension"]) for leaf in found]
    if cast:
        return [leaf for leaf in state if leaf.type.lower() == cast.lower()]
    if token["target"]:
        return [replace(leaf, target=token["target"]) for leaf in state]
    if token["where"]:
        return [_filtered(leaf, tuple(token["where"].split(".")), token["equals"]) for leaf in state]
    if token["index"]:
        return [_last(leaf, index=int(token["index"])) for leaf in state]
    return [replace(leaf, present=True) for leaf in state]


def _last(leaf: Leaf, *, index: int) -> Leaf:
    return replace(leaf, steps=(*leaf.steps[:-1], replace(leaf.steps[-1], index=index)), many=False)


def _filtered(leaf: Leaf, names: tuple[str, ...], text: str) -> Leaf:
    return replace(leaf, steps=(*leaf.steps[:-1], replace(leaf.steps[-1], where=(names, text))))


def _down(leaf: Leaf, name: str) -> Iterator[Leaf]:
    element = part(leaf.type).get(name)
    if element is None:
        return
    for kind in element.kinds:
        yield Leaf(
            steps=(*leaf.steps, Step(element.key(kind))),
            type=kind.name,
            codes=element.codes,
            many=leaf.many or element.max != 1,
        )
