"""Our own labelled messages and replies, written in a short form.

A line is `language age literacy author | level kinds tags | text`:
literacy h(igh) m(edium) l(ow); author p(atient) or c(arer or parent); level E(mergency) U(rgent)
S(elf-harm) N(one); kinds name the danger (or, for none, the one it could be taken for).
Marks in the text: [! danger and concern] [c concern] [d decoy] [? question without a mark]
[x not a question], and feelings [F fear] [S sadness] [A anger] [C confusion] [R relief, gratitude]
[H hope] [L loneliness]. A sentence that ends with "?" is a question.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from rapport.listening.words import sentences

HERE = Path(__file__).parent
LEVELS = {"E": "emergency", "U": "urgent", "S": "self_harm", "N": "none"}
FEELINGS = {
    "F": "fear_worry",
    "S": "sadness_grief",
    "A": "anger_frustration",
    "C": "confusion",
    "R": "relief_gratitude",
    "H": "hope",
    "L": "loneliness",
}
LITERACY = {"h": "high", "m": "medium", "l": "low"}
_MARK = re.compile(r"\[([!cd?xFSACRHL]) |\]")
Row = dict[str, Any]


def unmark(marked: str) -> tuple[str, list[tuple[str, int, int]]]:
    """The plain text, and each mark with its place."""
    plain, marks, open_ = "", [], []
    place = 0
    for found in _MARK.finditer(marked):
        plain += marked[place : found.start()]
        place = found.end()
        if found[1]:
            open_.append((found[1], len(plain)))
        elif open_:
            kind, start = open_.pop()
            marks.append((kind, start, len(plain)))
        else:
            plain += "]"
    assert not open_, marked
    return plain + marked[place:], sorted(marks, key=lambda mark: mark[1])


def message(line: str, number: str) -> Row:
    """A line as a row of the form of messages_dev.jsonl; `kinds` are the dangers it was written for."""
    head, labels, marked = (part.strip() for part in line.split("|", 2))
    language, age, literacy, author = head.split()
    level, *rest = labels.split()
    text, marks = unmark(marked.replace("\\n", "\n"))

    def spans(kind: str) -> list[Row]:
        return [{"text": text[a:b], "start": a, "end": b} for k, a, b in marks if k == kind]

    emotions = [name for letter, name in FEELINGS.items() if any(k == letter for k, _, _ in marks)]
    questions = asked(text, marks)
    concerns = sorted(spans("!") + spans("c"), key=lambda s: s["start"])
    return {
        "id": number,
        "text": text,
        "language": language,
        "age": int(age),
        "literacy": LITERACY[literacy],
        "author": "patient" if author == "p" else "carer_or_parent",
        "emotions": emotions or ["neutral"],
        "emotion_evidence": {name: spans(letter) for letter, name in FEELINGS.items() if name in emotions},
        "questions": questions,
        "question_count": len(questions),
        "concerns": concerns,
        "red_flag": LEVELS[level],
        "red_flag_category": rest[:1] if level != "N" else [],
        "red_flag_evidence": spans("!"),
        "decoys": spans("d"),
        "tags": rest[1].split(",") if len(rest) > 1 else [],
        "kind": rest[0] if rest else "",
    }


def asked(text: str, marks: list[tuple[str, int, int]]) -> list[Row]:
    """The questions of a text: those marked, and each sentence that ends with a mark of its own."""
    taken = [(a, b) for kind, a, b in marks if kind in "x?"]
    rows = [{"text": text[a:b], "start": a, "end": b} for kind, a, b in marks if kind == "?"]
    for start, end in sentences(text):
        if text[:end].endswith("?") and not any(a < end and b > start for a, b in taken):
            rows.append({"text": text[start:end], "start": start, "end": end})
    return sorted(rows, key=lambda row: row["start"])


def messages(pattern: str = "messages_*.txt") -> list[Row]:
    """All labelled messages of the files that match, in order."""
    rows = []
    for path in sorted(HERE.glob(pattern)):
        lines = [
            line for line in path.read_text("utf-8").splitlines() if line.strip() and not line.startswith("#")
        ]
        rows += [message(line, f"{path.stem[9:]}{n:04}") for n, line in enumerate(lines, 1)]
    return rows
