"""The system's Chromium, started as the tests want it. No Chromium is a loud failure, never a skip."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def executable() -> str:
    """Path of a Chromium; RAPPORT_CHROMIUM decides, else the first of the usual names."""
    path = os.environ.get("RAPPORT_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), "")
    if not path:
        raise RuntimeError(
            "The browser tests need Chromium, and none was found. Install it (Debian, Ubuntu: "
            "`apt-get install chromium`), or set RAPPORT_CHROMIUM to its path."
        )
    return path


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser for some tests; closed after."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable(), args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()
