"""The laws of the house that import-linter cannot see (its own are run by `make lint`)."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.house import PILLARS, PRODUCT, ROOT, kept_files, sources

#: Rooms and files in which SQL is written. The rest asks the door, or Django's models of `people`; what
#: `people` must write on a door's own connection, so that it commits with the record, is in one file.
SQL_ROOMS = ("rapport/store/", "rapport/gate/", "rapport/people/statements.py", "rapport/serving/postgres.py")
SQL_WORDS = {"execute", "executemany", "raw", "RawSQL", "RunSQL", "extra", "copy", "cursor"}


def imports(tree: ast.Module) -> Iterator[str]:
    """Every module that a file imports, at the top or inside a function, or names in `import_module`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Constant) and re.fullmatch(r"rapport(\.\w+)+", str(node.value)):
            yield str(node.value)


def test_only_the_gate_touches_the_store() -> None:
    for name, tree in sources().items():
        if not name.startswith(("rapport/store/", "rapport/gate/", "rapport/config/settings.py")):
            touched = [module for module in imports(tree) if module.startswith("rapport.store")]
            assert not touched, f"{name} touches {touched}"


def test_sql_is_written_in_store_and_gate_alone() -> None:
    found = []
    for name, tree in sources().items():
        if name.startswith(SQL_ROOMS):
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                word = getattr(node.func, "attr", getattr(node.func, "id", ""))
                if word in SQL_WORDS and _speaks_sql(node):
                    found.append(f"{name}:{node.lineno} {word}")
    assert not found, "\n".join(found)


def _speaks_sql(call: ast.Call) -> bool:
    """Whether a call's own words are SQL: `execute` is also a word of command lines."""
    text = " ".join(
        node.value
        for node in ast.walk(call)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    )
    return bool(re.search(r"\b(SELECT|INSERT|UPDATE|DELETE|TRUNCATE|CREATE|ALTER|DROP|COPY|WITH)\b", text))


@pytest.mark.parametrize("pillar", PILLARS)
def test_templates_stay_in_their_pillar(pillar: str) -> None:
    others = set(PILLARS) - {pillar}
    for template in (PRODUCT / "pillars" / pillar / "templates").rglob("*"):
        if template.is_file():
            used = re.findall(r"""{%\s*(?:include|extends)\s+["']([\w-]+)/""", template.read_text("utf-8"))
            assert not others & set(used), f"{template} uses another pillar's template"


def test_the_kit_of_components_shows_no_pillar() -> None:
    for template in (PRODUCT / "ui" / "templates").rglob("*.html"):
        used = re.findall(r"""{%\s*(?:include|extends)\s+["']([\w-]+)/""", template.read_text("utf-8"))
        assert not set(PILLARS) & set(used), template


@pytest.mark.parametrize("pillar", PILLARS)
def test_the_glossary_explains_every_pillar(pillar: str) -> None:
    assert f"**pillar: {pillar.replace('_', ' ')}**" in (ROOT / "GLOSSARY.md").read_text("utf-8")


def test_nothing_names_a_place_on_one_machine() -> None:
    places = [str(place) for place in (ROOT, Path.home()) if len(place.parts) > 2]
    pattern = re.compile("|".join([*map(re.escape, places), r"(?<![\w.}])/(?:home/\w+|Users/\w+|root)/"]))
    for path in kept_files():
        found = pattern.search(path.read_text("utf-8", errors="replace"))
        assert found is None, f"{path}: {found and found.group()}"


def test_there_is_one_way_out_for_the_record() -> None:
    """Django's own dump walks past the door, and so does its loader."""
    words = ("dump" + "data", "load" + "data")
    for path in kept_files():
        if path.suffix in (".py", ".toml", ".md", "") and "architecture" not in path.parts:
            text = path.read_text("utf-8", errors="replace")
            assert not any(word in text for word in words), path
