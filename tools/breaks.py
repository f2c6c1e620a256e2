"""What can be broken in the rules of the gate: every small change of a syntax tree that makes another rule.

A comparison turned round, a condition left out, a list one entry shorter; and the same in the words of SQL
that the rules are written in. For `tools/mutants.py`.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
FILES = [
    "rapport/gate/policy.py",
    "rapport/gate/granting.py",
    "rapport/gate/roles.py",
    "rapport/gate/permissions.py",
    "rapport/gate/scopes.py",
    "rapport/gate/grants.py",
    "rapport/gate/spans.py",
    "rapport/gate/emergency.py",
    "rapport/gate/preview.py",
    "rapport/gate/claims.py",
    "rapport/gate/consent/ages.py",
    "rapport/gate/consent/authority.py",
    "rapport/gate/consent/boxes.py",
    "rapport/gate/consent/compiling.py",
    "rapport/gate/consent/guard.py",
    "rapport/gate/consent/reading.py",
    "rapport/gate/consent/regions.py",
    "rapport/gate/consent/rows.py",
    "rapport/fhir/labels.py",
]

_SQL = [
    (r"\bAND\b", "OR"), (r"\bOR\b", "AND"), (r"\bNOT EXISTS\b", "EXISTS"), (r"\bNOT (?!EXISTS|NULL)", ""),
    (r"(?<!NOT )\bEXISTS\b", "NOT EXISTS"), (r"<>", "="), (r"(?<![<>=])=(?!=)", "<>"), (r"<=", ">"),
    (r">=", "<"), (r"(?<![<])>(?!=)", "<="), (r"(?<!-)<(?![=>@])", ">="), (r"<@", "@>"), (r" & ", " | "),
    (r"& ~\(", "& ("),
    (r"IS NULL", "IS NOT NULL"),
]  # fmt: skip
_LOOKS_LIKE_SQL = re.compile(r"\b(SELECT|EXISTS|AND|NOT|ANY|WHERE|DELETE)\b|\.sens|<= now\(\)")
_COMPARED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Lt: ast.GtE, ast.LtE: ast.Gt, ast.Gt: ast.LtE, ast.GtE: ast.Lt,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
}  # fmt: skip
_NAMES = {
    "KNOWN": "PERSONAL", "PERSONAL": "KNOWN", "NOTHING": "EVERYTHING", "ALWAYS": "FOREVER",
    "FOREVER": "ALWAYS", "latest": "earliest", "earliest": "latest", "READS": "WRITES", "narrow": "wide",
    "any_of": "both",
}  # fmt: skip


def replacements(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    """What may stand in place of a node, with words for it."""
    match node:
        case ast.Compare(ops=[op]) if type(op) in _COMPARED:
            yield "comparison turned round", _with(node, ops=[_COMPARED[type(op)]()])
        case ast.BoolOp(op=op, values=values):
            other = ast.Or() if isinstance(op, ast.And) else ast.And()
            yield "and for or", _with(node, op=other)
            for at in range(len(values)):
                rest = [value for number, value in enumerate(values) if number != at]
                yield (
                    f"{ast.unparse(values[at])[:40]!r} left out",
                    rest[0] if len(rest) == 1 else _with(node, values=rest),
                )
        case ast.UnaryOp(op=ast.Not() | ast.Invert(), operand=operand):
            yield "not left out", operand
        case ast.BinOp(op=ast.BitAnd()):
            yield "& for |", _with(node, op=ast.BitOr())
        case ast.BinOp(op=ast.BitOr()):
            yield "| for &", _with(node, op=ast.BitAnd())
        case ast.IfExp(body=body, orelse=orelse):
            yield "the other choice", _with(node, body=orelse, orelse=body)
        case ast.If(test=test):
            yield "if turned round", _with(node, test=ast.UnaryOp(ast.Not(), test))
        case ast.Raise():
            yield "no refusal", ast.Pass()
        case ast.Expr(value=ast.Call()) | ast.AugAssign():
            yield "statement left out", ast.Pass()
        case ast.Set(elts=elts) | ast.Tuple(elts=elts, ctx=ast.Load()) if 1 < len(elts) <= 12:
            for at in range(len(elts)):
                yield f"entry {at} left out", _with(node, elts=elts[:at] + elts[at + 1 :])
        case ast.Constant(value=bool() as value):
            yield f"{not value} for {value}", ast.Constant(not value)
        case ast.Constant(value=int() as value):
            yield f"{value + 1} for {value}", ast.Constant(value + 1)
        case ast.Constant(value=str() as value) if _LOOKS_LIKE_SQL.search(value):
            for found, text in _sql(value):
                yield found, ast.Constant(text)
        case ast.Name(id=name, ctx=ast.Load()) if name in _NAMES:
            yield f"{_NAMES[name]} for {name}", ast.Name(_NAMES[name], ast.Load())


def _sql(text: str) -> Iterator[tuple[str, str]]:
    for pattern, other in _SQL:
        for match in re.finditer(pattern, text):
            changed = text[: match.start()] + other + text[match.end() :]
            yield (
                f"SQL {text[max(match.start() - 12, 0) : match.end() + 12]!r}: {other or 'nothing'}",
                changed,
            )


def _with(node: Any, **fields: Any) -> Any:
    changed = type(node)(**{name: getattr(node, name, None) for name in node._fields} | fields)
    return ast.copy_location(changed, node)


@dataclass(frozen=True)
class Mutant:
    """One break: the file, the line, the function ("" at the top level), what is broken, the broken tree."""

    file: str
    line: int
    function: str
    what: str
    tree: ast.Module

    def __str__(self) -> str:
        return f"{self.file}:{self.line} {self.function or 'module'}: {self.what}"


def mutants(file: str) -> Iterator[Mutant]:
    """Every break of a file."""
    whole = ast.parse((ROOT / file).read_text("utf-8"))
    nodes = [node for node in ast.walk(whole) if isinstance(node, ast.expr | ast.stmt)]
    for number, node in enumerate(nodes):
        if _is_words(whole, node):
            continue
        for what, other in replacements(node):
            tree = deepcopy(whole)
            twin = [each for each in ast.walk(tree) if isinstance(each, ast.expr | ast.stmt)][number]
            _put(tree, twin, ast.copy_location(other, twin))
            ast.fix_missing_locations(tree)
            yield Mutant(file, node.lineno, _function(whole, node), what, tree)


def _put(tree: ast.AST, old: ast.AST, new: ast.AST) -> None:
    for parent in ast.walk(tree):
        for name, value in ast.iter_fields(parent):
            if value is old:
                setattr(parent, name, new)
            elif isinstance(value, list):
                value[:] = [new if item is old else item for item in value]


def _is_words(tree: ast.Module, node: ast.AST) -> bool:
    """Whether a node is documentation, a type, or the text of a refusal."""
    for parent in ast.walk(tree):
        if isinstance(parent, ast.Expr) and parent.value is node and isinstance(node, ast.Constant):
            return True
        typed = [getattr(parent, "annotation", None), getattr(parent, "returns", None)]
        typed += [*getattr(parent, "bases", ()), *getattr(parent, "decorator_list", ())]
        if isinstance(parent, ast.Subscript):
            typed.append(parent.slice)
        if isinstance(parent, ast.Call) and getattr(parent.func, "id", "") in (
            "Refused",
            "TypeVar",
            "dataclass",
        ):
            typed += [*parent.args, *(word.value for word in parent.keywords)]
        if any(part is not None and node in ast.walk(part) for part in typed):
            return True
    return False


def _function(tree: ast.Module, node: ast.AST) -> str:
    """The name of the function or method whose body a node is in."""
    for top in tree.body:
        for owner, prefix in (
            (top, ""),
            *(((each, f"{top.name}.") for each in top.body) if isinstance(top, ast.ClassDef) else ()),
        ):
            if isinstance(owner, ast.FunctionDef) and any(node in ast.walk(line) for line in owner.body):
                return f"{prefix}{owner.name}"
    return ""
