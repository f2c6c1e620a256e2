"""A small town for journeys: `rapport run` on a database of its own, its people, and their browsers."""

from __future__ import annotations

import json
import time
import uuid
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from django.conf import settings
from django.db import connection, transaction
from django.test import Client
from playwright.sync_api import Browser, Page

from rapport.gate.actor import Actor
from rapport.gate.door import Door
from rapport.people import factors, site, tokens
from rapport.people.models import User
from tests import personas

SITE = """
[site]
name = "Harbour Street"
time_zone = "Europe/Berlin"
country = "DE"
languages = ["en"]
[hours]
monday = ["08:00-18:00"]
tuesday = ["08:00-18:00"]
wednesday = ["08:00-18:00"]
thursday = ["08:00-18:00"]
friday = ["08:00-18:00"]
saturday = []
sunday = []
holidays = false
[teams.harbour-street]
name = { en = "Harbour Street" }
lead = "PractitionerRole/chen-gp"
[topics.feel]
team = "harbour-street"
accept_hours = 4
answer_hours = 16
label = { en = "How I feel, or my medicines" }
hint = { en = "A new symptom, a side effect" }
[topics.visit]
team = "harbour-street"
accept_hours = 2
answer_hours = 8
label = { en = "A visit: book, move or cancel" }
hint = { en = "" }
"""


@dataclass
class Watched:
    """One page of one person, and what its browser complains of, asks for and gets."""

    page: Page
    base: str
    complaints: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)
    weights: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        page = self.page
        page.on("console", lambda said: self._said(said.type, said.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", lambda request: self._asked(request.url))
        page.on("requestfinished", lambda request: self._got(request))

    def _said(self, kind: str, text: str) -> None:
        refused = "the server responded with a status of 4" in text  # a page that says no is no fault
        if kind in ("error", "warning") and not refused:
            self.complaints.append(text)

    def _asked(self, url: str) -> None:
        if not url.startswith(self.base):
            self.foreign.append(url)

    def _got(self, request: Any) -> None:
        sizes = request.sizes()
        self.weights[request.url] = sizes["responseBodySize"] + sizes["responseHeadersSize"]

    def fresh(self) -> None:
        """Forget what was weighed."""
        self.weights.clear()

    def open(self, path: str) -> Page:
        """Go to a path of the site."""
        self.page.goto(self.base + path, wait_until="networkidle")
        return self.page

    @property
    def path(self) -> str:
        return urlsplit(self.page.url).path

    def says(self) -> str:
        """The words of the page."""
        return " ".join(self.page.locator("main").inner_text().split())


class Town:
    """Where the journeys play. Every patient of a test is a new one, so that tests do not meet."""

    def __init__(self, url: str) -> None:
        self.url = url
        connection.ensure_connection()
        self.people = personas.arrive(connection.connection, unit=transaction.atomic)
        site.load(SITE, by="tests")
        for actor in self.people.everybody():
            self.account(actor)
        time.sleep(site.FRESH_SECONDS)  # so long may the server go on with the settings before these

    def account(self, actor: Actor) -> User:
        user, _made = User.objects.get_or_create(
            person=actor.ref,
            defaults={
                "email": f"{actor.ref.replace('/', '.')}@example.org".lower(),
                "display_name": actor.name,
            },
        )
        return user

    def patient(self, given: str = "Amina", family: str = "Haddad", **more: Any) -> Actor:
        """A new patient in the care of Harbour Street, with an account."""
        rid = f"{given.lower()[:20]}-{uuid.uuid4().hex[:8]}" if given.isascii() else uuid.uuid4().hex
        ref, name = f"Patient/{rid}", " ".join(filter(None, (given, family)))
        body = {
            "resourceType": "Patient", "id": rid, "birthDate": "1968-03-14", "gender": "female",
            "name": [{"given": [given], **({"family": family} if family else {})}], **more,
        }  # fmt: skip
        care = {
            "resourceType": "CareTeam", "id": f"care-{rid}"[:64], "status": "active",
            "subject": {"reference": ref}, "participant": [{"member": {"reference": personas.TEAM}}],
        }  # fmt: skip
        connection.ensure_connection()
        door = Door(connection.connection, Actor.system("tests"), unit=transaction.atomic, source="job")
        with door.unit("a patient"):
            door.create(body, rid=rid)
            door.create(care, rid=care["id"])
        actor = Actor("patient", ref, name, "patient", patients=(ref,))
        self.account(actor)
        return actor

    def session(self, actor: Actor) -> Client:
        """A sign-in of this person, second factor shown."""
        client, user = Client(), self.account(actor)
        client.force_login(user)
        session = client.session
        session[factors.SHOWN] = user.pk
        session.save()
        return client

    def enter(self, browser: Browser, actor: Actor, **options: Any) -> Watched:
        """A browser of its own in which this person is signed in."""
        options.setdefault("viewport", {"width": 390, "height": 844})
        context = browser.new_context(**options)
        context.set_default_timeout(12_000)
        name = settings.SESSION_COOKIE_NAME
        value = self.session(actor).cookies[name].value
        context.add_cookies([{"name": name, "value": value, "url": self.url}])
        return Watched(context.new_page(), self.url)

    def fhir(self, actor: Actor, path: str) -> dict[str, Any]:
        """What `/fhir` answers this person's token."""
        token = tokens.issue_for(self.account(actor), 1, by="tests")
        asked = Request(f"{self.url}/fhir/{path}", headers={"Authorization": f"Bearer {token}"})
        with urlopen(asked, timeout=10) as answer:
            found: dict[str, Any] = json.load(answer)
        return found
