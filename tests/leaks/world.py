"""Two people with marked records of the same shape, everybody around them, and their ways in.

Seeded once a run into a template; each test has a copy of it. Amina's is the record that others try to see;
Eve's has the same shape, so that whoever asks finds as much of their own as there is to be hidden.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import orjson
from django.conf import settings
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from rapport.gate.actor import Actor
from rapport.gate.door import Door
from rapport.people import accounts, actors, asking, factors, leavers, notices, site, tokens
from rapport.people.models import User
from rapport.pillars.conversations import actions
from rapport.store.records import Write
from rapport.store.writing import write
from tests import personas
from tests.conversations.conftest import SITE
from tests.gate.consent.test_consent import consent, deny, permit
from tests.leaks import marks
from tests.leaks.marks import AMINA, EVE, NAME, Json, Shelf, Whose
from tests.personas import TEAM, People

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 16
ALL = ("identity", "conversations", "appointments", "what-matters", "plan", "health-record", "decisions",
       "learning", "practical-help")  # fmt: skip
#: Family of Amina by what she shares with each: name → provision and status of her Consent, None for none.
KIN: dict[str, tuple[Json, str] | None] = {
    "kin-none": None,
    "kin-all": (permit("RelatedPerson/kin-all", *ALL), "active"),
    "kin-some": (permit("RelatedPerson/kin-some", "conversations", "appointments"), "active"),
    "kin-ended": (permit("RelatedPerson/kin-ended", *ALL, period={"end": "2024-01-01"}), "active"),
    "kin-paused": (permit("RelatedPerson/kin-paused", *ALL), "inactive"),
    "kin-denied": (
        {**permit("RelatedPerson/kin-denied", *ALL), "provision": [deny("RelatedPerson/kin-denied")]},
        "active",
    ),
    "parent": (permit("RelatedPerson/parent", *ALL, role="PRN"), "active"),
}
#: Staff beyond the usual people: role, team, duty.
STAFF = {
    "lead": ("GP", personas.OTHER_TEAM, "lead"),
    "privacy": ("officer", "Organization/site", "privacy"),
    "leaver": ("nurse", TEAM, ""),
}
#: Programs: their scopes.
CLIENTS = {
    "program": "system/*.cruds",
    "reader": "system/*.rs",
    "narrow": "system/Observation.rs",
    "laboratory": "system/Observation.rs?category=laboratory",
    "writer": "system/*.cud",
    "finder": "system/*.s",
}


@dataclass
class World:
    """What a test needs to know of the seeded record; `ways in` by name of who has them.

    tokens   bearer tokens     cookies  sign-ins
    pages    ids that stand in addresses of pages, of each person
    """

    tokens: dict[str, str] = field(default_factory=dict)
    cookies: dict[str, str] = field(default_factory=dict)
    pages: dict[str, list[str]] = field(default_factory=dict)

    def client(self, who: str) -> Client:
        """A browser of somebody who is signed in; of nobody for a name without a sign-in."""
        browser = Client(raise_request_exception=False)
        if who in self.cookies:
            browser.cookies[settings.SESSION_COOKIE_NAME] = self.cookies[who]
        return browser


def seed() -> World:
    """Fill the database that Django is connected to."""
    site.load(SITE, by="tests")
    site.forget()
    connection.ensure_connection()
    door = asking.at_work("tests")
    with door.unit("the two and everybody around them"):
        for body in _bodies():
            door.create(body, rid=body["id"])
    for whose, other in ((EVE, AMINA), (AMINA, EVE)):
        _store(whose, pointing(whose, other))
    world = World()
    for name, ref in _persons().items():
        _account(world, name, ref)
    for name, scopes in CLIENTS.items():
        client, _ = tokens.add_client(name, scopes, "tests")
        world.tokens[name] = tokens.issue_to_client(client, scopes)
    for whose in (EVE, AMINA):
        world.pages[whose.word] = _talk(whose)
    leavers.leave(asking.at_work("tests"), User.objects.get(person="Practitioner/leaver"))
    world.tokens["revoked"] = tokens.issue_for(User.objects.get(person="Practitioner/dara"), by="tests")
    tokens.Token.objects.filter(hash=tokens.digest(world.tokens["revoked"])).update(revoked_at=timezone.now())
    return world


# ---------------------------------------------------------------- people


def patient(whose: Whose, born: str = "1968-03-14") -> Json:
    """Themselves: marked, alive, of age."""
    made = marks.resource(whose, Shelf("Patient", "o"))
    for name in ("deceasedBoolean", "deceasedDateTime", "link", "meta"):
        made.pop(name, None)
    name = [{"family": whose.text(NAME), "given": [whose.text(NAME)]}]
    return made | {"id": whose.ref.partition("/")[2], "active": True, "birthDate": born, "name": name}


def _bodies() -> list[Json]:
    theirs = {"amina": AMINA, "eve": EVE}
    found = []
    for body in personas.bodies():
        if body["resourceType"] == "RelatedPerson":
            continue
        if body["resourceType"] == "Patient":
            body = patient(theirs[body["id"]])
        if body["resourceType"] == "CareTeam":
            found.append(_care_team(EVE))
            body = _care_team(AMINA)
        found.append(body)
    for name, (role, team, duty) in STAFF.items():
        found += _colleague(name, role, team, duty)
    for name, said in KIN.items():
        found.append(_kin(name))
        if said:
            found.append(_consent(name, *said))
    return found


def _care_team(whose: Whose) -> Json:
    text = whose.text(Shelf("CareTeam", "o"))
    members = [{"member": {"reference": TEAM, "display": text}}]
    return {
        "resourceType": "CareTeam", "id": f"team-of-{whose.word}", "status": "active", "name": text,
        "subject": {"reference": whose.ref}, "participant": members,
    }  # fmt: skip


def _colleague(name: str, role: str, team: str, duty: str) -> list[Json]:
    codes = [{"coding": [{"system": "urn:rapport:duty", "code": duty}]}] if duty else []
    person = {"resourceType": "Practitioner", "id": name, "active": True, "name": [{"text": name}]}
    position = {
        "resourceType": "PractitionerRole", "id": name, "active": True, "organization": {"reference": team},
        "practitioner": {"reference": f"Practitioner/{name}"}, "code": [{"text": role}, *codes],
    }  # fmt: skip
    return [person, position]


def _kin(name: str) -> Json:
    return {
        "resourceType": "RelatedPerson", "id": name, "active": True, "patient": {"reference": AMINA.ref},
        "relationship": [{"text": "family"}], "name": [{"text": f"{name} of the family"}],
    }  # fmt: skip


def _consent(name: str, provision: Json, status: str) -> Json:
    text = AMINA.text(Shelf("Consent", "o"))
    by_law = {
        "sourceAttachment": {"title": text},
        "verification": [{"verified": True, "verificationDate": "2026-01-01"}],
    }
    return {**consent(provision), "id": f"says-{name}", "status": status, **by_law}


def _persons() -> dict[str, str]:
    usual = {"amina": People.amina, "eve": People.eve, "chen": People.chen, "dara": People.dara,
             "other_team": People.eve_staff, "operator": People.root}  # fmt: skip
    found = {name: actor.ref for name, actor in usual.items()}
    found |= {name: f"RelatedPerson/{name}" for name in KIN}
    return found | {name: f"Practitioner/{name}" for name in STAFF}


def _account(world: World, name: str, ref: str) -> None:
    user = User.objects.create_user(f"{name}@example.org", ref, display_name=name)
    accounts.EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=True)
    world.tokens[name] = tokens.issue_for(user, by="tests")
    browser = Client()
    browser.force_login(user)
    session = browser.session
    session[factors.SHOWN] = user.pk
    session.save()
    world.cookies[name] = browser.cookies[settings.SESSION_COOKIE_NAME].value


# ---------------------------------------------------------------- what the two have


def pointing(whose: Whose, other: Whose) -> Json:
    """A list of somebody's that points into the other's record: by mistake, or to find out what is there."""
    items = [{"item": {"reference": f"{rtype}/{other.rid(rtype)}"}} for rtype in marks.MARKED]
    return {
        "resourceType": "List", "id": POINTING.format(whose.word), "status": "current", "mode": "working",
        "subject": {"reference": whose.ref}, "entry": [{"item": {"reference": other.ref}}, *items],
    }  # fmt: skip


#: The id of that list.
POINTING = "{}-pointing"


def _store(whose: Whose, more: Json) -> None:
    """The marked record, each resource in two versions, as an import leaves it; and one resource more."""
    pairs = [*marks.record(whose), (more, more)]
    with transaction.atomic():
        first = [Write(orjson.dumps(body), body, body["id"]) for body, _ in pairs]
        there = write(connection.connection, first)
        then = [
            Write(orjson.dumps(body), body, body["id"], record)
            for (_, body), record in zip(pairs, there, strict=True)
        ]
        write(connection.connection, then)


def _door(ref: str) -> Door:
    user = User.objects.get(person=ref)
    actor: Actor = actors.actor_for(asking.conn(), user)
    return Door(asking.conn(), actor, unit=transaction.atomic)


def _talk(whose: Whose) -> list[str]:
    """Everything that a conversation can hold; the ids that stand in its addresses."""
    text, note, asked = (whose.text(Shelf(*of)) for of in SAID)
    own, dara = _door(whose.ref), _door("Practitioner/dara")
    file = actions.Upload(
        f"{whose.text(Shelf('Binary', 'o'))}.png", PNG + whose.text(Shelf("Binary", "o")).encode()
    )
    sent = actions.start(
        own, once=f"first of {whose.word}", topic="health", text=f"{text} one. {asked} two. {asked} three?",
        concerns=(f"{asked} two.", f"{asked} three?"), title=text, files=(file,),
    )  # fmt: skip
    talk = sent.conversation
    actions.note(dara, once=f"note of {whose.word}", conversation=talk, text=f"{note} among us")
    actions.promise(
        dara, once=f"promise of {whose.word}", conversation=talk, text=f"{asked} promised",
        due=timezone.now() + timedelta(days=3),
    )  # fmt: skip
    actions.take(dara, concern=sent.concerns[0])
    actions.answer(
        dara,
        once=f"answer of {whose.word}",
        conversation=talk,
        concerns=sent.concerns[:1],
        text=f"{text} answer",
    )
    other = actions.start(
        own, once=f"second of {whose.word}", topic="health", text=f"{text} again", title=text,
    )  # fmt: skip
    notices.tell(whose.ref, "message", f"Communication/{talk}", f"a notice of {whose.word}")
    ids = own.search("Communication", "_count=200").matches + own.search("Task", "_count=200").matches
    files = own.search("Binary", "_count=200").matches
    theirs = [one.rid for one in [*ids, *files] if not one.rid.startswith(whose.word)]
    return [talk, other.conversation, *sent.concerns, *theirs]


SAID = (("Communication", "o"), ("Communication", "n"), ("Task", "o"))


def saved(world: World, path: Path) -> None:
    """Keep it for the other workers of this run."""
    path.write_text(json.dumps([world.tokens, world.cookies, world.pages]))


def loaded(path: Path) -> World:
    """What `saved` kept."""
    return World(*json.loads(path.read_text()))
