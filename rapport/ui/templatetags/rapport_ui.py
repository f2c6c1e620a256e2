"""The pieces pages are built of: `{% load rapport_ui %}`. All are on the gallery, `/ui/`, in every state.

Filters say dates and people's words; tags draw marks and parts. Text given to a tag is escaped unless it is
already safe; the words inside a block tag are the template's own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, datetime, timedelta

from django import template
from django.utils import timezone
from django.utils.html import escape, format_html_join
from django.utils.safestring import SafeString, mark_safe

from rapport.ui import dates, parts
from rapport.ui.roles import role_said

register = template.Library()

#: Stand in for the marks around underlined words until these are escaped; nobody types them.
_OPEN, _CLOSE = "\ue000", "\ue001"


# ---------- dates ----------


def _here(at: datetime) -> datetime:
    return timezone.localtime(at) if timezone.is_aware(at) else at


def _now() -> datetime:
    return timezone.localtime()


@register.filter
def when(at: datetime | None) -> str:
    """A past or free-standing time: today at 8.40 am; Tuesday, 7.52 pm; Monday 2 March, 1 pm."""
    return dates.when(_here(at), _now()) if at else ""


@register.filter
def due(at: datetime | None) -> str:
    """A time to stand after "by": 3 pm today; tomorrow, 12 noon; Monday 16 March, 1 pm."""
    return dates.due(_here(at), _now()) if at else ""


@register.filter
def day(at: date | datetime | None) -> str:
    """A day: today; Wednesday; Monday 16 March."""
    if not at:
        return ""
    return dates.day(_here(at).date() if isinstance(at, datetime) else at, _now().date())


@register.filter
def until(at: date | datetime | None) -> str:
    """A day to stand after "until": tomorrow; Monday 16 March."""
    if not at:
        return ""
    return dates.until(_here(at).date() if isinstance(at, datetime) else at, _now().date())


@register.filter
def full_day(at: date | datetime | None) -> str:
    """A day with its date always: Thursday 12 March."""
    if not at:
        return ""
    return dates.full_day(_here(at).date() if isinstance(at, datetime) else at, _now().date())


@register.filter
def dated(at: date | datetime | None) -> str:
    """A day as on a letter: 16 March 2026."""
    if not at:
        return ""
    return dates.dated(_here(at).date() if isinstance(at, datetime) else at)


@register.filter
def clock(at: datetime | None) -> str:
    """A time of day: 8.40 am."""
    return dates.clock(_here(at)) if at else ""


@register.filter
def span(length: timedelta | None) -> str:
    """A length of time: 1 hour 40 min."""
    return dates.span(length) if length is not None else ""


@register.filter
def since(at: datetime | None) -> str:
    """How long ago: 1 hour 40 min. For "Waited {{ at|since }}" and "Late by {{ due|since }}"."""
    return dates.span(_now() - _here(at)) if at else ""


@register.filter
def opening(text: object) -> str:
    """The first letter large, for the start of a line: Today at 8.40 am."""
    return dates.opening(str(text))


# ---------- words ----------


@register.filter
def words(text: object) -> SafeString:
    """A person's own words as paragraphs: escaped, their line breaks kept, each in its own direction."""
    plain = str(text or "").replace("\r\n", "\n").strip()
    paragraphs = [part.strip("\n") for part in re.split(r"\n\s*\n", plain)]
    lines = (mark_safe("<br>".join(escape(part).split("\n"))) for part in paragraphs if part)  # noqa: S308
    return format_html_join("", '<p dir="auto">{}</p>', ((line,) for line in lines))


@register.filter
def underlined(text: object, marks: Iterable[tuple[int, int]]) -> SafeString:
    """A person's own words as paragraphs, some of them underlined: `marks` are (start, end) in the text."""
    plain = str(text or "").replace(_OPEN, "\ufffd").replace(_CLOSE, "\ufffd")
    for start, end in sorted(marks, reverse=True):
        lines = (f"{_OPEN}{line}{_CLOSE}" if line.strip() else line for line in plain[start:end].split("\n"))
        plain = plain[:start] + "\n".join(lines) + plain[end:]
    said = words(plain).replace(_OPEN, "<mark>").replace(_CLOSE, "</mark>")
    return mark_safe(said)  # noqa: S308 - escaped by `words`; the marks alone are ours


@register.filter
def tel(number: object) -> str:
    """A telephone number as a link needs it, or nothing where it is not one: "116 123" becomes "116123"."""
    plain = re.sub(r"[\s().-]", "", str(number or ""))
    return plain if re.fullmatch(r"\+?\d{3,15}", plain) else ""


register.filter(parts.quoted)
register.filter("role", role_said)


# ---------- parts ----------

register.simple_tag(parts.icon)
register.simple_tag(parts.face)
register.simple_tag(parts.choice)
register.simple_tag(parts.field)
register.simple_tag(parts.tabs)
register.simple_tag(parts.state, takes_context=True)
register.simple_tag(parts.mark, takes_context=True)
register.simple_block_tag(parts.letter)
register.simple_block_tag(parts.call)
register.simple_block_tag(parts.noteline)
register.simple_block_tag(parts.empty)
register.simple_block_tag(parts.entry, takes_context=True)
register.simple_block_tag(parts.row, takes_context=True)
register.inclusion_tag("ui/_errors.html")(parts.errors)
register.inclusion_tag("ui/_chip.html")(parts.chip)
