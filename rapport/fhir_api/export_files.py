"""Files of exports: DATA/exports/<export>/<Type>.ndjson, for the account that runs Rapport alone."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Collection, Iterator
from pathlib import Path

from django.conf import settings

BLOCK = 1 << 18
NEW = 600  # seconds


class Torn(Exception):
    """A file is shorter than it was said to be: the machine stopped before it was written."""


def _top() -> Path:
    return Path(settings.DATA_DIR) / "exports"


def path_of(export: str, rtype: str) -> Path:
    """Where the resources of a type are. Both names are ours, never a client's own."""
    return _top() / export / f"{rtype}.ndjson"


def append(export: str, rtype: str, size: int, bodies: Collection[bytes]) -> int:
    """Write bodies behind the first `size` bytes, one a line, and whatever was behind those is gone.

    The new size; it is on the disk by then.
    """
    path = path_of(export, rtype)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    with os.fdopen(handle, "r+b") as file:
        if file.seek(0, os.SEEK_END) < size:
            raise Torn(rtype)
        file.truncate(size)
        file.seek(size)
        for body in bodies:
            file.write(body.replace(b"\n", b" ") + b"\n")
        file.flush()
        os.fsync(file.fileno())
        return file.tell()


def blocks(path: Path, size: int) -> Iterator[bytes]:
    """The first so many bytes of a file, in blocks."""
    with path.open("rb") as file:
        while size > 0 and (block := file.read(min(BLOCK, size))):
            size -= len(block)
            yield block


def remove(export: str) -> None:
    """Delete the files of an export."""
    shutil.rmtree(_top() / export, ignore_errors=True)


def keep_only(exports: Collection[str]) -> None:
    """Delete the files of all other exports, but for folders so new that their export may be unknown yet."""
    for folder in _top().iterdir() if _top().is_dir() else ():
        if folder.name not in exports and time.time() - folder.stat().st_mtime > NEW:
            shutil.rmtree(folder, ignore_errors=True)
