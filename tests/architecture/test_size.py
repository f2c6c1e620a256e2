"""Small functions, small files, few packages. Raising a budget is a decision record."""

from __future__ import annotations

import ast
from importlib import metadata

from packaging.requirements import Requirement

from tests.architecture.house import ROOT, sources

LONGEST_FUNCTION, LONGEST_FILE, MOST_PACKAGES = 60, 400, 40


def test_functions_are_small() -> None:
    long = [
        f"{name}:{node.lineno} {node.name} has {node.end_lineno - node.lineno + 1} lines"
        for name, tree in sources().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.end_lineno is not None
        and node.end_lineno - node.lineno + 1 > LONGEST_FUNCTION
    ]
    assert not long, "\n".join(long)


def test_files_are_small() -> None:
    long = {name: (ROOT / name).read_text("utf-8").count("\n") for name in sources()}
    long = {name: lines for name, lines in long.items() if lines > LONGEST_FILE}
    assert not long, long


def test_few_packages_run_with_us() -> None:
    """What `pip install rapport` brings, without the tools of development."""
    wanted, found = [Requirement("rapport")], {}
    while wanted:
        asked = wanted.pop()
        name = asked.name.lower().replace("_", "-")
        extras = {"", *asked.extras}
        if name in found and extras <= found[name]:
            continue
        found[name] = found.get(name, set()) | extras
        for line in metadata.requires(asked.name) or ():
            needed = Requirement(line)
            if needed.marker is None or any(needed.marker.evaluate({"extra": extra}) for extra in extras):
                wanted.append(needed)
    found.pop("rapport")
    assert len(found) <= MOST_PACKAGES, sorted(found)
