"""Puts the people of the demo into an empty database. Doing it again, after a crash too, doubles nothing."""

from __future__ import annotations

import tomllib
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import Any

from allauth.account.models import EmailAddress
from django.db import transaction

from rapport.gate.door import Door
from rapport.people import absences, accounts, asking, site
from rapport.people.models import Mark, User
from rapport.serving.demo import record
from rapport.serving.demo.stage import Stage
from rapport.serving.demo.stories import STORIES

Told = dict[str, Any]


@cache
def people() -> Told:
    """Who they are, as `people.toml` tells it."""
    found: Told = tomllib.loads(_text("people.toml"))
    return found


def _text(name: str) -> str:
    return files("rapport.serving.demo").joinpath(name).read_text("utf-8")


def seed(now: datetime | None = None) -> list[str]:
    """Tell everything that was not told before; the names of what was."""
    now = now or datetime.now(UTC)
    parts: list[tuple[str, Any]] = [("people", lambda: _people(now))]
    parts += [(story.__name__, lambda story=story: story(Stage(now, story.__name__))) for story in STORIES]
    parts.append(("away", lambda: _away(now)))
    done = []
    for name, tell in parts:
        with transaction.atomic():
            _mark, is_new = Mark.objects.get_or_create(name=f"demo:{name}")
            if is_new:
                tell()
                done.append(name)
    return done


def _people(now: datetime) -> None:
    """Settings, staff and their teams, patients with their records and accounts."""
    site.load(_text("site.toml"), "Device/rapport-demo", "the demo's settings")
    site.forget()
    door = asking.at_work("demo")
    with door.unit("the demo's people"):
        staff = {key: _staff(door, told) for key, told in people()["staff"].items()}
        teams = {
            team.ref.partition("/")[2]: site.current().say(team.name, "en") for team in site.current().teams
        }
        for rid, told in people()["patients"].items():
            for body in _bodies(rid, told, staff, teams, now):
                door.create(body, rid=body["id"])
            if told.get("account", True):
                _account(rid, told)


def _staff(door: Door, told: Told) -> tuple[str, str]:
    """A member of staff with an account: (reference, name)."""
    team, duties = told.get("team", ""), tuple(told.get("duties", ()))
    new = accounts.NewStaff(told["email"], told["name"], told["role"], team, duties)
    user, _position = accounts.add_staff(door, new)
    if "also" in told:
        accounts.add_position(door, user.person, told["role"], told["also"])
    EmailAddress.objects.filter(user=user).update(verified=True)
    return user.person, user.display_name


def _bodies(rid: str, told: Told, staff: dict[str, Any], teams: dict[str, str], now: datetime) -> list[Told]:
    today = now.astimezone(site.current().zone).date()
    relatives = [record.kin(rid, told, number, today) for number in range(len(told.get("kin", ())))]
    return [
        record.patient(rid, told, today),
        *relatives,
        record.care_team(rid, told, staff, teams),
        *record.facts(rid, told, staff, today),
        *record.matters(rid, told, today),
        *record.goals(rid, told, staff, today),
    ]


def _account(rid: str, told: Told) -> None:
    name = f"{told['given'][0]} {told['family']}"
    user = User.objects.create_user(
        f"{_mailbox(rid)}@example.org",
        f"Patient/{rid}",
        display_name=name,
        language=told.get("language", "en"),
    )
    EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=True)


def _mailbox(rid: str) -> str:
    """`amina.haddad` of `amina-haddad`; first and last word of longer ones."""
    special = {"maria-jose-ortega": "maria.ortega", "yusuf-al-amin": "yusuf.alamin"}
    return special.get(rid, rid.replace("-", "."))


def _away(now: datetime) -> None:
    """Jonas is away today and tomorrow; Dara stands in for him."""
    today = now.astimezone(site.current().zone).date()
    away, cover = (
        User.objects.get(email=people()["staff"][key]["email"]).person for key in ("jonas", "dara")
    )
    absences.set_absence(away, today, today + timedelta(days=1), cover, "Device/rapport-demo")
