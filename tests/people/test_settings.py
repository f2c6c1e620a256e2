"""The settings text: every mistake is named with its line; it can be seen, checked and loaded."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st

from rapport.fhir.outcomes import Refused
from rapport.people import settings_text, site
from rapport.people.models import SiteText
from rapport.serving import checks

from .conftest import Accounts, signed_in, words_of

USUAL = site.default_text()


def line_of(words: str) -> int:
    return USUAL[: USUAL.index(words)].count("\n") + 1


def changed(old: str, new: str) -> str:
    assert old in USUAL
    return USUAL.replace(old, new, 1)


def test_the_text_that_rapport_comes_with_is_right() -> None:
    parsed = site.parse(USUAL)
    assert [topic.id for topic in parsed.topics] == ["health", "medicines", "results", "visits"]
    for topic in parsed.topics:
        assert set(topic.label) == set(topic.hint) == {"en", "es", "fr"}
        assert parsed.team(topic.team) is not None
    assert all(issue.severity == "warning" for issue in site.check(USUAL))
    assert (parsed.crisis.emergency, parsed.crisis.talk) == ("999", "116 123")
    assert parsed.say(parsed.topics[0].label, "fr-CA").startswith("Une")
    assert parsed.say(parsed.topics[0].label, "de").startswith("A worry")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('time_zone = "Europe/London"', 'time_zone = "London"', "No time zone"),
        ('country = "GB"', 'country = "gb"', "two capital letters"),
        ('region = "ENG"', 'region = "XX"', "No public holidays"),
        ('languages = ["en", "es", "fr"]', 'languages = ["en", "tlh"]', "'tlh' is not one of"),
        ('monday = ["08:00-18:00"]', 'monday = ["18:00-08:00"]', "not an opening"),
        ('monday = ["08:00-18:00"]', 'monday = ["08:00-12:00", "11:00-18:00"]', "before the one in front"),
        ('monday = ["08:00-18:00"]', 'mondey = ["08:00-18:00"]', "Nothing is called 'mondey'"),
        ("closed = []", 'closed = ["2026-13-01"]', "is not a day"),
        ("closed = []", 'closed = ["2026-12-31..2026-12-01"]', "must follow the first"),
        ('team = "practice"', 'team = "front"', "no team 'front'"),
        ("accept_hours = 4", "accept_hours = 0", "between 0.25 and 200"),
        ("accept_hours = 4", 'accept_hours = "four"', "a number"),
        ('lead = ""', 'lead = "Dara"', "not a position"),
        ("reminder_days = [3, 7]", "reminder_days = [0]", "Write days"),
        ('quiet = "21:00-08:00"', 'quiet = "night"', "Write two times"),
        ("staff_idle_minutes = 15", "staff_idle_minutes = 600", "between 1 and 60"),
        ('security = "starttls"', 'security = "ssl"', '"starttls", "tls" or "none"'),
        ('sender = "Riverside Practice <no-reply@example.org>"', 'sender = "nobody"', "e-mail address"),
    ],
)
def test_each_mistake_is_named_with_its_line(old: str, new: str, words: str) -> None:
    found = [issue for issue in site.check(changed(old, new)) if issue.severity == "error"]
    assert len(found) == 1, found
    assert words in found[0].text
    assert found[0].path.startswith(f"line {line_of(old)}, ")


def test_every_mistake_at_once() -> None:
    text = changed('country = "GB"', 'country = "gb"').replace('security = "starttls"', 'security = "ssl"')
    text = text.replace('time_zone = "Europe/London"', "time_zone = 5")
    assert len([issue for issue in site.check(text) if issue.severity == "error"]) == 3


def test_broken_toml_is_named_with_its_line() -> None:
    issue = site.check(changed('country = "GB"', 'country = "GB'))[0]
    assert issue.path == f"line {line_of('country = ')}"


def test_what_is_missing_is_named_at_its_table() -> None:
    issue = next(issue for issue in site.check(changed('country = "GB"\n', "")) if issue.severity == "error")
    assert issue.path == f"line {line_of('[site]')}, site.country"
    assert [issue.text for issue in site.check("") if issue.severity == "error"]


@limits(max_examples=60, deadline=None)
@given(st.integers(0, len(USUAL) - 1), st.integers(1, 40), st.text(max_size=6))
def test_no_text_breaks_the_reader(start: int, length: int, put: str) -> None:
    text = USUAL[:start] + put + USUAL[start + length :]
    read, issues = settings_text.read(text)
    assert read is not None or any(issue.severity == "error" for issue in issues)
    assert all(issue.path.startswith("line ") for issue in issues)


def test_holidays_and_closures_close_the_day() -> None:
    from datetime import UTC, datetime

    text = changed("closed = []", 'closed = ["2026-12-29..2026-12-30"]')
    calendar = site.parse(text).calendar
    eve = datetime(2026, 12, 24, 17, 30, tzinfo=UTC)
    # 25 and 26 (28 in lieu) are holidays, 27 a Sunday, 29 and 30 closed
    assert calendar.add_working(eve, 1) == datetime(2026, 12, 31, 8, 30, tzinfo=UTC)
    assert site.parse(changed("holidays = true", "holidays = false")).calendar.is_open(
        datetime(2026, 12, 25, 12, tzinfo=UTC)
    )


def test_numbers_for_help_of_every_country_that_we_know() -> None:
    known = settings_text.countries()
    assert len(known) >= 12
    for code, facts in known.items():
        assert len(code) == 2 and facts["emergency"] and facts["read"] <= date.today()
        assert facts["emergency_source"].startswith("https://")
        assert ("talk" in facts) == ("talk_name" in facts) == ("talk_source" in facts)
        text = changed('country = "GB"', f'country = "{code}"').replace('region = "ENG"\n', "")
        assert site.parse(text).crisis.emergency == facts["emergency"]
    text = (
        changed('country = "GB"', 'country = "MN"')
        .replace('region = "ENG"\n', "")
        .replace("holidays = true", "holidays = false")
    )
    found = [issue for issue in site.check(text) if "crisis" in issue.path]
    assert [issue.severity for issue in found] == ["warning", "warning"]
    assert site.parse(text).crisis.emergency == ""  # a site goes on; its pages name no number


def test_a_site_without_numbers_says_so_to_people_and_to_who_starts_it(people: Accounts) -> None:
    text = changed('country = "GB"', 'country = "MN"').replace('region = "ENG"\n', "")
    site.load(text.replace("holidays = true", "holidays = false"), by="tests")
    said = words_of(Client().get("/help/"))
    assert "Ring your local emergency number" in said and "someone you trust" in said and "Call" not in said
    amina = signed_in(people, people.amina)
    assert "In danger, ring your local emergency number." in words_of(amina.get("/"))
    assert "In danger right now? Ring your local emergency number." in amina.get("/").content.decode()
    assert "ring your local emergency number. We do not read" in words_of(amina.get("/messages/new/"))
    assert "your local emergency number" in words_of(Client().get("/nothing-here/"))
    told = "\n".join(checks.findings())
    assert "crisis.emergency: We know no emergency number" in told and "crisis.talk" in told


def test_load_keeps_the_versions_before(people: Accounts) -> None:
    site.load(changed("Riverside Practice", "Harbour Street"), by="tests")
    site.forget()
    assert site.current().name == "Harbour Street"
    with pytest.raises(Refused):
        site.load(changed('country = "GB"', 'country = "gb"'), by="tests")
    site.load(USUAL, by="tests")
    assert SiteText.objects.count() == 2


def test_the_page_of_settings(people: Accounts) -> None:
    client = signed_in(people, people.chen)
    page = client.get("/settings/")
    assert "Nobody leads this team" in words_of(page)
    text = changed("Riverside Practice", "Harbour Street")
    assert (
        client.post("/settings/", {"text": text.replace("\n", "\r\n"), "why": "Our name"}).status_code == 302
    )
    assert site.text_in_force() == text
    wrong = client.post("/settings/", {"text": changed('country = "GB"', 'country = "gb"')})
    assert wrong.status_code == 422
    assert f"line {line_of('country = ')}, site.country" in words_of(wrong)
    assert "Dr Mei Chen: Our name" in words_of(client.get("/settings/"))


def test_the_commands(people: Accounts, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("settings", "show")
    assert capsys.readouterr().out.strip() == USUAL.strip()
    file = tmp_path / "site.toml"
    file.write_text(changed('country = "GB"', 'country = "gb"'))
    with pytest.raises(CommandError) as refused:
        call_command("settings", "check", str(file))
    assert f"line {line_of('country = ')}" in str(refused.value) and refused.value.returncode == 1
    file.write_text(changed("Riverside Practice", "Harbour Street"))
    call_command("settings", "load", str(file), "--json")
    assert json.loads(capsys.readouterr().out)["issues"]
    assert site.text_in_force() == file.read_text()
    with pytest.raises(CommandError):
        call_command("settings", "check", str(tmp_path / "absent.toml"))
