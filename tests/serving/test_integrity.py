"""Check and reindex as they are called: what is told, what is kept of a walk that was stopped."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import Connection

import rapport
from rapport.serving import integrity
from rapport.store import checking
from tests.store.make import observation, store


@pytest.fixture
def torn(own_database: str, monkeypatch: pytest.MonkeyPatch) -> Connection[Any]:
    """Nine resources, one a batch; of each an index row is missing."""
    monkeypatch.setattr(checking, "_SOME", 1)
    with psycopg.connect(own_database, autocommit=True) as conn:
        store(conn, *(observation(f"o{number}", "amina") for number in range(9)))
        conn.execute("DELETE FROM index_date")
        yield conn


def test_repair(torn: Connection[Any]) -> None:
    told, text = integrity.checked(repair=False)
    assert len(told["faults"]) == len(told["left"]) == 9 and text.count("index_date") == 9
    told, text = integrity.checked(repair=True)
    assert (len(told["faults"]), told["mended"], told["left"]) == (9, 9, [])
    assert text.endswith("9 resources were mended; 0 faults are left.")
    assert integrity.checked(repair=False) == ({"faults": [], "mended": 0, "left": []}, "Everything agrees.")


def test_reindex_goes_on_where_it_was_stopped(
    torn: Connection[Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    walk = checking.walk

    def stopped(*words: Any, **more: Any) -> Any:
        for number, batch in enumerate(walk(*words, **more)):
            if number == 4:
                raise KeyboardInterrupt
            yield batch

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(checking, "walk", stopped)
        integrity.reindex(tmp_path, quiet=True)
    kept = json.loads((tmp_path / "reindex.json").read_text())
    assert kept["version"] == rapport.__version__
    assert integrity.reindex(tmp_path, quiet=True)[0] == {"looked": 5, "mended": 4}  # the fifth was mended
    assert not (tmp_path / "reindex.json").exists()
    assert integrity.reindex(tmp_path, quiet=True)[0] == {"looked": 9, "mended": 0}


@pytest.mark.parametrize("kept", ["", "[]", '{"version": "0", "after": 1}', '{"after": 9}'])
def test_what_another_version_began_begins_anew(torn: Connection[Any], tmp_path: Path, kept: str) -> None:
    (tmp_path / "reindex.json").write_text(kept)
    assert integrity.reindex(tmp_path, quiet=True)[0] == {"looked": 9, "mended": 9}
