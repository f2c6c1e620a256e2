"""The table of what the person finds, and where: its pages and its tests are there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.test_routes import routes

ROOT = Path(__file__).resolve().parents[2]
TABLE = ROOT / "docs" / "explanation" / "the-person-first.md"


def rows() -> Iterator[list[str]]:
    for line in TABLE.read_text("utf-8").splitlines():
        if re.match(r"\| [PE]\d\d \|", line):
            yield [cell.strip() for cell in line.strip("|").split("|")]


def test_all_that_was_promised_is_in_the_table() -> None:
    promised = {f"P{number:02}" for number in range(1, 12)} | {f"E{number:02}" for number in range(8, 13)}
    assert {row[0] for row in rows()} == promised


@pytest.mark.parametrize("row", list(rows()), ids=lambda row: f"{row[0]} {row[1][:40]}")
def test_its_pages_and_its_test_are_there(row: list[str]) -> None:
    known = {path for path, _ in routes()}
    assert set(re.findall(r"`([^`]+)`", row[2])) <= known
    (named,) = re.findall(r"`([^`]+)`", row[-1])
    place, _, name = named.partition("::")
    assert re.search(rf"^def {name}\(", (ROOT / place).read_text("utf-8"), re.M)
