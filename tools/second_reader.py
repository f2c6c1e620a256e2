"""A second reading of our own corpus: print texts without their labels, then say how far two readers agree.

Usage: python tools/second_reader.py show 250 [--only t] [--replies]    texts alone, each with its number
       python tools/second_reader.py compare [--differences]            agreement with the files of `second/`

The sample is drawn by level and language and is the same each time. What the second reader saw stands in
`tests/listening/corpus/second/`: a line of messages is `number | level | marks`, each mark a letter of the
corpus, "=" and its first and last words ("F=I'm scared; !=it came..jaw"); a line of replies is
`batches:number | flags | answered | hard words`.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.listening.corpus import FEELINGS, HERE, LEVELS, Row, drafts, messages
from tools.evaluate_listening import FLAGS, f1, match

Span = tuple[int, int]
Pair = tuple[object, object]


def sample(rows: Sequence[Row], size: int) -> list[Row]:
    """So many rows, an equal share of each level of danger and, within it, of each language."""
    groups: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in rows:
        groups[row["red_flag"], row["language"]].append(row)
    for key, group in groups.items():
        random.Random(str(key)).shuffle(group)
    chosen: list[Row] = []
    while len(chosen) < min(size, len(rows)):
        chosen += [group.pop() for group in groups.values() if group][: size - len(chosen)]
    return sorted(chosen, key=lambda row: str(row["id"]))


def kappa(pairs: Sequence[Pair]) -> float:
    """Cohen's kappa of two readers' labels."""
    total = len(pairs)
    agreed = sum(one == other for one, other in pairs) / total
    names = {label for pair in pairs for label in pair}
    chance = sum(
        sum(one == name for one, _ in pairs) * sum(other == name for _, other in pairs) for name in names
    )
    chance /= total * total
    return 1.0 if chance == 1 else (agreed - chance) / (1 - chance)


def lines(pattern: str) -> Iterator[list[str]]:
    """The fields of each line of the second reader's files."""
    for path in sorted((HERE / "second").glob(pattern)):
        for line in path.read_text("utf-8").splitlines():
            if line.strip() and not line.startswith("#"):
                yield [field.strip() for field in line.split("|")]


def marks(text: str, written: str) -> list[tuple[str, Span]]:
    """The letter and place of each mark; an error names the words that the text does not hold."""
    found = []
    for each in filter(None, (part.strip() for part in written.split("; "))):
        letter, words = each.split("=", 1)
        first, _, last = words.partition("..")
        start = text.index(first)
        end = text.index(last, start) + len(last) if last else start + len(first)
        found.append((letter, (start, end)))
    return found


def _told(row: Row, found: list[tuple[str, Span]], show: bool, level: str) -> None:
    second = sorted({letter for letter, _ in found if letter in FEELINGS})
    first = sorted(letter for letter, name in FEELINGS.items() if name in row["emotions"])
    if show and (first != second or row["red_flag"] != LEVELS[level]):
        print(row["id"], row["red_flag"], first, "| second:", LEVELS[level], second, "|", row["text"])


