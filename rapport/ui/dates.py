"""Dates and times as people say them, in the reader's language. Pure: the time and the place are passed in.

Every `datetime` given here is already in the site's time zone. Numbers keep to their word by a
no-break space, so that "8.40 am" and "16 March" never part at the end of a line.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from functools import lru_cache

from babel import Locale, UnknownLocaleError
from django.utils.translation import get_language, ngettext, pgettext
from django.utils.translation import gettext as _

NBSP = "\u00a0"


@lru_cache(maxsize=32)
def _names(language: str) -> tuple[Mapping[int, str], Mapping[int, str]]:
    """Names of weekdays (Monday is 0) and of months (January is 1) in a language."""
    try:
        locale = Locale.parse(language.replace("-", "_"))
    except (ValueError, UnknownLocaleError):
        locale = Locale("en")
    return locale.days["format"]["wide"], locale.months["format"]["wide"]


def weekday(day: date) -> str:
    """Tuesday"""
    return _names(get_language() or "en")[0][day.weekday()]


def month_day(day: date, today: date) -> str:
    """16 March; with the year where it is another one: 16 March 2025."""
    return _said(day, day.year != today.year, get_language() or "en")[0]


def full_day(day: date, today: date) -> str:
    """Monday 16 March"""
    return _said(day, day.year != today.year, get_language() or "en")[1]


def dated(day: date) -> str:
    """16 March 2026, as on a letter."""
    return _said(day, True, get_language() or "en")[0]


@lru_cache(maxsize=2048)  # the days of a page are few, and the same again and again
def _said(day: date, with_year: bool, language: str) -> tuple[str, str]:
    """A day in the language in use, without its weekday and with it."""
    words = {"day": day.day, "month": _names(language)[1][day.month], "year": day.year}
    if day.day == 1:
        pattern = pgettext("the first of a month", "%(day)s %(month)s")
    else:
        pattern = pgettext("day and month", "%(day)s %(month)s")
    if with_year:
        pattern = pgettext("a date and its year", "%(date)s %(year)s") % {"date": pattern, "year": "%(year)s"}
    date_words = {"weekday": _names(language)[0][day.weekday()], "date": (pattern % words).replace(" ", NBSP)}
    return date_words["date"], pgettext("weekday and date", "%(weekday)s %(date)s") % date_words


def clock(at: datetime | time) -> str:
    """8.40 am, 1 pm, 12 noon; in other languages by 24 hours: 8:40, 8 h 40."""
    language = (get_language() or "en").partition("-")[0]
    if language == "fr":
        return f"{at.hour}{NBSP}h" + (f"{NBSP}{at.minute:02}" if at.minute else "")
    if language != "en":
        return f"{at.hour}:{at.minute:02}"
    if at.minute == 0 and at.hour in (0, 12):
        return f"12{NBSP}{'noon' if at.hour else 'midnight'}"
    minutes = f".{at.minute:02}" if at.minute else ""
    return f"{at.hour % 12 or 12}{minutes}{NBSP}{'am' if at.hour < 12 else 'pm'}"


def when(at: datetime, now: datetime) -> str:
    """A past or free-standing time: "today at 8.40 am", "Tuesday, 7.52 pm", "Monday 2 March, 1 pm"."""
    time, days = clock(at), (now.date() - at.date()).days
    if days == 0:
        return _("today at %(time)s") % {"time": time}
    if days == 1:
        return _("yesterday at %(time)s") % {"time": time}
    if days == -1:
        return _("tomorrow at %(time)s") % {"time": time}
    day = weekday(at) if 1 < days < 7 else full_day(at.date(), now.date())
    return pgettext("day and time", "%(day)s, %(time)s") % {"day": day, "time": time}


def due(at: datetime, now: datetime) -> str:
    """A time to stand after "by": "3 pm today", "tomorrow, 12 noon", "Monday 16 March, 1 pm"."""
    time, days = clock(at), (at.date() - now.date()).days
    if days == 0:
        return pgettext("by this time today", "%(time)s today") % {"time": time}
    if days == 1:
        return pgettext("by this time tomorrow", "tomorrow, %(time)s") % {"time": time}
    words = {"day": full_day(at.date(), now.date()), "time": time}
    return pgettext("by this day and time", "%(day)s, %(time)s") % words


def day(at: date, now: date) -> str:
    """A day without its time: "today", "tomorrow", "Wednesday" (this past week), "Monday 16 March"."""
    days = (now - at).days
    near = {0: _("today"), 1: _("yesterday"), -1: _("tomorrow")}
    if days in near:
        return near[days]
    return weekday(at) if 1 < days < 7 else full_day(at, now)


def until(at: date, now: date) -> str:
    """A day to stand after "until": "today", "tomorrow", "Monday 16 March"."""
    if 0 <= (at - now).days <= 1:
        return day(at, now)
    return pgettext("a day after until", "%(day)s") % {"day": full_day(at, now)}


def span(length: timedelta) -> str:
    """How long: "25 min", "1 hour 40 min", "5 hours", "2 days". Never finer than a person cares for."""
    minutes = max(0, int(length.total_seconds() // 60))
    hours, days = minutes // 60, minutes // 1440
    if days:
        return (ngettext("%(n)s day", "%(n)s days", days) % {"n": days}).replace(" ", NBSP)
    if not hours:
        return (ngettext("%(n)s min", "%(n)s min", minutes) % {"n": max(1, minutes)}).replace(" ", NBSP)
    words = (ngettext("%(n)s hour", "%(n)s hours", hours) % {"n": hours}).replace(" ", NBSP)
    if hours < 6 and minutes % 60:
        rest = ngettext("%(n)s min", "%(n)s min", minutes % 60) % {"n": minutes % 60}
        words += " " + rest.replace(" ", NBSP)
    return words


def opening(text: str) -> str:
    """The same words at the start of a line: "Today at 8.40 am"."""
    return text[:1].upper() + text[1:]
