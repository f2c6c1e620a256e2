"""Write the lists of words that people commonly use, from openly licensed text.

Usage: python tools/build_listening_words.py DATA_FOLDER

Sources (see docs/listening.md): GoEmotions, MeQSum, MTS-Dialog for English; XED for Spanish and
French; all CC BY 4.0, and our own corpus without the batches
that are kept apart. Only counts of words leave them. A word that people commonly use is never
"corrected" towards a danger, and the lists serve to tell languages apart.
"""

from __future__ import annotations

import csv
import re
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from rapport.listening.words import fold
from tests.listening.corpus import messages

OUT = Path(__file__).parents[1] / "rapport" / "listening" / "data" / "known"
WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
SOURCES = {
    "en": (
        ("goemotions/train.tsv", 0, 5),
        ("meqsum/meqsum_dev.csv", None, 3),
        ("mts_dialog/MTS-Dialog-TrainingSet.csv", 3, 3),
    ),
    "es": (("xed/xed_es_dev.tsv", 0, 1),),
    "fr": (("xed/xed_fr_dev.tsv", 0, 1),),
}


def texts(path: Path, column: int | None) -> Iterator[str]:
    """The text column of each row."""
    with path.open(encoding="utf-8", newline="") as lines:
        if path.suffix == ".tsv":
            for line in lines:
                yield line.split("\t")[column or 0]
        else:
            rows = csv.reader(lines)
            next(rows)
            for row in rows:
                yield row[column] if column is not None else " ".join(row[1:])


def main(folder: Path) -> None:
    """Count, cut, write."""
    OUT.mkdir(parents=True, exist_ok=True)
    for language, sources in SOURCES.items():
        known: Counter[str] = Counter()
        for name, column, least in sources:
            counts = Counter(fold(w) for text in texts(folder / name, column) for w in WORD.findall(text))
            known.update({word: n for word, n in counts.items() if n >= least and len(word) <= 24})
        for row in messages("messages_[!t2].txt"):
            if row["language"] == language and row["literacy"] != "low":
                known.update({fold(word): 1 for word in WORD.findall(row["text"])})
        ranked = [word for word, _ in sorted(known.items(), key=lambda item: (-item[1], item[0]))]
        (OUT / f"{language}.txt").write_text("\n".join(ranked) + "\n", encoding="utf-8")
        print(language, len(ranked))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