def compare_messages(show: bool) -> dict[str, str]:
    """Kappa of level and of each feeling; span F1 of dangers and concerns, and of feelings."""
    rows = {row["id"]: row for row in messages()}
    levels: list[Pair] = []
    feelings: dict[str, list[Pair]] = defaultdict(list)
    named, felt = [0, 0, 0], [0, 0, 0]
    for number, level, written in lines("messages_*.txt"):
        row = rows[number]
        found = marks(row["text"], written)
        _told(row, found, show, level)
        levels.append((row["red_flag"], LEVELS[level]))
        for letter, name in FEELINGS.items():
            mine = [span for own, span in found if own == letter]
            feelings[name].append((name in row["emotions"], bool(mine)))
            gold = [(s["start"], s["end"]) for s in row["emotion_evidence"].get(name, [])]
            felt = [a + b for a, b in zip(felt, match(gold, mine), strict=True)]
        gold = [(s["start"], s["end"]) for s in row["concerns"]]
        mine = [span for own, span in found if own in "!c"]
        named = [a + b for a, b in zip(named, match(gold, mine), strict=True)]
    agreed = sum(one == other for one, other in levels) / len(levels)
    flagged = [(one != "none", other != "none") for one, other in levels]
    return {
        "messages": str(len(levels)),
        "level, kappa (agreed)": f"{kappa(levels):.2f} ({agreed:.2f})",
        "any danger or none, kappa": f"{kappa(flagged):.2f}",
        **{f"{name}, kappa": f"{kappa(pairs):.2f}" for name, pairs in feelings.items()},
        "feelings, all pairs, kappa": f"{kappa([p for pairs in feelings.values() for p in pairs]):.2f}",
        "dangers and concerns, span F1": f"{f1(*named):.2f}",
        "words of feelings, span F1": f"{f1(*felt):.2f}",
    }


def compare_replies(show: bool) -> dict[str, str]:
    """Kappa of each finding and of answered questions; F1 of hard words."""
    pairs: dict[str, list[Pair]] = defaultdict(list)
    hard = [0, 0, 0]
    count = 0
    for place, flags, answered, terms in lines("replies_*.txt"):
        batches, number = place.split(":")
        row = drafts.replies(f"replies_[{batches}].txt")[int(number)]
        count += 1
        own = dict(zip(FLAGS, (letter in flags for letter in "avoid"), strict=True))
        for name in FLAGS:
            pairs[name].append((row[name], own[name]))
        if row["safety_advice"] is not None:
            pairs["safety_advice"].append((row["safety_advice"], "s" in flags))
        gold = [each["answered"] for each in row["questions"]]
        mine = [letter == "y" for letter in answered]
        pairs["answered"] += zip(gold, mine, strict=True)
        words = {term.strip().lower() for term in terms.split(";") if term.strip()}
        gold_words = {each["term"].lower() for each in row["jargon"]}
        both = len(words & gold_words)
        hard = [a + b for a, b in zip(hard, (both, len(words) - both, len(gold_words) - both), strict=True)]
        changed = [name for name in FLAGS if row[name] != own[name]]
        if show and (changed or gold != mine or words != gold_words):
            print(place, "first:", [n for n in FLAGS if row[n]], gold, gold_words)
            print("    second:", flags, answered, words, "|", row["message"], "|", row["reply"])
    table = {f"{name}, kappa": f"{kappa(each):.2f}" for name, each in pairs.items()}
    return {"replies": str(count)} | table | {"hard words, F1": f"{f1(*hard):.2f}"}


def show_texts(size: int, only: str, replies: bool) -> None:
    """Print texts without labels."""
    if replies:
        rows = drafts.replies(f"replies_[{only or 'bcu'}].txt")
        numbers = list(range(len(rows)))
        random.Random("replies").shuffle(numbers)
        for number in sorted(numbers[:size]):
            print(f"{only or 'bcu'}:{number}", repr(rows[number]["message"]), repr(rows[number]["reply"]))
        return
    for row in sample([row for row in messages() if not only or row["id"].startswith(only)], size):
        print(row["id"], repr(row["text"]))


def main() -> None:
    """Show texts, or compare."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("what", choices=("show", "compare"))
    options.add_argument("size", type=int, nargs="?", default=250)
    options.add_argument("--only", default="")
    options.add_argument("--replies", action="store_true")
    options.add_argument("--differences", action="store_true")
    chosen = options.parse_args()
    if chosen.what == "show":
        show_texts(chosen.size, chosen.only, chosen.replies)
        return
    for table in (compare_messages(chosen.differences), compare_replies(chosen.differences)):
        for name, value in table.items():
            print(f"{name:36} {value}")


if __name__ == "__main__":
    main()
