"""A place of a test's own, which the account that runs PostgreSQL may enter."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.serving.processes import until, whose_words


@pytest.fixture
def own_place() -> Iterator[Path]:
    """A folder below the system's temporary one; at the end nothing may run on it any more."""
    place = Path(tempfile.mkdtemp(prefix="rapport-place-"))
    place.chmod(0o711)
    yield place
    until(lambda: not whose_words(str(place)), "every process of this test has ended")
    shutil.rmtree(place)
