"""Our own labelled replies, written in a short form.

A line `> ...` is a message (with the marks of messages for questions); the lines below it are replies
to it: `flags | answered | text`. Flags: a(cknowledges a feeling) v(alidates) o(pen question)
i(nvites contact) d(ismisses) s(afety advice given) u (safety advice missing); without s or u the
message holds no danger. `answered` has y or n for each question of the message, in order. Hard words
stand as {words=plain words}.
"""

from __future__ import annotations

import re

from tests.listening.corpus import HERE, Row, asked, unmark

_HARD = re.compile(r"\{([^={}]+)=([^={}]*)\}")
_FLAGS = {
    "acknowledges_feeling": "a",
    "validates": "v",
    "open_question": "o",
    "invites_contact": "i",
    "dismissive": "d",
}


def reply(line: str, message: str, questions: list[str]) -> Row:
    """A line as a row of the form of replies_dev.jsonl."""
    flags, answered, marked = (part.strip() for part in line.split("|", 2))
    assert len(answered) == len(questions), line
    text, jargon, place = "", [], 0
    for found in _HARD.finditer(marked):
        text += marked[place : found.start()]
        start = len(text)
        text += found[1]
        jargon.append({"term": found[1], "start": start, "end": len(text), "plain": found[2]})
        place = found.end()
    return {
        "message": message,
        "reply": text + marked[place:],
        "safety_advice": True if "s" in flags else False if "u" in flags else None,
        **{name: letter in flags for name, letter in _FLAGS.items()},
        "questions": [
            {"text": text, "answered": mark == "y"} for text, mark in zip(questions, answered, strict=True)
        ],
        "jargon": jargon,
    }


def replies(pattern: str = "replies_*.txt") -> list[Row]:
    """All labelled replies of the files that match, in order."""
    rows: list[Row] = []
    message, questions = "", []
    for path in sorted(HERE.glob(pattern)):
        for line in path.read_text("utf-8").splitlines():
            if line.startswith(">"):
                message, marks = unmark(line[1:].strip())
                questions = [span["text"] for span in asked(message, marks)]
            elif line.strip() and not line.startswith("#"):
                rows.append(reply(line, message, questions))
    return rows
