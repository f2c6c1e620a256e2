"""Filters that say who a person is: `{% load portraits %}`."""

from __future__ import annotations

from collections.abc import Iterable

from babel.dates import format_date
from babel.lists import format_list
from django import template
from django.utils import timezone
from django.utils.translation import get_language

from rapport.people.portrait import Age, Moment, age_words, language_name, short
from rapport.ui import dates

register = template.Library()


@register.filter
def age(known: Age | None) -> str:
    """58; 14 months; 5 weeks"""
    return age_words(known)


@register.filter
def called(name: str) -> str:
    """Amina; Dr Chen"""
    return short(name)


@register.filter
def rid(reference: str) -> str:
    """The id in a reference: `Patient/amina` gives `amina`."""
    return str(reference).partition("/")[2]


@register.filter
def languages(codes: Iterable[str]) -> str:
    """English and Arabic"""
    here = (get_language() or "en").partition("-")[0]
    named = list(dict.fromkeys(language_name(code) for code in codes))
    return dates.opening(format_list(named, locale="en_GB" if here == "en" else here)) if named else ""


@register.filter
def moment(known: Moment | None) -> str:
    """A recorded date, no more exact than it was recorded: 1998; May 1998; 4 May 1998."""
    if known is None:
        return ""
    at = known.at
    if known.shape == "time" and timezone.is_aware(at):
        at = timezone.localtime(at)
    if known.shape == "year":
        return str(at.year)
    if known.shape == "month":
        return format_date(at.date(), "MMMM y", locale=(get_language() or "en").partition("-")[0])
    return dates.month_day(at.date(), timezone.localdate())


@register.filter
def moment_when(known: Moment | None) -> str:
    """The same with its time of day where it has one: tomorrow at 10.30 am; Tuesday 17 March, 10.30 am."""
    if known is None or known.shape != "time" or not timezone.is_aware(known.at):
        return moment(known)
    return dates.when(timezone.localtime(known.at), timezone.localtime())
