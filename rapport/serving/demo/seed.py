"""Puts the people of the demo into an empty database. Doing it again, after a crash too, doubles nothing."""

from __future__ import annotations

import json
import tomllib
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import Any

from allauth.account.models import EmailAddress
from django.db import transaction

from rapport.gate.actor import Actor
from rapport.gate.door import Door
from rapport.people import absences, accounts, actors, asking, site
from rapport.people.models import Mark, Standing, User
from rapport.pillars.circle import actions as circle
from rapport.pillars.circle.shapes import Authority, Choice
from rapport.pillars.hard_news import actions as hard_news
from rapport.pillars.hard_news.shapes import Wish
from rapport.pillars.plans import actions as plans
from rapport.pillars.plans.shapes import careplans
from rapport.pillars.plans.shapes.days import Wish as Times
from rapport.serving.demo import record
from rapport.serving.demo.family import family
from rapport.serving.demo.stage import Stage
from rapport.serving.demo.stories import STORIES
from rapport.serving.demo.stories.who import AMINA, CHEN, DARA

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
    parts += [("plans", lambda: _plans(now))]
    parts += [
        ("circle", lambda: _circle(now)),
        ("away", lambda: _away(now)),
        ("hearing", lambda: _hearing(now)),
        ("agents", lambda: _agents(now)),
    ]
    parts += [("family", family)]
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
        *record.reached(rid, told, today),
        *record.goals(rid, told, staff, today),
        *record.supplies(rid, told, today),
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


def _plans(now: datetime) -> None:
    """The templates that a team chooses from, and what Amina got of one: she has answered some of it."""
    door = asking.at_work("demo")
    with door.unit("the demo's templates"):
        for body in json.loads(_text("plans.json")):
            door.create(body, rid=body["id"])
    stage, amina = Stage(now), "Patient/amina-haddad"
    parts = {
        "weigh": careplans.Chosen("Weigh yourself before breakfast, and write it down", "goal-1", ("08:00",)),
        "walk": careplans.Chosen(
            "Walk to the harbour, a little further each week", "Goal/amina-haddad-goal-0"
        ),
        "salt": careplans.Chosen("Look at the salt on three things you eat often"),
    }
    with stage.acting(DARA, stage.now) as door:
        choice = careplans.Choice({"goal-1": "To climb the stairs to my flat without stopping"}, parts)
        rid = plans.apply(door, once="demo", patient=amina, template="heart-at-home", choice=choice)
    with stage.acting(AMINA, stage.now) as door:
        for key in ("weigh", "walk"):
            plans.answer(door, patient=amina, plan=rid, key=key, state="going")
    _rosas_plan(stage)


def _rosas_plan(stage: Stage) -> None:
    """What her doctor proposed to Rosa after her last fall, in her language: one part waits for her word."""
    rosa, aim = "Patient/rosa-vidal", "Goal/rosa-vidal-goal-0"
    parts = {
        "levantarse": careplans.Chosen("Levantarme de la silla diez veces, sin manos", aim, ("11:00",)),
        "alfombras": careplans.Chosen("Quitar la alfombra del pasillo", aim),
        "gimnasia": careplans.Chosen("Gimnasia en grupo, los martes por la tarde", aim),
    }
    with stage.acting(CHEN, stage.now) as door:
        choice = careplans.Choice({}, parts)
        rid = plans.apply(door, once="demo rosa", patient=rosa, template="paso-firme", choice=choice)
    with stage.acting("rosa.vidal", stage.now) as door:
        for key, state in (("levantarse", "going"), ("alfombras", "done")):
            plans.answer(door, patient=rosa, plan=rid, key=key, state="going")
            if state != "going":
                plans.answer(door, patient=rosa, plan=rid, key=key, state=state)
        levodopa = Times(
            "MedicationRequest/rosa-vidal-medicine-0",
            "Levodopa",
            ("07:00", "10:00", "13:00", "16:00", "19:00"),
        )
        plans.choose(door, patient=rosa, wishes=[levodopa], helpers=["RelatedPerson/rosa-vidal-elena"])


def _circle(now: datetime) -> None:
    """Who of the family has a way in, and what each patient shares with them; Bilal has two of them."""
    for rid, told in people()["patients"].items():
        for person in told.get("kin", ()):
            if "email" in person:
                _lets_in(Stage(now), rid, told, person)
    stage = Stage(now, "bilal")
    sent = stage.starts(
        "bilal.haddad",
        stage.day(0, "08:50"),
        "visits",
        "I drive my mother to the nurse. Can I come along into the room? She forgets half of it from worry.",
        ["Can I come along into the room?"],
        "Coming along to the nurse",
    )
    stage.opens(DARA, stage.day(0, "09:05"), sent)


def _lets_in(stage: Stage, rid: str, told: Told, person: Told) -> None:
    ref = f"RelatedPerson/{record.kin_id(rid, person)}"
    with stage.acting(_mailbox(rid), stage.now) as door:
        choice = Choice(dict.fromkeys(person["sees"]), writes=person.get("writes", False))
        circle.share(door, member=ref, choice=choice)
    user = User.objects.filter(email=person["email"]).first()
    if user is not None:
        Standing.objects.create(user=user, person=ref)
        return
    name = f"{person['given']} {person['family']}"
    user = User.objects.create_user(person["email"], ref, display_name=name, language="en")
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


def _hearing(now: datetime) -> None:
    """Amina said how she wants to hear of a scan, and one is there; Tomas heard hard news yesterday."""
    desk = _colleague("chen").positions[0]
    stage = Stage(now)
    words = "Say it straight, then give me a minute."
    said = Wish("scans", "call", "afternoon", 3, desk, "Dr Mei Chen", "Bilal, my son", words)
    with stage.acting("amina.haddad", now) as door:
        hard_news.wish(door, patient="Patient/amina-haddad", said=said)
    body = record.scan("amina-haddad", now)
    asking.at_work("import").create(body, rid=body["id"])
    again = datetime.now(UTC) + timedelta(hours=30)
    hers = Door(asking.conn(), _colleague("dara"), unit=transaction.atomic)
    words = "I ring you tomorrow, Tomas, just to hear how the night was."
    hard_news.plan_check_in(hers, once="tomas", patient="Patient/tomas-reyes", again=again, words=words)


def _agents(now: datetime) -> None:
    """Who speaks for somebody by law, and the paper on which somebody said what they wish for later."""
    lead = Door(asking.conn(), _colleague("chen"), unit=transaction.atomic)
    today = now.astimezone(site.current().zone).date()
    for rid, told in people()["patients"].items():
        for person in told.get("kin", ()):
            if "agent" not in person:
                continue
            begins, ends = today - timedelta(days=30), today + timedelta(days=335)
            said = Authority("agent", person["agent"], begins, ends, signer=lead.actor.ref)
            member = record.kin_id(rid, person)
            circle.enter_authority(
                lead, once=f"demo agent {rid}", patient=f"Patient/{rid}", authority=said, member=member
            )
            paper = record.directive(rid, told, today)
            asking.at_work("import").create(paper, rid=paper["id"])


def _colleague(key: str) -> Actor:
    """A member of staff as they stand at the door."""
    user = User.objects.get(email=people()["staff"][key]["email"])
    return actors.actor_for(asking.conn(), user)
