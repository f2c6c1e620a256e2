"""Reads the TOML text of the settings into a `Site`, or says in which line what is wrong."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from datetime import date, time, timedelta
from functools import lru_cache
from importlib.resources import files
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

from rapport.fhir.outcomes import Issue
from rapport.people import settings_listening
from rapport.people.hours import Calendar, Span
from rapport.people.settings_reader import Reader, lines_of
from rapport.people.settings_shapes import Crisis, MailServer, Site, Team, Topic

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
LANGUAGES = ("en", "es", "fr")
SECTIONS = {
    "site": {"name", "base_url", "time_zone", "country", "region", "languages"},
    "hours": {*DAYS, "holidays", "closed"},
    "teams": None,
    "topics": None,
    "concerns": {"reminder_days", "no_reply_days"},
    "alerts": {"mode", "on_call", "minutes", "always"},
    "drafting": {"address", "model", "seconds"},
    "crisis": {"emergency", "talk", "talk_name", "text"},
    "notices": {"batch_minutes", "quiet"},
    "sign_in": {"staff_idle_minutes", "patient_idle_minutes", "longest_hours", "invitation_days"},
    "mail": {"sender", "host", "port", "user", "security"},
}
TEAM = {"name", "lead", "escalation"}
TOPIC = {"team", "accept_hours", "answer_hours", "label", "hint"}

_SPAN = re.compile(r"^(\d{1,2}):(\d{2})-(\d{1,2}):(\d{2})$")
_ID = re.compile(r"^[a-z0-9][a-z0-9-]{0,39}$")


def read(text: str) -> tuple[Site | None, list[Issue]]:
    """The site that a text says (None when it has an error), and what was found, in the order of lines."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"\(at line (\d+), column (\d+)\)", str(error))
        where = f"line {found[1]}" if found else f"line {text.count(chr(10)) + 1}"
        return None, [Issue(re.sub(r"\s*\(at .*\)$", "", str(error)) + ".", where)]
    reader = Reader(data, lines_of(text))
    site = _site(reader)
    reader.issues.sort(key=lambda issue: int(issue.path.split()[1].rstrip(",") or 0))
    return site, reader.issues


def _site(reader: Reader) -> Site | None:
    reader.table(known=set(SECTIONS))
    for section, known in SECTIONS.items():
        reader.table(section, known=known)
    zone, country, region, languages = _place(reader)
    week, holidays, closures = _hours(reader)
    teams = _teams(reader, languages)
    topics = _topics(reader, languages, {team.ref for team in teams})
    if holidays and country and not _holidays_known(country, region):
        reader.say(
            ("site", "region" if region else "country"), "No public holidays are known for this place."
        )
    name, base_url, rest = (
        reader.value(str, ("site", "name")),
        _base_url(reader),
        _rest(reader, country, languages),
    )
    if any(issue.severity == "error" for issue in reader.issues):
        return None
    return Site(
        name=name,
        base_url=base_url,
        time_zone=zone.key,
        country=country,
        region=region,
        languages=languages,
        hours=week,
        closures=closures,
        holidays=holidays,
        teams=teams,
        topics=topics,
        calendar=Calendar(zone, week, _closed(closures, country, region, public=holidays)),
        **rest,
    )


def _place(reader: Reader) -> tuple[ZoneInfo, str, str, tuple[str, ...]]:
    name = reader.value(str, ("site", "time_zone")) or "UTC"
    if name not in available_timezones():
        reader.say(("site", "time_zone"), f"No time zone is called {name!r}. Write one such as Europe/Paris.")
        name = "UTC"
    country = reader.value(str, ("site", "country")) or ""
    if not re.fullmatch(r"[A-Z]{2}", country):
        reader.say(("site", "country"), "Write two capital letters, such as GB.")
        country = ""
    languages = tuple(reader.value(list, ("site", "languages"), ["en"]))
    for code in languages or ("",):
        if code not in LANGUAGES:
            reader.say(("site", "languages"), f"{code!r} is not one of {', '.join(LANGUAGES)}.")
    known = tuple(code for code in languages if code in LANGUAGES)
    return ZoneInfo(name), country, reader.value(str, ("site", "region"), ""), known or ("en",)


