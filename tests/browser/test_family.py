"""Family and team in real browsers, with script and without: Amina asks, Bilal comes; nothing for axe."""

from __future__ import annotations

import os
import re
import uuid
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, expect

from rapport.gate.actor import Actor
from rapport.pillars.circle import actions as circle
from rapport.pillars.circle.shapes import Choice
from rapport.pillars.conversations import actions as conversations
from rapport.pillars.family import actions
from rapport.pillars.family.shapes.helping import Asked
from tests import personas
from tests.browser.axe import findings
from tests.browser.test_circle import door_of, son_of
from tests.browser.town import Town, Watched

pytestmark = pytest.mark.browser

ALL = Choice({"practical-help": None, "conversations": None})
#: Where pictures of the pages are put, for who wants to look at them.
PICTURES = os.environ.get("RAPPORT_PICTURES", "")
#: Browsers whose pages can be asked by script.
scripted: list[Watched] = []
Family = tuple[Actor, Actor, Watched, Watched, Watched]


@pytest.fixture(
    params=[(390, "light", True), (1280, "dark", True), (390, "dark", False), (1280, "light", True)],
    ids=lambda one: f"{one[0]} {one[1]}{'' if one[2] else ' without script'}",
)
def family(town: Town, browser: Browser, request: pytest.FixtureRequest) -> Iterator[Family]:
    width, light, script = request.param
    amina = town.patient()
    bilal = son_of(town, amina)
    circle.share(door_of(amina), member=bilal.ref.partition("/")[2], choice=ALL)
    look = {"viewport": {"width": width, "height": 844}, "color_scheme": light, "java_script_enabled": script}
    seats = [town.enter(browser, one, **look) for one in (amina, bilal, town.people.dara)]
    scripted.clear()
    scripted.extend(seats if script else [])
    yield amina, bilal, seats[0], seats[1], seats[2]
    for watched in seats:
        assert not watched.complaints and not watched.foreign
        watched.page.context.close()


def right(who: Watched, name: str) -> None:
    """Nothing for axe, nothing sideways, one filled button at most; and a picture."""
    page = who.page
    size = page.viewport_size or {}
    if PICTURES:
        place = Path(PICTURES) / f"{name}-{size.get('width')}-{uuid.uuid4().hex[:4]}.png"
        page.screenshot(path=place, full_page=True)
    if who in scripted:
        assert findings(page) == [], name
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
    filled = page.locator("main .rp-btn:not(.rp-btn--second):not(.rp-btn--pill):visible").count()
    assert filled <= 1, name
    assert page.locator("h1").count() == 1


def test_asking_taking_and_giving_back(family: Family) -> None:
    amina, _bilal, hers, his, _staff = family
    rid = amina.ref.partition("/")[2]
    page = hers.open("/family/")
    right(hers, "help-empty")
    page.get_by_role("link", name="Ask for help").click()
    right(hers, "help-ask")
    page.get_by_label("A ride").check()
    page.get_by_label("In your own words").fill("To the eye clinic and back, I can’t drive after the drops.")
    page.get_by_label("Which day?").fill((timezone.localdate() + timedelta(days=2)).isoformat())
    page.get_by_label("At what time?").fill("09:30")
    page.get_by_role("button", name="Put it in the calendar").click()
    expect(page.locator("main")).to_contain_text("Nobody has taken it yet")
    soup = timezone.now() + timedelta(days=3)
    asked = Asked("meal", "Something warm for two.", soup, soup + timedelta(hours=1))
    need = actions.ask(door_of(amina), once=str(uuid.uuid4()), patient=amina.ref, asked=asked)
    his.open(f"/family/{rid}/help/")
    right(his, "help-kin")
    his.page.get_by_role("button", name=re.compile("I do it.*eye clinic")).click()
    expect(his.page.locator("main")).to_contain_text("You come")
    hers.open(f"/family/{rid}/help/")
    expect(hers.page.locator("main")).to_contain_text("Bilal comes")
    right(hers, "help-own")
    actions.withdraw(door_of(amina), patient=amina.ref, need=need)
    his.page.get_by_role("button", name=re.compile("I do it.*Something warm")).click()  # it is gone by now
    expect(his.page.locator("body")).to_contain_text("This is over")
    his.page.get_by_role("button", name="I can’t come after all").click()
    expect(his.page.locator("main")).to_contain_text("Nobody has taken it yet")


def test_the_team_reads_along(family: Family, town: Town) -> None:
    amina, bilal, _hers, _his, staff = family
    begins = timezone.now() + timedelta(days=1)
    asked = Asked("company", "An afternoon of cards.", begins, begins + timedelta(hours=2))
    need = actions.ask(door_of(amina), once=str(uuid.uuid4()), patient=amina.ref, asked=asked)
    actions.take(door_of(bilal), patient=amina.ref, need=need)
    staff.open(f"/people/{amina.ref.partition('/')[2]}/")
    staff.page.get_by_role("link", name="Family and team").click()
    expect(staff.page.locator("main")).to_contain_text("Bilal comes")
    assert staff.page.locator("main form").count() == 0
    right(staff, "help-staff")


