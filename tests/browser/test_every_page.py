"""Every page of the loop in a browser: nothing for axe or the CSP, nothing from elsewhere, no weight."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction
from playwright.sync_api import Browser

from rapport.gate.actor import Actor
from rapport.gate.door import Door
from rapport.people import errands
from rapport.pillars.conversations import actions
from rapport.pillars.hard_news import actions as hard
from tests.browser.axe import findings
from tests.browser.town import Town, Watched
from tests.hard_news.conftest import report, wished
from tests.personas import People

pytestmark = pytest.mark.browser

WIDEST = 150 * 1024
MOST_REQUESTS = 25

LONG = "Donaudampfschifffahrtsgesellschaftskapitänskajütenschlüssel" * 2
LETTER = "Since the tablet I get dizzy. Is it the tablet? Do I still take my old one? Can I fly in May?"
QUESTIONS = ("Is it the tablet?", "Do I still take my old one?", "Can I fly in May?")


@dataclass
class Scene:
    """One patient with something in every state, and where to find it."""

    patient: Actor
    talk: str
    concerns: tuple[str, ...]
    letter: str
    call: str = ""
    check: str = ""

    @property
    def rid(self) -> str:
        return self.patient.ref.partition("/")[2]


def door_of(actor: Actor) -> Door:
    connection.ensure_connection()
    return Door(connection.connection, actor, unit=transaction.atomic)


def once() -> str:
    return str(uuid.uuid4())


@pytest.fixture(scope="module")
def scene(town: Town) -> Scene:
    """Three questions: answered, taken, open; a note, a correction, a long word, a right-to-left letter."""
    patient, dara = town.patient(), town.people.dara
    mine, hers = door_of(patient), door_of(dara)
    sent = actions.start(mine, once=once(), topic="feel", text=LETTER, concerns=QUESTIONS)
    first, second, _third = sent.concerns
    actions.take(hers, concern=second)
    actions.answer(
        hers, once=once(), conversation=sent.conversation, concerns=[first], text="Yes, it can do that."
    )
    actions.note(hers, once=once(), conversation=sent.conversation, text="I would ring her.")
    actions.write_more(mine, once=once(), conversation=sent.conversation, text=f"أشعر بالدوار.\n\n{LONG}")
    actions.correct(mine, letter=sent.message, text=LETTER + " I lie awake.")
    call, check = waiting(patient, hers)
    return Scene(patient, f"/messages/{sent.conversation}/", sent.concerns, sent.message, call, check)


def waiting(patient: Actor, hers: Door) -> tuple[str, str]:
    """A result that waits for a call, and a check-in; the ids of the two errands."""
    mine = door_of(patient)
    hard.wish(mine, patient=patient.ref, said=wished())
    laboratory = door_of(People.program)
    body = report(f"r-{once()}", patient=patient.ref)
    laboratory.create(body, rid=body["id"])
    soon = datetime.now(UTC) + timedelta(days=2)
    check = hard.plan_check_in(hers, once=once(), patient=patient.ref, again=soon, words="I ring you.")
    (call,) = errands.of_patient(mine, patient.ref, "result-call")
    return call.rid, check


@pytest.fixture(scope="module")
def full(town: Town) -> Scene:
    """A conversation of fifty letters and more."""
    patient, dara = town.patient("Ingrid", "Solberg"), town.people.dara
    mine, hers = door_of(patient), door_of(dara)
    sent = actions.start(
        mine, once=once(), topic="feel", text="Am I on the list?", concerns=["Am I on the list?"]
    )
    for number in range(27):
        for who, words in ((hers, "We looked."), (mine, "Thank you. " * (1 + number % 7))):
            actions.write_more(who, once=once(), conversation=sent.conversation, text=f"{words} {number}")
    return Scene(patient, f"/messages/{sent.conversation}/", sent.concerns, sent.message)


@pytest.fixture(scope="module")
def nobody(town: Town) -> Actor:
    """One name, no family name, nothing ever written."""
    return town.patient("Suharto", "", birthDate="1916-01-01")


Path = Callable[[Scene], str]

THEIRS: dict[str, Path] = {
    "my day": lambda one: "/",
    "my messages": lambda one: "/messages/",
    "search": lambda one: "/messages/?q=dizzy",
    "write": lambda one: "/messages/new/",
    "write more": lambda one: f"{one.talk}more/",
    "conversation": lambda one: one.talk,
    "to print": lambda one: f"{one.talk}paper/",
    "not needed": lambda one: f"{one.talk}no-need/?concern={one.concerns[2]}",
    "correct": lambda one: f"{one.talk}correct/?letter={one.letter}",
    "withdraw": lambda one: f"{one.talk}withdraw/?letter={one.letter}",
    "not here": lambda one: "/messages/nothing/",
    "circle": lambda one: "/circle/",
    "invite": lambda one: "/circle/invite/",
    "kept private": lambda one: "/circle/private/",
    "who has looked": lambda one: "/looked/",
    "hearing": lambda one: f"/hearing/{one.rid}/",
    "hearing one kind": lambda one: f"/hearing/{one.rid}/scans/",
    "check-in": lambda one: f"/calls/{one.check}/",
    "corrections": lambda one: "/corrections/",
    "ask for a correction": lambda one: "/corrections/new/",
}
OURS: dict[str, Path] = {
    "inbox": lambda one: "/inbox/",
    "inbox by due": lambda one: "/inbox/?whose=mine&order=due",
    "nobody's": lambda one: "/inbox/?whose=nobody",
    "cover": lambda one: "/inbox/?whose=cover",
    "conversations": lambda one: "/messages/",
    "conversation": lambda one: one.talk,
    "to print": lambda one: f"{one.talk}paper/?letter={one.letter}",
    "note": lambda one: f"{one.talk}note/",
    "promise": lambda one: f"{one.talk}promise/",
    "hand over": lambda one: f"{one.talk}hand-over/?concern={one.concerns[1]}",
    "give back": lambda one: f"{one.talk}take-back/?concern={one.concerns[1]}",
    "split": lambda one: f"{one.talk}split/?concern={one.concerns[2]}",
    "merge": lambda one: f"{one.talk}merge/",
    "close": lambda one: f"{one.talk}close/?concern={one.concerns[2]}",
    "urgent": lambda one: f"{one.talk}urgent/?concern={one.concerns[2]}",
    "versions": lambda one: f"{one.talk}versions/?letter={one.letter}",
    "start": lambda one: f"/messages/new/?patient={one.rid}",
    "record": lambda one: f"/messages/record/?patient={one.rid}",
    "people": lambda one: "/people/?name=haddad",
    "person": lambda one: f"/people/{one.rid}/",
    "all contacts": lambda one: f"/people/{one.rid}/contacts/",
    "all problems": lambda one: f"/people/{one.rid}/problems/",
    "how to tell": lambda one: f"/hearing/{one.rid}/",
    "a result to tell": lambda one: f"/calls/{one.call}/",
    "somebody died": lambda one: f"/bereavement/{one.rid}/",
    "ask how it is": lambda one: f"/calls/{one.check}/",
}

#: The desk in the dark is looked at in the long run: what axe finds there it finds on the phone, too.
WIDTHS = [
    pytest.param((390, "light"), id="390 light"),
    pytest.param((1280, "dark"), id="1280 dark", marks=pytest.mark.long),
]


@pytest.fixture(scope="module", params=WIDTHS)
def look(request: pytest.FixtureRequest) -> dict[str, object]:
    width, light = request.param
    return {"viewport": {"width": width, "height": 844}, "color_scheme": light}


@pytest.fixture(scope="module")
def amina(town: Town, browser: Browser, scene: Scene, look: dict[str, object]) -> Iterator[Watched]:
    watched = town.enter(browser, scene.patient, **look)
    yield watched
    watched.page.context.close()


@pytest.fixture(scope="module")
def dara(town: Town, browser: Browser, scene: Scene, look: dict[str, object]) -> Iterator[Watched]:
    watched = town.enter(browser, town.people.dara, **look)
    yield watched
    watched.page.context.close()


def judge(who: Watched, path: str, status: int = 200) -> None:
    """Open a page afresh and find nothing wrong with it."""
    who.fresh()
    who.page.context.clear_cookies(name="theme")
    who.open(path)
    assert not findings(who.page)
    assert not who.complaints and not who.foreign
    assert len(who.weights) <= MOST_REQUESTS
    assert sum(who.weights.values()) <= WIDEST, who.weights
    assert who.page.locator(".rp-btn:not(.rp-btn--second):not(.rp-btn--pill):visible").count() <= 1, (
        "filled buttons"
    )
    too_wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert who.page.evaluate(too_wide) <= 0, "sideways scrolling"
    assert who.page.locator("h1").count() == 1


@pytest.mark.parametrize("name", THEIRS)
def test_pages_of_the_patient(name: str, amina: Watched, scene: Scene) -> None:
    judge(amina, THEIRS[name](scene))


@pytest.mark.parametrize("name", OURS)
def test_pages_of_the_team(name: str, dara: Watched, scene: Scene) -> None:
    judge(dara, OURS[name](scene))


def test_the_questions_on_the_page_and_an_open_not_yet(amina: Watched, scene: Scene) -> None:
    page = amina.open("/messages/new/")
    page.get_by_label("Your message").fill(LETTER)
    page.get_by_role("heading", name="We see 3 questions").wait_for()
    page.locator(".rp-chip summary").first.click()
    assert not findings(page)
    page = amina.open(scene.talk)
    page.locator(".rp-notyet summary").first.click()
    for more in page.locator(".rp-more > summary").all():
        more.click()
    assert not findings(page) and not amina.complaints


def test_fifty_letters_are_bounded_and_lead_back(town: Town, browser: Browser, full: Scene) -> None:
    ingrid = town.enter(browser, full.patient)
    judge(ingrid, full.talk)
    assert ingrid.page.locator(".rp-letter").count() <= 50
    ingrid.page.get_by_role("link", name="Older letters").click()
    ingrid.page.wait_for_url(re.compile("before="))
    assert "Am I on the list?" in ingrid.says()
    dara = town.enter(browser, town.people.dara)
    judge(dara, full.talk)


def test_who_has_one_name_and_nothing_yet(town: Town, browser: Browser, nobody: Actor) -> None:
    page = town.enter(browser, nobody)
    judge(page, "/")
    assert "Suharto" in page.says() and "Nothing is open" in page.says()
    judge(page, "/messages/")
    assert "No messages yet" in page.says()
    dara = town.enter(browser, town.people.dara)
    judge(dara, f"/people/{nobody.ref.partition('/')[2]}/")
    assert "110, born 1 January 1916" in dara.says() and "No allergy is recorded" in dara.says()


def test_a_page_at_four_times_its_size(town: Town, browser: Browser, scene: Scene) -> None:
    """400 % zoom of a 1280 px window is a window of 320 px: nothing scrolls sideways."""
    amina = town.enter(browser, scene.patient, viewport={"width": 320, "height": 256})
    dara = town.enter(browser, town.people.dara, viewport={"width": 320, "height": 256})
    wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    for who, paths in ((amina, ("/", scene.talk, "/messages/new/")), (dara, ("/inbox/", scene.talk))):
        for path in paths:
            who.open(path)
            assert who.page.evaluate(wide) <= 0, path
