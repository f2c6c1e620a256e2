"""Forms read what people write: what they changed stays changed; days and times in any usual form."""

from __future__ import annotations

from datetime import date, time

import pytest
from django.core.exceptions import ValidationError

from rapport.people.request import once_token
from rapport.pillars.conversations.forms import (
    Chip,
    ClockField,
    DayField,
    Posted,
    Writing,
    confirmed,
    is_new,
    merge_chips,
    read_chips,
    whole_as_question,
)


def test_the_questions_of_a_form_are_read_in_their_order() -> None:
    posted = Posted(
        {
            "concern-10": ["last"],
            "concern-2": [" first  one "],
            "keep-2": ["1"],
            "was-2": ["first one"],
            "concern-x": ["?"],
        }
    )
    assert read_chips(posted) == (Chip("first one", "first one", True), Chip("last", "", False))


def test_what_the_person_changed_stays_when_the_text_changes() -> None:
    shown = (
        Chip("Is it the tablet?", "Is that it?"),
        Chip("Old?", "Old?"),
        Chip("Mine", ""),
        Chip("Fly?", "Fly?", kept=False),
    )
    found = merge_chips(shown, ("Is that it?", "Fly?", "Coffee?"))
    assert found == (
        Chip("Is it the tablet?", "Is that it?"),
        Chip("Fly?", "Fly?", kept=False),
        Chip("Coffee?", "Coffee?"),
        Chip("Mine", ""),
    )


def test_what_was_changed_outlives_the_sentence_that_it_came_from() -> None:
    assert merge_chips((Chip("New words?", "Old words?"),), ()) == (Chip("New words?", "Old words?"),)


def test_a_question_not_seen_before_is_new() -> None:
    assert is_new((Chip("a?", "b?"),), ("c?",)) and not is_new((Chip("a?", "b?"),), ("B?", "a?"))


def test_each_kept_question_counts_once() -> None:
    assert confirmed((Chip("Fly?"), Chip("fly?"), Chip("No", kept=False), Chip(""))) == ("fly?",)


@pytest.mark.parametrize(
    ("kind", "chips", "questions"),
    [
        ("", {"concern-1": ["Fly?"], "keep-1": ["1"]}, ("Fly?",)),
        ("news", {"concern-1": ["Fly?"], "keep-1": ["1"]}, ()),
        ("question", {}, ("My chest hurts.",)),
        ("", {}, ()),
    ],
)
def test_what_is_tracked(kind: str, chips: dict[str, list[str]], questions: tuple[str, ...]) -> None:
    assert Writing.read(Posted({"text": ["My chest hurts."], "kind": [kind], **chips})).questions == questions


def test_a_long_message_becomes_a_question_cut_at_a_word() -> None:
    words = whole_as_question("word " * 200)
    assert len(words) <= 202 and words.endswith("word …")


@pytest.mark.parametrize("text", ["17 3 2026", "17/3/2026", "17.03.2026", "2026-03-17"])
def test_a_day_in_any_usual_form(text: str) -> None:
    assert DayField().clean(text) == date(2026, 3, 17)


@pytest.mark.parametrize("text", ["soon", "31 2 2026", "3 2026", "1 2 3 4"])
def test_what_is_no_day(text: str) -> None:
    with pytest.raises(ValidationError, match="Write the day"):
        DayField().clean(text)


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("14.30", time(14, 30)),
        ("14:30", time(14, 30)),
        ("2.30 pm", time(14, 30)),
        ("12 am", time(0)),
        ("9", time(9)),
    ],
)
def test_a_time_in_any_usual_form(text: str, at: time) -> None:
    assert ClockField().clean(text) == at


@pytest.mark.parametrize("text", ["noonish", "25:00", "13 pm"])
def test_what_is_no_time(text: str) -> None:
    with pytest.raises(ValidationError, match="Write the time"):
        ClockField().clean(text)


def test_a_token_is_kept_if_it_is_one() -> None:
    token = once_token()
    assert once_token(token) == token and once_token("' OR 1=1") != "' OR 1=1"
