"""Every verb of a pillar has been tried by Eve, a stranger."""

from __future__ import annotations

import ast
import re

import pytest

from tests.architecture.house import PILLARS, PRODUCT, ROOT


def verbs(pillar: str) -> list[str]:
    """The public functions of a pillar's actions (one file, or a package of them)."""
    room = PRODUCT / "pillars" / pillar
    files = [*room.glob("actions*.py"), *room.glob("actions/*.py")]
    return sorted(
        node.name
        for file in files
        for node in ast.parse(file.read_text("utf-8")).body
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")
    )


def tried_by_eve(pillar: str) -> str:
    """The text of every test module in which Eve tries something."""
    modules = [file.read_text("utf-8") for file in (ROOT / "tests" / pillar).glob("test_*.py")]
    return "\n".join(text for text in modules if re.search(r"def test_\w*(eve|stranger)", text))


@pytest.mark.parametrize("pillar", PILLARS)
def test_every_verb_has_a_test_with_eve(pillar: str) -> None:
    text = tried_by_eve(pillar)
    missing = [verb for verb in verbs(pillar) if not re.search(rf"\b{verb}\b", text)]
    assert not missing, f"no test in which Eve tries: {', '.join(missing)}"
