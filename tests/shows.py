"""Which test shows which requirement, and its last result: `build/conformance.json`.

    @pytest.mark.shows("us-core@51", "us-core@52")

`tools/conformance.py` makes docs/conformance.md of it. A run of some tests leaves what the others showed.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

FILE = Path(__file__).resolve().parents[1] / "build" / "conformance.json"
_WORST = ("passed", "skipped", "failed")


class Shows:
    """Collects the results of tests that carry the marker; with several workers, where they meet."""

    def __init__(self) -> None:
        self.found: dict[str, dict[str, Any]] = {}

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        for item in items:
            shown = [one for marker in item.iter_markers("shows") for one in marker.args]
            if shown:
                item.user_properties.append(("shows", shown))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        shown = dict(report.user_properties).get("shows")
        if shown:
            now = {"shows": shown, "result": report.outcome, "on": f"{datetime.now(UTC):%Y-%m-%d}"}
            before = self.found.get(report.nodeid, now)
            now["result"] = max(before["result"], report.outcome, key=_WORST.index)
            self.found[report.nodeid] = now

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if not self.found or hasattr(session.config, "workerinput"):
            return
        FILE.parent.mkdir(exist_ok=True)
        earlier = json.loads(FILE.read_text()) if FILE.exists() else {}
        FILE.write_text(json.dumps(dict(sorted({**earlier, **self.found}.items())), indent=1))
