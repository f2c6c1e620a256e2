"""The product's own source, read once for the tests of its shape."""

from __future__ import annotations

import ast
import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PRODUCT = ROOT / "rapport"
PILLARS = sorted(place.name for place in (PRODUCT / "pillars").iterdir() if (place / "__init__.py").exists())


@cache
def sources() -> dict[str, ast.Module]:
    """Every Python file of the product, migrations aside, by its path from the root."""
    found = {}
    for path in sorted(PRODUCT.rglob("*.py")):
        if "migrations" not in path.parts:
            found[path.relative_to(ROOT).as_posix()] = ast.parse(path.read_text("utf-8"))
    return found


@cache
def kept_files() -> list[Path]:
    """Every text file that the repository keeps (or, without git, every one below the root that is ours)."""
    done = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    names = done.stdout.decode().split("\0")[:-1] if done.returncode == 0 else []
    paths = [ROOT / name for name in names] or [path for path in PRODUCT.rglob("*") if path.is_file()]
    return [path for path in paths if path.is_file() and b"\0" not in path.read_bytes()[:4096]]
