"""A crowd: many patients who write a lot, in shapes that conversations make themselves.

The shape per person stays the same whatever the number of messages, as it does in life: more messages
are more patients, and more teams to look after them.
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from django.db import connection, transaction

from rapport.people import accounts, asking, site
from rapport.people.models import User
from rapport.pillars.conversations import finding
from rapport.pillars.conversations.rules.clocks import Clocks
from rapport.pillars.conversations.rules.moves import Step, take_step
from rapport.pillars.conversations.shapes import letters
from rapport.pillars.conversations.shapes.concerns import concern
from rapport.pillars.conversations.shapes.events import By
from rapport.store.records import Write
from rapport.store.writing import write

PATIENTS_A_TEAM = 50
CONVERSATIONS = 20  # a patient
LETTERS = 10  # a conversation, half of them the team's
OPEN = 2  # conversations of a patient with an open question
BATCH = 4000  # resources sent to the database at a time
WORDS = [
    *(
        "since",
        "yesterday",
        "the",
        "new",
        "tablet",
        "and",
        "I",
        "feel",
        "dizzy",
        "when",
        "standing",
        "up",
        "in",
    ),
    *(
        "the",
        "morning",
        "my",
        "daughter",
        "says",
        "that",
        "water",
        "before",
        "breakfast",
        "helps",
        "could",
        "it",
    ),
    *("be", "the", "heart", "or", "pressure", "please", "tell", "me", "what", "to", "do", "next", "week"),
]


@dataclass(frozen=True, slots=True)
class Crowd:
    """Who is there: references, and how many messages were stored in how many seconds."""

    patients: Sequence[str]
    staff: Sequence[str]
    messages: int
    resources: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Team:
    ref: str
    nurse: str
    position: str


def gather(messages: int, seed: int = 7) -> Crowd:
    """Store a crowd that has written so many messages (a multiple of 200), teams and accounts included."""
    count = max(1, messages // (CONVERSATIONS * LETTERS))
    chance = random.Random(seed)
    teams = _teams(-(-count // PATIENTS_A_TEAM))
    patients = [f"crowd-{number}" for number in range(count)]
    _people(patients, teams)
    began, stored, batch = time.perf_counter(), 0, []
    clocks = finding.clocks(site.current().topics[0].id)
    for number, rid in enumerate(patients):
        batch += _letters(rid, teams[number // PATIENTS_A_TEAM], clocks, chance)
        if len(batch) >= BATCH or number == count - 1:
            stored += _store(batch)
            batch = []
            print(f"\r  {number + 1:,} of {count:,} patients", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    spent = time.perf_counter() - began
    _settle()
    return Crowd(
        tuple(f"Patient/{rid}" for rid in patients),
        tuple(team.nurse for team in teams),
        count * CONVERSATIONS * LETTERS,
        stored,
        spent,
    )


def _settle() -> None:
    """As it would be after a night: statistics known, visibility maps filled."""
    connection.ensure_connection()
    connection.connection.execute("VACUUM ANALYZE")


def _teams(count: int) -> list[Team]:
    found = []
    with transaction.atomic():
        door = asking.at_work("bench")
        for number in range(count):
            new = accounts.NewStaff(
                f"nurse{number}@example.org", f"Nurse {number}", "nurse", f"team-{number}", ("lead",)
            )
            user, position = accounts.add_staff(door, new)
            found.append(Team(f"Organization/team-{number}", user.person, position))
    return found


def _people(patients: list[str], teams: list[Team]) -> None:
    """Patients and their care teams, through the door: that is what grants come from."""
    for start in range(0, len(patients), 200):
        with transaction.atomic():
            door = asking.at_work("bench")
            with door.unit("the crowd"):
                for number, rid in enumerate(patients[start : start + 200], start):
                    team = teams[number // PATIENTS_A_TEAM].ref
                    door.create(_patient(rid, number), rid=rid)
                    door.create(_care_team(rid, team), rid=f"care-{rid}")
    User.objects.bulk_create(
        User(
            email=f"{rid}@example.org",
            person=f"Patient/{rid}",
            display_name=f"Person {number}",
            password="!",
            language="en",
        )
        for number, rid in enumerate(patients)
    )


def _patient(rid: str, number: int) -> dict[str, Any]:
    return {
        "resourceType": "Patient",
        "id": rid,
        "active": True,
        "name": [{"family": f"Number {number}", "given": ["Person"]}],
        "gender": "female" if number % 2 else "male",
        "birthDate": f"{1930 + number % 80}-0{1 + number % 9}-1{number % 10}",
    }


def _care_team(rid: str, team: str) -> dict[str, Any]:
    return {
        "resourceType": "CareTeam",
        "id": f"care-{rid}",
        "status": "active",
        "subject": {"reference": f"Patient/{rid}"},
        "participant": [{"member": {"reference": team}}],
    }


def _letters(rid: str, team: Team, clocks: Clocks, chance: random.Random) -> Iterator[dict[str, Any]]:
    """All that one patient and the team wrote: conversations, letters, questions."""
    now = datetime.now(UTC).replace(microsecond=0)
    for number in range(CONVERSATIONS):
        is_open = number < OPEN
        start = now - timedelta(days=number * 17 + chance.random() if number else chance.random() * 0.2)
        yield from _conversation(f"{rid}-c{number}", rid, team, clocks, chance, start, is_open=is_open)


def _conversation(
    name: str,
    rid: str,
    team: Team,
    clocks: Clocks,
    chance: random.Random,
    start: datetime,
    *,
    is_open: bool,
) -> Iterator[dict[str, Any]]:
    patient, header = f"Patient/{rid}", f"Communication/{name}"
    nurse = (team.position, "Nurse")
    yield letters.header(
        name,
        patient=patient,
        title=_said(chance, 6),
        topic=site.current().topics[0].id,
        recipients=[(team.ref, "Team")],
        sender=(patient, ""),
        at=start,
        is_open=is_open,
    )
    asked = concern(
        f"{name}-q",
        conversation=header,
        letter=f"Communication/{name}-l0",
        patient=patient,
        requester=patient,
        team=team.ref,
        words=_said(chance, 9),
        at=start,
        take_by=clocks.take_by(start),
        answer_by=clocks.answer_by(start),
    )
    for number in range(LETTERS):
        theirs = number % 2 == 1
        at = start + timedelta(minutes=11 * number)
        yield letters.message(
            f"{name}-l{number}",
            conversation=header,
            patient=patient,
            sender=nurse if theirs else (patient, ""),
            recipients=[patient] if theirs else [team.ref],
            at=at,
            text=_said(chance, chance.randint(12, 60)),
            about=[f"Task/{name}-q"] if theirs and number == 1 and not is_open else [],
        )
    if not is_open:
        by = By(team.nurse, "Nurse")
        at = start + timedelta(minutes=11)
        asked = take_step(asked, Step("taken", by, at, to=nurse), clocks)
        asked = take_step(
            asked, Step("answered", by, at, to=nurse, letter=f"Communication/{name}-l1"), clocks
        )
        asked = take_step(asked, Step("confirmed", By(patient, "Person"), at + timedelta(hours=1)), clocks)
    yield asked


def _said(chance: random.Random, count: int) -> str:
    text = " ".join(chance.choices(WORDS, k=count))
    return text[0].upper() + text[1:] + "."


def _store(bodies: list[dict[str, Any]]) -> int:
    """Straight into the store: what the door would check has been made right, and there is a lot of it."""
    writes = [Write(raw=orjson.dumps(body), resource=body, rid=body["id"]) for body in bodies]
    with transaction.atomic():
        connection.connection.execute("SET LOCAL synchronous_commit = off")
        write(connection.connection, writes)
    return len(writes)
