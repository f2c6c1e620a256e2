"""Score rapport.listening on labelled messages and replies.

Usage: python tools/evaluate_listening.py MESSAGES.jsonl [--replies REPLIES.jsonl] [--misses] [--json]

The form of the files is that of docs/listening.md. A red flag counts as found when any of its flags
is present, on either channel; a false alarm is any present flag on a message without a danger.
Spans match when they share at least half of their joint letters.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from rapport.listening import Heard, coach, listen
from rapport.listening.heard import LABELS

CLASSES = (*LABELS, "neutral")
FLAGS = ("acknowledges_feeling", "validates", "open_question", "invites_contact", "dismissive")
Row = dict[str, Any]


def read(path: Path) -> list[Row]:
    """The rows of a JSONL file, or of our own corpus (the name of its text file)."""
    if path.suffix == ".txt":
        from tests.listening.corpus import drafts, messages

        return drafts.replies(path.name) if path.name.startswith("replies") else messages(path.name)
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines if line.strip()]


def f1(true: int, wrong: int, missed: int) -> float:
    """F1 from counts; 0 without any."""
    return 2 * true / (2 * true + wrong + missed) if true else 0.0


def overlap(one: tuple[int, int], other: tuple[int, int]) -> float:
    """Letters shared by two spans, as a part of their joint letters."""
    shared = min(one[1], other[1]) - max(one[0], other[0])
    return shared / (max(one[1], other[1]) - min(one[0], other[0])) if shared > 0 else 0.0


def match(
    gold: list[tuple[int, int]], found: list[tuple[int, int]], least: float = 0.5
) -> tuple[int, int, int]:
    """Matched, wrong and missed spans."""
    left = list(found)
    true = 0
    for span in gold:
        best = max(left, key=lambda other: overlap(span, other), default=None)
        if best is not None and overlap(span, best) >= least:
            left.remove(best)
            true += 1
    return true, len(left), len(gold) - true


def typos(text: str, seed: int) -> str:
    """One slip (swap, drop, double, change) in about every sixth word of four letters or more."""
    chance = random.Random(seed)
    words = text.split(" ")
    for index, word in enumerate(words):
        if len(word) >= 4 and chance.random() < 1 / 6:
            place = chance.randrange(1, len(word) - 1)
            kind = chance.choice("sdxc")
            if kind == "s":
                word = word[:place] + word[place + 1] + word[place] + word[place + 2 :]
            elif kind == "d":
                word = word[:place] + word[place + 1 :]
            elif kind == "x":
                word = word[:place] + word[place] + word[place:]
            else:
                word = word[:place] + chance.choice("aeioutnrs") + word[place + 1 :]
            words[index] = word
    return " ".join(words)


def flagged(heard: Heard) -> bool:
    """Whether any red flag is present, on either channel."""
    return any(flag.status == "present" for flag in heard.red_flags)


def rate(rows: Iterable[bool]) -> str:
    """A share with its count, as text."""
    values = list(rows)
    return f"{sum(values) / len(values):.3f} (n {len(values)})" if values else "-"


def groups(pairs: list[tuple[Row, Heard]]) -> Iterable[tuple[str, list[tuple[Row, Heard]]]]:
    """The messages of each language, literacy and author."""
    for name in ("language", "literacy", "author"):
        for value in dict.fromkeys(row[name] for row, _ in pairs):
            yield value, [(row, h) for row, h in pairs if row[name] == value]


def red_flags(rows: list[Row], heard: list[Heard], show: bool) -> dict[str, str]:
    """Recall by level and language, false alarms on tricky and plain messages, robustness."""
    pairs = list(zip(rows, heard, strict=True))
    critical = ("emergency", "self_harm")
    harmless = [(row, h) for row, h in pairs if row["red_flag"] == "none"]
    tricky = [(row, h) for row, h in harmless if row["decoys"] or row["tags"]]
    plain = [(row, h) for row, h in harmless if not row["decoys"] and not row["tags"]]
    table = {
        "critical recall": rate(flagged(h) for row, h in pairs if row["red_flag"] in critical),
        "critical recall, alert only": rate(
            h.level != "none" for row, h in pairs if row["red_flag"] in critical
        ),
        "urgent recall": rate(flagged(h) for row, h in pairs if row["red_flag"] == "urgent"),
        "false alarms tricky": rate(flagged(h) for _, h in tricky),
        "false alarms tricky, alert": rate(h.level != "none" for _, h in tricky),
        "false alarms plain": rate(flagged(h) for _, h in plain),
        "level right": rate(h.level == row["red_flag"] for row, h in pairs),
    }
    for value, own in groups(pairs):
        table[f"{value} recall"] = rate(flagged(h) for row, h in own if row["red_flag"] != "none")
        table[f"{value} specificity"] = rate(not flagged(h) for row, h in own if row["red_flag"] == "none")
    worst = [row for row in rows if row["red_flag"] in critical]
    table["critical recall, typos"] = rate(
        flagged(listen(typos(row["text"], n))) for n, row in enumerate(worst)
    )
    bare = str.maketrans("", "", ".,!?;:'’¿¡")
    table["critical recall, no punctuation"] = rate(
        flagged(listen(row["text"].translate(bare).lower())) for row in worst
    )
    if show:
        for row, h in pairs:
            if flagged(h) != (row["red_flag"] != "none"):
                seen = [(f.rule, f.channel, f.span.text, f.why.split(";")[1:]) for f in h.red_flags]
                print("FLAG", row["red_flag"], row["red_flag_category"], row["tags"], row["text"], seen)
    return table


def emotions(rows: list[Row], heard: list[Heard], show: bool) -> dict[str, str]:
    """Macro-F1 over 8 classes, F1 of each, and how often the evidence hits."""
    counts: dict[str, Counter[str]] = {name: Counter() for name in CLASSES}
    hits, shown = 0, 0
    for row, h in zip(rows, heard, strict=True):
        gold = set(row["emotions"])
        found = {feeling.label for feeling in h.feelings} or {"neutral"}
        for name in CLASSES:
            counts[name][
                "true"
                if name in gold and name in found
                else "missed"
                if name in gold
                else "wrong"
                if name in found
                else ""
            ] += 1
        for feeling in h.feelings:
            spans = row["emotion_evidence"].get(feeling.label, [])
            if spans:
                shown += 1
                hits += any(
                    overlap((s.start, s.end), (g["start"], g["end"])) > 0
                    for s in feeling.spans
                    for g in spans
                )
        if show and gold != found:
            print(
                "FEEL",
                sorted(gold),
                sorted(found),
                row["text"],
                [(f.label, [s.text for s in f.spans]) for f in h.feelings],
            )
    each = {name: f1(c["true"], c["wrong"], c["missed"]) for name, c in counts.items()}
    table = {
        "emotions macro-F1": f"{sum(each.values()) / len(each):.3f}",
        "evidence hits": f"{hits / max(1, shown):.3f}",
    }
    return table | {f"  {name}": f"{value:.2f}" for name, value in each.items()}


def spans(rows: list[Row], heard: list[Heard], show: bool) -> dict[str, str]:
    """Span F1 of questions and concerns."""
    table = {}
    for name in ("questions", "concerns"):
        total = [0, 0, 0]
        for row, h in zip(rows, heard, strict=True):
            gold = [(g["start"], g["end"]) for g in row[name]]
            found = [(s.start, s.end) for s in getattr(h, name)]
            counts = match(gold, found)
            total = [a + b for a, b in zip(total, counts, strict=True)]
            if show and counts[1] + counts[2]:
                print(
                    name.upper(),
                    [g["text"] for g in row[name]],
                    [s.text for s in getattr(h, name)],
                    "|",
                    row["text"],
                )
        table[f"{name} span F1"] = f"{f1(*total):.3f}"
    return table


def speed(rows: list[Row]) -> dict[str, str]:
    """CPU time of each message."""
    times = []
    for row in rows:
        began = time.process_time()
        listen(row["text"])
        times.append((time.process_time() - began) * 1000)
    times.sort()
    return {"ms p50": f"{times[len(times) // 2]:.2f}", "ms p95": f"{times[int(len(times) * 0.95)]:.2f}"}


def replies(rows: list[Row], show: bool) -> dict[str, str]:
    """The five findings, unanswered questions, jargon, and safety advice."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    open_, terms = [0, 0, 0], [0, 0, 0]
    for row in rows:
        advice = coach(row["reply"], row["message"])
        for name in (*FLAGS, "safety_advice"):
            gold, found = row[name], bool(getattr(advice, name))
            if gold is None:
                continue
            counts[name][f"{int(gold)}{int(found)}"] += 1
            if show and bool(gold) != found:
                print("REPLY", name, gold, row["reply"])
        unseen = [a.question.text for a in advice.questions if a.seen == "not seen"]
        gold_open = [q["text"] for q in row["questions"] if not q["answered"]]
        both = sum(text in unseen for text in gold_open)
        for index, value in enumerate((both, len(unseen) - both, len(gold_open) - both)):
            open_[index] += value
        if show and sorted(unseen) != sorted(gold_open):
            print("ANSWER", gold_open, unseen, "|", row["reply"])
        found_terms = [(j.span.start, j.span.end) for j in advice.jargon]
        result = match([(j["start"], j["end"]) for j in row["jargon"]], found_terms)
        terms = [a + b for a, b in zip(terms, result, strict=True)]
        if show and result[1] + result[2]:
            print(
                "JARGON",
                [j["term"] for j in row["jargon"]],
                [j.span.text for j in advice.jargon],
                "|",
                row["reply"],
            )
    table = {}
    macro = []
    for name, c in counts.items():
        value = (f1(c["11"], c["01"], c["10"]) + f1(c["00"], c["10"], c["01"])) / 2
        table[f"{name} macro-F1"] = f"{value:.3f}"
        macro += [value] if name in FLAGS else []
    table["five findings, mean macro-F1"] = f"{sum(macro) / max(1, len(macro)):.3f}"
    table["unanswered F1"] = f"{f1(*open_):.3f}"
    table["jargon F1"] = f"{f1(*terms):.3f}"
    return table


def main() -> None:
    """Print the table of figures."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("messages", type=Path)
    options.add_argument("--replies", type=Path)
    options.add_argument("--misses", action="store_true", help="show every text that was read otherwise")
    chosen = options.parse_args()
    rows = read(chosen.messages)
    heard = [listen(row["text"]) for row in rows]
    table = {
        "language right": rate(h.language == row["language"] for row, h in zip(rows, heard, strict=True))
    }
    for part in (red_flags, emotions, spans):
        table |= part(rows, heard, chosen.misses)
    table |= speed(rows)
    if chosen.replies:
        table |= replies(read(chosen.replies), chosen.misses)
    for name, value in table.items():
        print(f"{name:36} {value}")


if __name__ == "__main__":
    main()
