"""Data that lies beside the repository: `../shared/data`, or where RAPPORT_SHARED points."""

from __future__ import annotations

import os
import tarfile
from pathlib import Path
from typing import Any

import orjson
import pytest

SHARED = Path(os.environ.get("RAPPORT_SHARED") or Path(__file__).parents[3] / "shared") / "data"


def shared(name: str) -> Path:
    """A file of the shared data; the test is left out where it is not at hand."""
    path = SHARED / name
    if not path.exists():
        pytest.skip(f"{name} is not in {SHARED}; set RAPPORT_SHARED to the folder that holds data/")
    return path


@pytest.fixture(scope="session")
def synthea() -> list[dict[str, Any]]:
    """Every resource of the Synthea bundles."""
    found: list[dict[str, Any]] = []
    with tarfile.open(shared("synthea/synthea-small.tar.gz")) as archive:
        for member in archive:
            file = archive.extractfile(member) if member.name.endswith(".json") else None
            if file:
                found += [entry["resource"] for entry in orjson.loads(file.read())["entry"]]
    return found
