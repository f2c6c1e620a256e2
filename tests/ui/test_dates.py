"""Dates as people say them: words of the guide, in three languages."""

from datetime import date, datetime, timedelta

import pytest
from django.utils import translation

from rapport.ui import dates

NOW = datetime(2026, 3, 12, 9, 41)  # a Thursday


def plain(text: str) -> str:
    return text.replace("\u00a0", " ")


@pytest.fixture(autouse=True)
def english():
    with translation.override("en"):
        yield


@pytest.mark.parametrize(
    ("at", "said"),
    [
        (datetime(2026, 3, 12, 8, 40), "today at 8.40 am"),
        (datetime(2026, 3, 11, 19, 52), "yesterday at 7.52 pm"),
        (datetime(2026, 3, 10, 19, 52), "Tuesday, 7.52 pm"),
        (datetime(2026, 3, 5, 13, 0), "Thursday 5 March, 1 pm"),
        (datetime(2026, 3, 13, 12, 0), "tomorrow at 12 noon"),
        (datetime(2025, 12, 31, 0, 0), "Wednesday 31 December 2025, 12 midnight"),
    ],
)
def test_when(at, said):
    assert plain(dates.when(at, NOW)) == said


@pytest.mark.parametrize(
    ("at", "said"),
    [
        (datetime(2026, 3, 12, 15, 0), "3 pm today"),
        (datetime(2026, 3, 13, 12, 0), "tomorrow, 12 noon"),
        (datetime(2026, 3, 16, 13, 0), "Monday 16 March, 1 pm"),
        (datetime(2026, 3, 9, 8, 5), "Monday 9 March, 8.05 am"),
        (datetime(2027, 1, 1, 10, 0), "Friday 1 January 2027, 10 am"),
    ],
)
def test_due_always_names_the_date_beyond_tomorrow(at, said):
    assert plain(dates.due(at, NOW)) == said


@pytest.mark.parametrize(
    ("length", "said"),
    [
        (timedelta(seconds=20), "1 min"),
        (timedelta(minutes=25), "25 min"),
        (timedelta(minutes=100), "1 hour 40 min"),
        (timedelta(hours=2), "2 hours"),
        (timedelta(hours=7, minutes=50), "7 hours"),
        (timedelta(hours=30), "1 day"),
        (timedelta(days=3), "3 days"),
        (timedelta(minutes=-5), "1 min"),
    ],
)
def test_span(length, said):
    assert plain(dates.span(length)) == said


def test_day():
    said = [dates.day(date(2026, 3, day), NOW.date()) for day in (11, 12, 13, 8, 2)]
    assert [plain(one) for one in said] == ["yesterday", "today", "tomorrow", "Sunday", "Monday 2 March"]


def test_a_number_never_parts_from_its_word():
    assert " am" not in dates.when(NOW, NOW) and "16 March" not in dates.due(datetime(2026, 3, 16, 13), NOW)


@pytest.mark.parametrize(
    ("language", "said"),
    [
        (
            "es",
            [
                "hoy a las 8:40",
                "el martes, 19:52",
                "hoy a las 15:00",
                "el lunes 16 de marzo, 13:00",
                "1 hora 40 min",
            ],
        ),
        (
            "fr",
            [
                "aujourd’hui à 8 h 40",
                "mardi, 19 h 52",
                "aujourd’hui à 15 h",
                "lundi 16 mars, 13 h",
                "1 heure 40 min",
            ],
        ),
    ],
)
def test_other_languages(language, said, catalogues):
    with translation.override(language):
        got = [
            dates.when(datetime(2026, 3, 12, 8, 40), NOW),
            dates.when(datetime(2026, 3, 10, 19, 52), NOW),
            dates.due(datetime(2026, 3, 12, 15), NOW),
            dates.due(datetime(2026, 3, 16, 13), NOW),
            dates.span(timedelta(minutes=100)),
        ]
    assert [plain(one) for one in got] == said


def test_a_language_without_names_speaks_in_english_names():
    with translation.override("xx"):
        assert plain(dates.full_day(date(2026, 3, 16), NOW.date())) == "Monday 16 March"
