"""Train the small head that reads feelings in text that is not about health.

Usage: python tools/train_listening_head.py DATA_FOLDER   (needs scikit-learn)

GoEmotions (CC BY 4.0), mapped to our feelings. Words and pairs of words, logistic regression for each
feeling, cut to the weights that matter and to whole numbers. The product needs no library to read it.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

sys.path.insert(0, str(Path(__file__).parents[1]))

from rapport.listening.head import CLASSES, features

OUT = Path(__file__).parents[1] / "rapport" / "listening" / "data" / "head.txt"
KEEP = 45_000
SCALE = 12.0


def rows(path: Path, folder: Path, mapped_only: bool) -> tuple[list[str], np.ndarray]:
    """Texts, and a column of 0 or 1 for each class."""
    names = (folder / "labels.txt").read_text().split()
    mapping = json.loads((folder / "mapping.json").read_text())
    texts, labels = [], []
    for line in path.read_text("utf-8").splitlines():
        text, ids, _ = line.split("\t")
        classes = {mapping[names[int(i)]] for i in ids.split(",") if names[int(i)] in mapping}
        if classes or not mapped_only:
            texts.append(text)
            labels.append([int(name in classes) for name in CLASSES])
    return texts, np.array(labels)


def macro(gold: np.ndarray, found: np.ndarray) -> float:
    """Macro-F1 over the classes that occur; neutral where none is found."""
    scores = []
    for column in range(gold.shape[1]):
        both = int((gold[:, column] & found[:, column]).sum())
        scores.append(2 * both / max(1, int(gold[:, column].sum() + found[:, column].sum())))
    return float(np.mean([s for s, g in zip(scores, gold.sum(0), strict=True) if g]))


def main(folder: Path) -> None:
    """Fit, cut, choose thresholds on the development part, write."""
    emotions = folder / "goemotions"
    texts, labels = rows(emotions / "train.tsv", emotions, True)
    dev_texts, dev = rows(emotions / "dev.tsv", emotions, True)
    vector = TfidfVectorizer(analyzer=features, min_df=2, norm=None, binary=True)
    X = vector.fit_transform(texts)
    idf = vector.idf_
    norms = np.maximum(np.sqrt(X.multiply(X).sum(1)).A1, 1e-9)
    X = X.multiply(1 / norms[:, None]).tocsr()
    weights, bias = [], []
    for column, name in enumerate(CLASSES[:-1]):
        if not labels[:, column].any():
            weights.append(np.zeros(X.shape[1]))
            bias.append(-9.0)
            continue
        model = LogisticRegression(C=4.0, max_iter=300, class_weight={0: 1.0, 1: 4.0})
        model.fit(X, labels[:, column])
        weights.append(model.coef_[0])
        bias.append(float(model.intercept_[0]))
    W = np.array(weights)
    keep = np.sort(np.argsort(-(np.abs(W * idf).max(0)))[:KEEP])
    cut = np.clip(np.round(W * SCALE), -127, 127)
    Xd = vector.transform(dev_texts)
    norms = np.sqrt(Xd.multiply(Xd).sum(1)).A1
    norms[norms == 0] = 1
    Xd = Xd.multiply(1 / norms[:, None]).tocsr()[:, keep]
    scores = np.asarray(Xd @ (cut[:, keep].T / SCALE)) + np.array(bias)
    limits = thresholds(scores, dev)
    found = (scores > limits).astype(int)
    found = np.hstack([found, (found.sum(1) == 0).astype(int)[:, None]])
    print("dev macro-F1", round(macro(dev, found), 3))
    vocabulary = vector.get_feature_names_out()
    lines = [
        json.dumps(
            {
                "bias": [round(b, 3) for b in bias],
                "limits": [round(float(v), 3) for v in limits],
                "scale": SCALE,
                "rare": round(float(idf.max()), 2),
            }
        )
    ]
    for index in keep:
        word = vocabulary[index]
        lines.append(
            "\t".join([word, str(round(idf[index] * 10)), *(str(int(v)) if v else "" for v in cut[:, index])])
        )
    OUT.write_text("\n".join(lines) + "\n", "utf-8")
    print(len(lines), OUT.stat().st_size)


def thresholds(scores: np.ndarray, gold: np.ndarray) -> np.ndarray:
    """For each class the score above which F1 on the development part is best."""
    limits = []
    for column in range(scores.shape[1]):
        best, at = -1.0, 9.0
        if gold[:, column].any():
            for limit in np.arange(-3.5, 2.5, 0.1):
                found = scores[:, column] > limit
                both = int((found & (gold[:, column] == 1)).sum())
                value = 2 * both / max(1, int(found.sum() + gold[:, column].sum()))
                if value > best:
                    best, at = value, float(limit)
        limits.append(at)
    return np.array(limits)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
