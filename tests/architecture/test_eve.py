"""Every verb of a pillar has been tried by Eve, a stranger."""

from __future__ import annotations

import ast
import re

import pytest

from tests.architecture.house import PILLARS, PRODUCT, ROOT


def verbs(pillar: str) -> list[str]:
    """The verbs of a pillar: what its `actions.py` defines, or its `actions` package offers."""
    room = PRODUCT / "pillars" / pillar
    package = room / "actions" / "__init__.py"
    if package.exists():
        offered = re.search(r"__all__ = \[(.*?)\]", package.read_text("utf-8"), re.S)
        assert offered, f"{package} says in __all__ which verbs there are"
        return sorted(re.findall(r'"([a-z]\w*)"', offered[1]))
    tree = ast.parse((room / "actions.py").read_text("utf-8"))
    functions = [node.name for node in tree.body if isinstance(node, ast.FunctionDef)]
    return sorted(name for name in functions if not name.startswith("_"))


def tried_by_eve(pillar: str) -> str:
    """The text of every test module in which Eve tries something."""
    modules = [file.read_text("utf-8") for file in (ROOT / "tests" / pillar).glob("test_*.py")]
    return "\n".join(text for text in modules if re.search(r"def test_\w*(eve|stranger)", text))


@pytest.mark.parametrize("pillar", PILLARS)
def test_every_verb_has_a_test_with_eve(pillar: str) -> None:
    text = tried_by_eve(pillar)
    missing = [verb for verb in verbs(pillar) if not re.search(rf"\b{verb}\b", text)]
    assert not missing, f"no test in which Eve tries: {', '.join(missing)}"
