"""`rapport check` and `rapport reindex`: does what is kept agree with itself? What doesn't, can be mended."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import rapport

#: So many faults are told; where there are more, there is no need to know them all.
MOST = 200


def faults(*, mend: bool = False) -> tuple[list[str], int]:
    """What is wrong, as sentences, empty when all agrees; and how many resources were mended."""
    from rapport.config.health import pending

    missing = pending()
    if missing:
        return [f"The schema lacks {name}: run `rapport migrate`." for name in missing], 0
    if not mend:
        return list(islice(_told(), MOST)), 0
    mended = [0]
    return list(_told(mended))[:MOST], mended[0]


def checked(*, repair: bool) -> tuple[dict[str, Any], str]:
    """What `rapport check` tells, as data (`left`: the faults that are there now) and as text."""
    found, mended = faults(mend=repair)
    left = faults()[0] if repair and found else found
    words = [*found, f"{mended} resources were mended; {len(left)} faults are left."] if repair else found
    return {"faults": found, "mended": mended, "left": left}, "\n".join(words) or "Everything agrees."


def _told(mended: list[int] | None = None) -> Iterator[str]:
    from rapport.gate import database as roles
    from rapport.gate import integrity
    from rapport.people.asking import conn

    mend = mended is not None
    yield from roles.doubts(conn())
    yield from integrity.orphans(conn(), mend=mend)
    for batch in integrity.walk(conn(), mend=mend):
        yield from batch.faults
        if mended is not None:
            mended[0] += batch.mended


def reindex(place: Path, *, afresh: bool = False, quiet: bool = False) -> tuple[dict[str, Any], str]:
    """Make every index row anew that is not what the text gives; how many were looked at, and mended.

    Where it stopped is kept in a file of the data directory: the next one goes on there, unless another
    version of Rapport began it or `afresh` is asked for.
    """
    from rapport.gate import integrity
    from rapport.people.asking import conn

    file = place / "reindex.json"
    looked = mended = 0
    for batch in integrity.walk(conn(), integrity.START if afresh else _begun(file), mend=True):
        looked, mended = looked + batch.looked, mended + batch.mended
        fresh = file.with_suffix(".new")
        fresh.write_text(json.dumps({"version": rapport.__version__, "after": batch.after}))
        fresh.rename(file)
        if not quiet:
            print(f"\r{looked:,} looked at, {mended:,} made anew ", end="", file=sys.stderr, flush=True)
    file.unlink(missing_ok=True)
    sentence = f"{looked:,} resources were looked at, the index rows of {mended:,} were made anew."
    return {"looked": looked, "mended": mended}, sentence


def _begun(file: Path) -> int:
    """The key behind which to go on."""
    from rapport.gate import integrity

    try:
        found = json.loads(file.read_text())
        return int(found["after"]) if found["version"] == rapport.__version__ else integrity.START
    except (OSError, ValueError, KeyError, TypeError):
        return integrity.START
