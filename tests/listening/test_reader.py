"""What a reader is told stands in three languages, whole, and says the same."""

from __future__ import annotations

import string

import pytest

from rapport.listening import coach, explain, listen
from rapport.listening.packs import LANGUAGES, pack
from rapport.listening.reader import table
from rapport.listening.second_look import RULE

RULES = {rule.id for language in LANGUAGES for all_ in pack(language).dangers.values() for _, rule in all_}


@pytest.mark.parametrize("language", ["es", "fr"])
def test_every_reason_and_line_has_its_words(language: str) -> None:
    own, english = table(language), table("en")
    assert set(own["why"]) == RULES | {RULE}
    for part in ("lines", "feelings", "reasons"):
        assert set(own[part]) == set(english[part])
    for name, text in english["lines"].items():
        fields = {field for _, field, _, _ in string.Formatter().parse(text) if field}
        assert {field for _, field, _, _ in string.Formatter().parse(own["lines"][name]) if field} == fields


def test_a_flag_says_why_in_the_language_of_its_reader() -> None:
    (flag,) = listen("I had chest pain in 2019.").red_flags
    assert explain(flag, "en") == flag.why == explain(flag, "xx")
    assert explain(flag, "es") == "dolor de pecho ahora; se lee como pasado (had chest pain in 2019)"
    assert (
        explain(flag, "fr")
        == "douleur dans la poitrine maintenant; se lit comme passé (had chest pain in 2019)"
    )


def test_suggestions_come_in_the_language_of_the_writer_of_the_reply() -> None:
    message = "My chest feels like it is in a vice. Should I wait?"
    lines = {reader: coach("Noted.", message, reader).suggestions for reader in LANGUAGES}
    codes = [tuple(each.code for each in told) for told in lines.values()]
    assert codes == [("safety", "dismissive", "question", "contact")] * 3
    assert len({told[0].text for told in lines.values()}) == 3
    assert coach("Noted.", message).suggestions == lines["en"]
