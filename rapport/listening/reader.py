"""What the reader of a finding is told, in the reader's own language: English, Spanish or French."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache

from rapport.listening.heard import RedFlag
from rapport.listening.packs import DATA, LANGUAGES

Table = Mapping[str, Mapping[str, str]]


@cache
def table(language: str) -> Table:
    """The lines, feelings and reasons of a language; English for one that has none."""
    known = language if language in LANGUAGES else "en"
    with (DATA / "reader" / f"{known}.toml").open("rb") as file:
        return tomllib.load(file)


def explain(flag: RedFlag, language: str) -> str:
    """Why a flag was raised, for a reader of `language`; English where that has no words for it."""
    own, english = table(language), table("en")
    why, semicolon, reading = flag.why.partition("; reads as ")
    why = own.get("why", {}).get(flag.rule, why)
    if not semicolon:
        return why
    reading = f"reads as {reading}".replace(english["lines"]["shown"], own["lines"]["shown"])
    for status, reason in english["reasons"].items():
        reading = reading.replace(reason, own["reasons"][status])
    return f"{why}; {reading}"
