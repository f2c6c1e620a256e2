"""No text breaks listening: no exception, spans inside the text, time that grows with its length."""

from __future__ import annotations

import gc
import random
import time
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any

import pytest

from rapport.listening import Span, coach, listen
from tests.listening.corpus import messages

ALPHABETS = (
    "abcdefghijklmnopqrstuvwxyz   ''-.,?!\n",
    "áéíóúüñ¿¡ çàèùâêîôœ «»’ abcde fgh",
    "\x00\x01\ufeff\u200b\u200d\u0301\u0300\xad\t\r\n  \ud800",
    "😀😭🙏❤️👩‍⚕️🔪 help chest pain",
    "боль в груди 胸が痛い ألم في الصدر כאב pain",
    "0123456789.,:/ +#*()[]{}|\\^$@&~`\"'",
    "(((((.*)+)+)+)+)+ \\ %s {0} <script> && || ..8 @chest #n !",
)
WORDS = [
    "chest",
    "pain",
    "crushing",
    "no",
    "not",
    "if",
    "but",
    "my",
    "dad",
    "had",
    "a",
    "what",
    "can",
    "i",
    "is",
    "it",
    "leg",
    "blue",
    "kill",
    "myself",
    "38.5",
    "weeks",
    "pregnant",
    "?",
    ".",
    ",",
]


def spans(value: Any) -> Iterator[Span]:
    """Every span inside a value."""
    if isinstance(value, Span):
        yield value
    elif is_dataclass(value):
        for field in fields(value):
            yield from spans(getattr(value, field.name))
    elif isinstance(value, tuple):
        for each in value:
            yield from spans(each)


def holds(text: str) -> None:
    for span in spans(listen(text)):
        assert 0 <= span.start <= span.end <= len(text)
        assert text[span.start : span.end] == span.text


def random_text(chance: random.Random) -> str:
    if chance.random() < 0.3:
        return " ".join(chance.choices(WORDS, k=chance.randrange(30)))
    alphabet = chance.choice(ALPHABETS)
    return "".join(chance.choices(alphabet, k=chance.randrange(80)))


@pytest.mark.parametrize("part", range(10))
def test_random_texts_have_their_spans_inside(part: int) -> None:
    chance = random.Random(part)
    for _ in range(1000):
        holds(random_text(chance))


@pytest.mark.parametrize(
    "text",
    ["", " ", "\n", "?", "¿", ".", "a", "😭", "\ud800", "\x00", "’", "...", "?!?!", "1" * 5000, "a" * 5000],
)
def test_the_smallest_and_strangest_texts(text: str) -> None:
    holds(text)
    for span in spans(coach(text, text)):
        assert span.text in text


def test_mutilated_messages_keep_their_spans_inside() -> None:
    chance = random.Random(7)
    for row in messages()[::8]:
        text = row["text"]
        place = chance.randrange(len(text))
        for mutilated in (
            text[:place],
            text[place:],
            text.upper(),
            text.replace(" ", ""),
            text[::-1],
            text.replace(" ", "\n"),
        ):
            holds(mutilated)


def cost(text: str) -> float:
    """Seconds of CPU, without the looks of Python's collector at all that other tests left behind."""
    gc.disable()
    try:
        began = time.process_time()
        listen(text)
        return time.process_time() - began
    finally:
        gc.enable()


@pytest.mark.parametrize(
    "seed",
    [
        "I have a crushing pain in my chest and my left arm is numb, but no fever. Should I worry? ",
        "chest chest crush crush no no if if but but ",
        "a",
        "?",
        "'",
        ". ",
        "“",
        "no ",
        "@chest .. (a|b) & ",
        "qwxzkj" * 3 + " ",
    ],
)
def test_time_grows_with_length_and_no_faster(seed: str) -> None:
    listen(seed * 10)
    small, large = seed * (20_000 // len(seed)), seed * (160_000 // len(seed))
    first = min(cost(small) for _ in range(3))
    assert cost(large) < max(first, 0.01) * 8 * 3


def test_a_megabyte_is_read() -> None:
    text = "My chest feels like it is in a vice and I can't breathe. " * 18_000
    assert len(text) > 1_000_000
    began = time.process_time()
    heard = listen(text)
    assert heard.level == "emergency"
    assert time.process_time() - began < 60
