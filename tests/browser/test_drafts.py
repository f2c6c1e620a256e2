"""A draft by a model of the site's own, in a real browser: labelled, coached, sent by a person alone."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from rapport.people import site
from rapport.pillars.conversations import actions
from tests.browser.axe import findings
from tests.browser.test_every_page import door_of, once
from tests.browser.town import SITE, Town, Watched
from tests.conversations.test_drafting import Model

pytestmark = pytest.mark.browser

ASKED = "Since Monday I lie awake and I am terrified of the scan. Is it cancer? Do I come fasting?"
#: What the model says: it meets no feeling, and leaves a question without an answer.
COLD = "You need not fast."


@pytest.fixture(scope="module")
def model(town: Town) -> Iterator[Model]:
    """A small server that speaks the usual chat interface; the site is told of it."""
    found = Model()
    found.says = {"choices": [{"message": {"role": "assistant", "content": COLD}}]}
    site.load(f'{SITE}\n[drafting]\naddress = "{found.address}"\nmodel = "small"\n', by="tests")
    time.sleep(site.FRESH_SECONDS)
    yield found
    site.load(SITE, by="tests")
    time.sleep(site.FRESH_SECONDS)
    found.server.shutdown()
    found.server.server_close()


def clean(who: Watched) -> None:
    """Nothing for axe, the CSP or the net."""
    assert not findings(who.page)
    assert not who.complaints and not who.foreign


def test_a_draft_is_labelled_coached_and_sent_only_by_a_person(
    town: Town, browser: Browser, model: Model
) -> None:
    patient = town.patient("Noor", "Aziz")
    sent = actions.start(
        door_of(patient),
        once=once(),
        topic="feel",
        text=ASKED,
        concerns=["Is it cancer?", "Do I come fasting?"],
    )
    talk = f"/messages/{sent.conversation}/"
    noor = town.enter(browser, patient)
    dara = town.enter(browser, town.people.dara, viewport={"width": 1280, "height": 900})
    page = dara.open(talk)
    page.locator("#answerable").get_by_label("“Is it cancer?”").check()
    page.get_by_role("button", name="Write a draft for me").click()
    expect(page.get_by_text("Software wrote this draft. Check every word: you sign it.")).to_be_visible()
    expect(page.get_by_label("Your words to")).to_have_value(COLD)
    expect(page.locator("#coach")).to_contain_text("Nothing here meets what they feel yet.")  # the same coach
    clean(dara)
    assert len(model.asked) == 1 and "Aziz" not in str(model.asked)
    noor.open(talk)
    assert COLD not in noor.says()  # nothing was sent by itself

    page.get_by_role("button", name="Send to").click()
    expect(page.get_by_text("Not sent yet. Only you see this.")).to_be_visible()  # and the same stop
    noor.open(talk)
    assert COLD not in noor.says()
    expect(page.get_by_text("Software wrote this draft. Check every word: you sign it.")).to_be_visible()
    page.get_by_role("button", name="Send it as it is").click()
    expect(page.get_by_role("status")).to_contain_text("Sent.")
    expect(page.locator("main")).to_contain_text("Written by software, checked by you.")
    noor.open(talk)
    expect(noor.page.locator("main")).to_contain_text("Written by software, checked by Dara Okafor.")
    clean(noor)


def test_no_model_no_button(town: Town, browser: Browser, model: Model) -> None:
    """Off by default: nothing offers what is not there, and the model hears of nothing."""
    heard = len(model.asked)
    site.load(SITE, by="tests")
    time.sleep(site.FRESH_SECONDS)
    patient = town.patient("Ruth", "Amsel")
    sent = actions.start(door_of(patient), once=once(), topic="feel", text=ASKED, concerns=["Is it cancer?"])
    dara = town.enter(browser, town.people.dara)
    page = dara.open(f"/messages/{sent.conversation}/")
    expect(page.get_by_label("Your words to")).to_be_visible()
    assert not page.get_by_role("button", name="Write a draft for me").count()
    assert len(model.asked) == heard
