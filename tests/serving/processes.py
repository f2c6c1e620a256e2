"""Looking at processes, for tests that start and kill them."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path


def alive(pid: int) -> bool:
    """Whether a process lives (one that is dead and not yet buried does not)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def whose_words(*words: str) -> list[int]:
    """Pids of living processes whose command line holds every word, this one apart."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                line = (entry / "cmdline").read_bytes().decode(errors="replace").replace("\0", " ")
            except OSError:
                continue
            if all(word in line for word in words) and alive(int(entry.name)):
                found.append(int(entry.name))
    return sorted(found)


def _families() -> dict[int, list[int]]:
    """Every process's children."""
    found: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parent = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
            except OSError:
                continue
            found.setdefault(parent, []).append(int(entry.name))
    return found


def children(pid: int) -> list[int]:
    """Pids of living processes that one has started itself."""
    return [one for one in _families().get(pid, []) if alive(one)]


def descendants(pid: int) -> list[int]:
    """Pids of every living process below one."""
    families, found, todo = _families(), [], [pid]
    while todo:
        below = families.get(todo.pop(), [])
        found += below
        todo += below
    return [one for one in found if alive(one)]


def until(true: Callable[[], bool], what: str, seconds: float = 30.0) -> None:
    """Wait until something is true; a failure that says what was not."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, f"not within {seconds:.0f} s: {what}"
        time.sleep(0.05)