def _base_url(reader: Reader) -> str:
    url = str(reader.value(str, ("site", "base_url"), "")).rstrip("/")
    if not url:
        return ""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path or parts.query:
        reader.say(
            ("site", "base_url"), "Write an address such as https://rapport.example.org, without a path."
        )
    elif parts.scheme == "http" and parts.hostname not in ("127.0.0.1", "localhost", "::1"):
        reader.say(("site", "base_url"), "People's words travel in the open without https.", "warning")
    return url


def _hours(reader: Reader) -> tuple[dict[int, tuple[Span, ...]], bool, frozenset[date]]:
    week = {number: _day(reader, ("hours", day)) for number, day in enumerate(DAYS)}
    if not any(week.values()):
        reader.say(("hours",), "There must be some open hours in a week.")
    closures: set[date] = set()
    for entry in reader.value(list, ("hours", "closed"), []):
        try:
            first, _dots, last = str(entry).partition("..")
            day, end = date.fromisoformat(first.strip()), date.fromisoformat((last or first).strip())
        except ValueError:
            reader.say(
                ("hours", "closed"), f'{entry} is not a day. Write "2026-12-24" or "2026-12-27..2026-12-31".'
            )
            continue
        if not timedelta() <= end - day <= timedelta(days=60):
            reader.say(("hours", "closed"), f"{entry}: the last day must follow the first, within 60 days.")
            continue
        closures.update(day + timedelta(days=n) for n in range((end - day).days + 1))
    return week, reader.value(bool, ("hours", "holidays"), True), frozenset(closures)


def _day(reader: Reader, path: tuple[str, ...]) -> tuple[Span, ...]:
    spans: list[Span] = []
    for entry in reader.value(list, path, []):
        span = span_of(entry)
        ends_at_midnight = span is not None and span[1] == time(0)
        if span is None or not (ends_at_midnight or span[0] < span[1]):
            reader.say(path, f'{entry!r} is not an opening. Write "08:00-18:00".')
        elif spans and (spans[-1][1] == time(0) or span[0] < spans[-1][1]):
            reader.say(path, f"{entry!r} begins before the one in front of it ends.")
        else:
            spans.append(span)
    return tuple(spans)


def span_of(entry: object) -> Span | None:
    """Two clock times out of `08:00-18:00`; None for anything else. 24:00 is the end of the day, as 00:00."""
    found = _SPAN.match(entry) if isinstance(entry, str) else None
    if not found:
        return None
    a, b, c, d = (int(part) for part in found.groups())
    if (c, d) == (24, 0):
        c = 0
    return (time(a, b), time(c, d)) if a < 24 and c < 24 and b < 60 and d < 60 else None


def _teams(reader: Reader, languages: tuple[str, ...]) -> tuple[Team, ...]:
    teams = []
    for ident in reader.table("teams"):
        path = ("teams", ident)
        reader.table(*path, known=TEAM)
        if not _ID.match(ident):
            reader.say(path, "Call a team by small letters, digits and hyphens.")
        lead = reader.value(str, (*path, "lead"), "")
        chain = reader.value(list, (*path, "escalation"), [])
        for key, position in (("lead", lead), *(("escalation", step) for step in chain)):
            if position and not (isinstance(position, str) and settings_listening.POSITION.match(position)):
                words = f"{position!r} is not a position such as PractitionerRole/dara-practice."
                reader.say((*path, key), words)
        if not lead:
            reader.say(
                (*path, "lead"), "Nobody leads this team: late questions have nowhere to go.", "warning"
            )
        teams.append(
            Team(f"Organization/{ident}", reader.words((*path, "name"), languages), lead, tuple(chain))
        )
    if not teams:
        reader.say(("teams",), "There must be a team, such as [teams.practice].")
    return tuple(teams)