def test_one_list_for_all(family: Family) -> None:
    amina, bilal, hers, his, staff = family
    rid = amina.ref.partition("/")[2]
    begins = timezone.now() + timedelta(days=1)
    asked = Asked("ride", "To the eye clinic and back.", begins, begins + timedelta(hours=2))
    need = actions.ask(door_of(amina), once=str(uuid.uuid4()), patient=amina.ref, asked=asked)
    actions.take(door_of(bilal), patient=amina.ref, need=need)
    sent = conversations.start(
        door_of(amina), once=str(uuid.uuid4()), topic="feel", text="Is it the tablet?", concerns=["Is it?"]
    )
    conversations.promise(
        door_of(personas.People.dara), once=str(uuid.uuid4()), conversation=sent.conversation,
        text="I ring you with the result.", due=begins + timedelta(days=2),
    )  # fmt: skip
    actions.plan(
        door_of(amina), once=str(uuid.uuid4()), patient=amina.ref, words="Write down my blood pressure.",
        owner=(amina.ref, amina.name),
    )  # fmt: skip
    page = staff.open(f"/family/{rid}/tasks/new/")
    right(staff, "list-new")
    page.get_by_label("What is to be done?").fill("Fetch the walking frame from the loan store.")
    page.get_by_label("Bilal Haddad").check()
    page.get_by_role("button", name="Put it on the list").click()
    expect(page.locator("main")).to_contain_text("It is on the list")
    right(staff, "list-staff")
    his.open(f"/family/{rid}/tasks/")
    his.page.get_by_role("button", name=re.compile("Done.*walking frame")).click()
    expect(his.page.locator("main")).to_contain_text("Done lately")
    hers.open(f"/family/{rid}/tasks/")
    right(hers, "list-own")


def test_news_for_whom_she_chose(family: Family) -> None:
    amina, bilal, hers, his, staff = family
    rid, son = amina.ref.partition("/")[2], bilal.ref.partition("/")[2]
    circle.share(door_of(amina), member=son, choice=Choice({"updates": None, "practical-help": None}))
    page = staff.open(f"/family/{rid}/news/new/")
    page.get_by_label("Your update").fill("Amina slept well. Tomorrow she sits up for lunch. Bring soup.")
    right(staff, "news-new")
    page.get_by_role("button", name="Send it").click()
    expect(page.locator("main")).to_contain_text("Sent.")
    right(staff, "news-staff")
    his.open(f"/family/{rid}/news/")
    expect(his.page.locator("main")).to_contain_text("sits up for lunch")
    right(his, "news-kin")
    hers.open(f"/family/{rid}/news/")
    right(hers, "news-own")
    circle.share(door_of(amina), member=son, choice=Choice({"practical-help": None}))
    if his in scripted:  # the page is open, and empties itself
        expect(his.page.locator("main")).not_to_contain_text("lunch", timeout=10_000)
    his.open(f"/family/{rid}/news/")
    expect(his.page.locator("main")).to_contain_text("This is not shared with you")
    circle.pause(door_of(amina), member=son)
    his.open(f"/family/{rid}/news/")
    expect(his.page.locator("body")).not_to_contain_text("lunch")


def test_a_family_meeting(family: Family) -> None:
    amina, _bilal, hers, his, staff = family
    rid = amina.ref.partition("/")[2]
    page = staff.open(f"/family/{rid}/meetings/new/")
    right(staff, "meeting-new")
    page.get_by_label("What is it about?").fill("Going home after the hip operation")
    page.get_by_label("Which day?").fill((timezone.localdate() + timedelta(days=4)).isoformat())
    page.get_by_label("At what time?").fill("15:00")
    page.get_by_label("Bilal Haddad").check()
    page.get_by_role("button", name="Ask them").click()
    expect(page.locator("main")).to_contain_text("Who is asked")
    path = page.url.removeprefix(staff.base)
    for who, words in ((his, "Who cooks in the first week?"), (hers, "I want to sleep upstairs again.")):
        who.open(path)
        who.page.get_by_label("What do you want to speak about?").fill(words)
        who.page.get_by_role("button", name="Bring it").click()
        expect(who.page.locator("main")).to_contain_text(words)
    right(his, "meeting-kin")
    staff.open(path)
    right(staff, "meeting-staff")
    page.get_by_role("link", name="Sum it up").click()
    right(staff, "meeting-sum-up")
    page.get_by_label("What was said, in plain words").fill("Amina goes home on Friday, with help.")
    page.get_by_label("What was decided").fill("A nurse comes each morning.\nThe bed stays downstairs.")
    page.get_by_label("What is to be done?").first.fill("Cook for the first week")
    page.get_by_label("Who does it?").first.select_option(label="Bilal Haddad")
    page.get_by_label("Bilal Haddad").check()
    page.get_by_role("button", name="Keep it").click()
    expect(page.locator("main")).to_contain_text("What came of it")
    hers.open(path)
    expect(hers.page.locator("main")).to_contain_text("The bed stays downstairs")
    right(hers, "meeting-own")
    his.open(f"/family/{rid}/meetings/")
    right(his, "meetings-kin")
    his.open(f"/family/{rid}/tasks/")
    expect(his.page.locator("main")).to_contain_text("Cook for the first week")
