"""How to reach somebody in real browsers: chosen on a phone, seen and held to at a desk."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import time
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from rapport.gate.actor import Actor
from rapport.pillars.conversations import actions as letters
from rapport.pillars.what_matters import actions
from rapport.pillars.what_matters.shapes.reach import Reach
from tests.browser.axe import findings
from tests.browser.test_every_page import WIDTHS, door_of, judge
from tests.browser.town import Town, Watched
from tests.plans.test_days import RAMIPRIL

pytestmark = pytest.mark.browser
HOW = Reach("call", ("large-print", "hard-of-hearing"), (time(19), time(10)))


@pytest.fixture(scope="module")
def patient(town: Town) -> Actor:
    """Somebody who would rather be called, and has something to do today."""
    actor = town.patient()
    rid = actor.ref.partition("/")[2]
    actions.set_reach(door_of(actor), patient=actor.ref, how=HOW)
    body = {**RAMIPRIL, "id": f"{rid}-m", "subject": {"reference": actor.ref}}
    door_of(Actor.system("tests")).create(body, rid=body["id"])
    return actor


@pytest.fixture(params=WIDTHS, ids=lambda one: f"{one[0]} {one[1]}")
def both(
    town: Town, browser: Browser, patient: Actor, request: pytest.FixtureRequest
) -> Iterator[tuple[Watched, Watched]]:
    width, light = request.param
    look = {"viewport": {"width": width, "height": 844}, "color_scheme": light}
    amina, dara = (town.enter(browser, one, **look) for one in (patient, town.people.dara))
    yield amina, dara
    for watched in (amina, dara):
        watched.page.context.close()


def picture(watched: Watched, name: str) -> None:
    """A picture for who asks for some (`RAPPORT_PICTURES`)."""
    if place := os.environ.get("RAPPORT_PICTURES"):
        size = watched.page.viewport_size or {}
        watched.page.screenshot(path=Path(place) / f"{name}-{size.get('width')}.png", full_page=True)


def test_every_page_is_well(both: tuple[Watched, Watched], patient: Actor) -> None:
    amina, dara = both
    rid = patient.ref.partition("/")[2]
    for watched, path, name in (
        (amina, "/", "day"),
        (amina, f"/matters/{rid}/", "matters"),
        (amina, f"/matters/{rid}/reach/", "reach"),
        (dara, f"/matters/{rid}/reach/", "reach-team"),
        (dara, f"/messages/record/?patient={rid}", "record"),
    ):
        judge(watched, path)
        picture(watched, name)


def test_an_answer_asks_once_whether_to_call(both: tuple[Watched, Watched], patient: Actor) -> None:
    _amina, dara = both
    words = "Do I take both?"
    sent = letters.start(
        door_of(patient), once=os.urandom(8).hex(), topic="feel", text=words, concerns=[words]
    )
    page = dara.open(f"/messages/{sent.conversation}/")
    page.locator("#text").fill("Yes, take both of them with a glass of water.")
    page.get_by_role("button", name="Send to").click()
    page.get_by_text("Not sent yet. Only you see this.").wait_for()
    assert "would rather be called than written to" in dara.says()
    picture(dara, "stop")
    assert findings(page) == []
    page.get_by_role("button", name="Send it as it is").click()
    page.get_by_text("Sent. They are asked whether this answers the question.").wait_for()
