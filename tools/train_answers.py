"""Weigh the signs of an answer on our own replies, and say how well that tells answered from not.

Usage: python tools/train_answers.py [MORE_REPLIES.jsonl]   (needs scikit-learn)

Messages are left out in turn for the figures; the weights that are written come from all of them.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.feature_extraction import DictVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold

sys.path.insert(0, str(Path(__file__).parents[1]))

from rapport.listening import Span, coach
from rapport.listening.answers import weigh
from tests.listening.corpus import HERE, drafts

OUT = Path(__file__).parents[1] / "rapport" / "listening" / "data" / "answers.toml"
TRAINED = ("replies_b.txt", "replies_c.txt")
# a wrong "not seen" and a missed one weigh alike at this limit
LIMITS = (-0.6, -0.4, -0.2, 0.0, 0.2, 0.4)


def rows_of(paths: list[str]) -> list[dict[str, Any]]:
    """Our labelled replies."""
    rows = [row for name in TRAINED for row in drafts.replies(name)]
    for path in (HERE / "replies.jsonl", *map(Path, paths)):
        rows += [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    return rows


def examples(rows: list[dict[str, Any]]) -> tuple[list[dict[str, float]], list[bool], list[str]]:
    """The signs of each question, whether it was answered, and its message."""
    signs, answered, groups = [], [], []
    for row in rows:
        advice = coach(row["reply"], row["message"])
        spans = [Span.of(row["message"], *place(row["message"], each["text"])) for each in row["questions"]]
        weighed = weigh(spans, row["reply"], advice.language, bool(advice.dismissive))
        for (held, _), question in zip(weighed, row["questions"], strict=True):
            signs.append(held)
            answered.append(question["answered"])
            groups.append(row["message"])
    return signs, answered, groups


def place(message: str, text: str) -> tuple[int, int]:
    """Where a question stands in its message."""
    start = message.index(text)
    return start, start + len(text)


def fit(signs: list[dict[str, float]], answered: list[bool]) -> tuple[DictVectorizer, LogisticRegression]:
    """A vectoriser and a model of these signs."""
    vector = DictVectorizer(sparse=False)
    model = LogisticRegression(C=0.5, max_iter=500)
    return vector, model.fit(vector.fit_transform(signs), answered)


def main(more: list[str]) -> None:
    """Report on messages left out, fit on all, write the weights."""
    signs, answered, groups = examples(rows_of(more))
    scores = np.zeros(len(signs))
    for train, test in GroupKFold(8).split(signs, answered, groups):
        vector, model = fit([signs[n] for n in train], [answered[n] for n in train])
        scores[test] = model.decision_function(vector.transform([signs[n] for n in test]))
    open_ = ~np.array(answered)
    for limit in LIMITS:
        said = scores < limit
        print(limit, f"unanswered F1 {2 * (said & open_).sum() / (said.sum() + open_.sum()):.3f}")
    vector, model = fit(signs, answered)
    weights = dict(zip(vector.get_feature_names_out(), model.coef_[0], strict=True))
    text = OUT.read_text("utf-8")
    text = text[: text.index("[weights]")] + f"[weights]\nbias = {model.intercept_[0]:.3f}\n"
    OUT.write_text(text + "".join(f"{name} = {weights[name]:.3f}\n" for name in sorted(weights)), "utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
