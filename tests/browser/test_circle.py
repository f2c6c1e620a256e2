"""A family in real browsers: Amina lets Bilal in, he reads on an open page, she ends it, and it is gone."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator

import pytest
from django.db import connection, transaction
from playwright.sync_api import Browser, expect

from rapport.gate.actor import Actor
from rapport.gate.door import Door
from rapport.people.models import Standing, User
from rapport.pillars.circle import actions as circle
from rapport.pillars.circle.shapes import Choice
from rapport.pillars.conversations import actions
from tests.browser.axe import findings
from tests.browser.town import Town, Watched

pytestmark = pytest.mark.browser

LETTER = "Since the tablet I get dizzy. Is it the tablet?"
ALL = Choice({"conversations": None, "health-record": None}, writes=True)


def door_of(actor: Actor) -> Door:
    connection.ensure_connection()
    return Door(connection.connection, actor, unit=transaction.atomic)


def son_of(town: Town, patient: Actor) -> Actor:
    """A new son of a patient, with an account of his own; nothing is shared with him yet."""
    rid = f"son-{uuid.uuid4().hex[:8]}"
    body = {
        "resourceType": "RelatedPerson", "id": rid, "active": True,
        "patient": {"reference": patient.ref, "display": patient.name},
        "relationship": [{"text": "son"}], "name": [{"family": "Haddad", "given": ["Bilal"]}],
    }  # fmt: skip
    door_of(Actor.system("tests")).create(body, rid=rid)
    actor = Actor("kin", f"RelatedPerson/{rid}", "Bilal Haddad", "son", patients=(patient.ref,))
    town.account(actor)
    return actor


@pytest.fixture(params=[(390, "light"), (1280, "dark")], ids=lambda one: f"{one[0]} {one[1]}")
def family(
    town: Town, browser: Browser, request: pytest.FixtureRequest
) -> Iterator[tuple[Actor, Actor, Watched, Watched]]:
    width, light = request.param
    amina = town.patient()
    bilal = son_of(town, amina)
    look = {"viewport": {"width": width, "height": 844}, "color_scheme": light}
    hers, his = (town.enter(browser, one, **look) for one in (amina, bilal))
    yield amina, bilal, hers, his
    for watched in (hers, his):
        assert not watched.complaints and not watched.foreign
        watched.page.context.close()


def test_letting_in_reading_and_ending(family: tuple[Actor, Actor, Watched, Watched]) -> None:
    amina, _bilal, hers, his = family
    sent = actions.start(
        door_of(amina), once=str(uuid.uuid4()), topic="feel", text=LETTER, concerns=["Is it the tablet?"]
    )
    page = hers.open("/circle/")
    page.get_by_role("link", name="What Bilal may see").click()
    page.locator("input[value=conversations]").check()
    page.get_by_role("button", name="See what they will see").click()
    expect(page.locator(".rp-mirror")).to_contain_text(LETTER)
    page.get_by_role("button", name="Keep my choice").click()
    expect(page.locator("main")).to_contain_text("It holds from now on")
    his.open(f"/messages/{sent.conversation}/")
    expect(his.page.locator("main")).to_contain_text(LETTER)
    hers.page.get_by_role("link", name="Stop all sharing").click()
    hers.page.get_by_role("button", name="Stop it now").click()
    ended = time.monotonic()
    expect(his.page.locator("main")).not_to_contain_text("dizzy", timeout=10_000)
    assert time.monotonic() - ended < 8
    looked = hers.open("/looked/")
    expect(looked.locator("main")).to_contain_text("Bilal Haddad, your son")


def test_axe_finds_nothing(family: tuple[Actor, Actor, Watched, Watched], town: Town) -> None:
    amina, bilal, hers, his = family
    rid = bilal.ref.partition("/")[2]
    actions.start(door_of(amina), once=str(uuid.uuid4()), topic="feel", text=LETTER, concerns=["Is it?"])
    circle.share(door_of(amina), member=rid, choice=ALL)
    other = town.patient("Eve", "Marsh")
    friend = son_of(town, other)
    User.objects.filter(person=friend.ref).delete()
    Standing.objects.create(user=User.objects.get(person=bilal.ref), person=friend.ref)
    for path in ("/", "/messages/", "/circle/", "/whose/", f"/for/{other.ref.partition('/')[2]}/circle/"):
        assert findings(his.open(path)) == [], path
    for path in ("/circle/", f"/circle/{rid}/", f"/circle/{rid}/end/", f"/circle/{rid}/again/", "/looked/"):
        page = hers.open(path)
        assert findings(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
    hers.page.get_by_role("link", name="Ask about this").first.click()
    assert findings(hers.page) == []


def test_axe_finds_nothing_for_a_lead(town: Town, browser: Browser) -> None:
    amina = town.patient()
    son_of(town, amina)
    chen = town.enter(browser, town.people.chen)
    for path in (f"/access/{amina.ref.partition('/')[2]}/", f"/access/{amina.ref.partition('/')[2]}/law/"):
        assert findings(chen.open(path)) == [], path
    chen.page.context.close()
