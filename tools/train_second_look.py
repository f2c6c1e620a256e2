"""Train the second look on our own messages, and say honestly what it adds.

Usage: python tools/train_second_look.py [MORE_MESSAGES.jsonl]   (needs scikit-learn)

Each batch of messages is left out once; the figures are those of the model alone on the batch that it
has not seen. The shipped weights come from all batches.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.feature_extraction import DictVectorizer
from sklearn.linear_model import LogisticRegression

sys.path.insert(0, str(Path(__file__).parents[1]))

from rapport.listening.context import Contexts
from rapport.listening.grammar import Finder
from rapport.listening.packs import LANGUAGES, pack, search
from rapport.listening.second_look import Sight, features, rise, scale, stretches
from tests.listening.corpus import messages

OUT = Path(__file__).parents[1] / "rapport" / "listening" / "data" / "second_look.txt"
LIMIT = 0.9
# batches of the corpus; those that are kept apart are not among them
TRAINED = "abcdefghijklmnopqrsuvwxyz146789"
# batches of one writer, which are left out together
TOGETHER = ("abc", "defghi", "no", "pq", "rs", "vw", "46789")
# a harmless message of so many sentences is a letter
LETTER = 4
Row = dict[str, Any]


def sentences_of(row: Row) -> list[tuple[dict[str, float], bool]]:
    """The features of each sentence of a message, and whether it holds danger."""
    own = pack(row["language"])
    words = own.split(row["text"])
    hits = own.lexicon.find(words)
    finder = Finder(words, hits)
    contexts = Contexts(words, search(own.contexts, finder), own.manners.turns)
    signs = [*search(own.feelings, finder), *search(own.asking, finder)]
    sight = Sight.of(words, own, hits, contexts, signs)
    found = []
    for first, last in stretches(words):
        start, end = words.starts[first], words.ends[last]
        danger = any(e["start"] < end and e["end"] > start for e in row["red_flag_evidence"])
        held = features(sight, first, last)
        found.append((dict.fromkeys(held, scale(len(held))), danger))
    return found


def fit(rows: list[Row]) -> tuple[DictVectorizer, LogisticRegression]:
    """A vectoriser and a model of these messages."""
    pairs = [pair for row in rows for pair in sentences_of(row)]
    vector = DictVectorizer()
    X = vector.fit_transform([held for held, _ in pairs])
    X.indices, X.indptr = X.indices.astype(np.int32), X.indptr.astype(np.int32)
    model = LogisticRegression(C=0.5, class_weight="balanced", solver="liblinear")
    return vector, model.fit(X, [danger for _, danger in pairs])


def group(row: Row, sentences: int) -> str:
    """Critical, urgent, or what kind of harmless message."""
    if row["red_flag"] != "none":
        return "urgent" if row["red_flag"] == "urgent" else "critical"
    if row["decoys"] or row["tags"]:
        return "tricky"
    return "letter" if sentences >= LETTER else "plain"


def report(batches: dict[str, list[Row]]) -> None:
    """Leave the batches of each writer out once; the share of messages above each limit, by group."""
    marks: dict[str, list[float]] = {name: [] for name in ("critical", "urgent", "tricky", "plain", "letter")}
    left = set(batches).difference("".join(TOGETHER))
    for names in (*map(tuple, TOGETHER), *((name,) for name in sorted(left))):
        vector, model = fit([row for other, rows in batches.items() if other not in names for row in rows])
        for row in (row for name, rows in batches.items() if name in names for row in rows):
            held = [each for each, _ in sentences_of(row)]
            score = max(model.decision_function(vector.transform(held))) if held else -9.0
            marks[group(row, len(held))].append(score - rise(len(held)))
    for limit in (0.4, 0.6, 0.8, 1.0, 1.2):
        shares = {
            name: f"{np.mean(np.array(seen) > limit):.2f} of {len(seen)}" for name, seen in marks.items()
        }
        print("limit", limit, shares)


def main(more: list[str]) -> None:
    """Report, fit on all, write."""
    batches = {letter: messages(f"messages_{letter}.txt") for letter in TRAINED}
    for path in more:
        lines = Path(path).read_text("utf-8").splitlines()
        batches[Path(path).stem] = [row for row in map(json.loads, lines) if row["language"] in LANGUAGES]
    report(batches)
    vector, model = fit([row for rows in batches.values() for row in rows])
    names = [*vector.get_feature_names_out(), "bias"]
    weights = [*model.coef_[0], model.intercept_[0]]
    kept = [
        f"{name}\t{weight:.3f}" for name, weight in zip(names, weights, strict=True) if abs(weight) >= 0.02
    ]
    OUT.write_text("\n".join([str(LIMIT), *kept]) + "\n", "utf-8")
    print(len(kept), OUT.stat().st_size)


if __name__ == "__main__":
    main(sys.argv[1:])