def _topics(reader: Reader, languages: tuple[str, ...], teams: set[str]) -> tuple[Topic, ...]:
    topics = []
    for ident in reader.table("topics"):
        path = ("topics", ident)
        reader.table(*path, known=TOPIC)
        if not _ID.match(ident):
            reader.say(path, "Call a topic by small letters, digits and hyphens.")
        team = f"Organization/{reader.value(str, (*path, 'team'))}"
        if team not in teams:
            reader.say((*path, "team"), f"There is no team {team.partition('/')[2]!r} above.")
        topics.append(
            Topic(
                id=ident,
                label=reader.words((*path, "label"), languages),
                hint=reader.words((*path, "hint"), languages, needed=False),
                team=team,
                accept_hours=reader.number((*path, "accept_hours"), 4, 0.25, 200),
                answer_hours=reader.number((*path, "answer_hours"), 16, 0.25, 400),
            )
        )
    if not topics:
        reader.say(("topics",), "There must be a topic, such as [topics.health].")
    return tuple(topics)


def _rest(reader: Reader, country: str, languages: tuple[str, ...]) -> dict[str, Any]:
    quiet = span_of(reader.value(str, ("notices", "quiet"), "21:00-08:00"))
    if quiet is None:
        reader.say(("notices", "quiet"), 'Write two times, such as "21:00-08:00".')
    days = reader.value(list, ("concerns", "reminder_days"), [3, 7])
    if not all(isinstance(day, int) and 0 < day < 60 for day in days):
        reader.say(("concerns", "reminder_days"), "Write days, such as [3, 7].")
        days = []
    return {
        "crisis": _crisis(reader, country, languages),
        "alerts": settings_listening.alerts(reader),
        "drafting": settings_listening.drafting(reader),
        "mail": _mail(reader),
        "quiet": quiet or (time(21), time(8)),
        "batch_minutes": reader.whole(("notices", "batch_minutes"), 10, 0, 240),
        "staff_idle_minutes": reader.whole(("sign_in", "staff_idle_minutes"), 15, 1, 60),
        "patient_idle_minutes": reader.whole(("sign_in", "patient_idle_minutes"), 30, 1, 120),
        "longest_hours": reader.whole(("sign_in", "longest_hours"), 12, 1, 24),
        "invitation_days": reader.whole(("sign_in", "invitation_days"), 14, 1, 60),
        "reminder_days": tuple(sorted(days)),
        "no_reply_days": reader.whole(("concerns", "no_reply_days"), 14, 1, 365),
    }


def _crisis(reader: Reader, country: str, languages: tuple[str, ...]) -> Crisis:
    usual = countries().get(country, {})
    crisis = Crisis(
        emergency=reader.value(str, ("crisis", "emergency"), usual.get("emergency", "")),
        talk=reader.value(str, ("crisis", "talk"), usual.get("talk", "")),
        talk_name=reader.value(str, ("crisis", "talk_name"), usual.get("talk_name", "")),
        text=reader.words(("crisis", "text"), languages, needed=False),
    )
    if not crisis.emergency:
        words = "We know no emergency number for this country, so pages can name none. Write it here."
        reader.say(("crisis", "emergency"), words, "warning")
    if not crisis.talk:
        words = "We know no number of someone to talk to in this country. Write one here."
        reader.say(("crisis", "talk"), words, "warning")
    return crisis


def _mail(reader: Reader) -> MailServer:
    security = reader.value(str, ("mail", "security"), "starttls")
    if security not in ("starttls", "tls", "none"):
        reader.say(("mail", "security"), 'Write "starttls", "tls" or "none".')
    sender = reader.value(str, ("mail", "sender"), "Rapport <no-reply@example.org>")
    if "@" not in sender or "\n" in sender:
        reader.say(("mail", "sender"), "Write an e-mail address.")
    return MailServer(
        sender=sender,
        host=reader.value(str, ("mail", "host"), ""),
        port=reader.whole(("mail", "port"), 587, 1, 65535),
        user=reader.value(str, ("mail", "user"), ""),
        security=security,
    )


@lru_cache(maxsize=1)
def countries() -> Mapping[str, Mapping[str, Any]]:
    """Numbers for help by country, with sources and the day they were read (`data/countries.toml`)."""
    return tomllib.loads(files("rapport.people").joinpath("data/countries.toml").read_text("utf-8"))


def _holidays_known(country: str, region: str) -> bool:
    import holidays

    known = holidays.list_supported_countries()
    return country in known and (not region or region in known[country])


def _closed(closures: frozenset[date], country: str, region: str, *, public: bool) -> Callable[[date], bool]:
    import holidays

    days = holidays.country_holidays(country, subdiv=region or None) if public else ()
    return lambda day: day in closures or day in days
