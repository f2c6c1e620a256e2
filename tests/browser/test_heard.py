"""Words of danger and feelings in a real browser: help in three languages, who is on call, the coach."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from rapport.people import site
from rapport.pillars.conversations import actions
from tests.browser.axe import findings
from tests.browser.test_every_page import door_of, once
from tests.browser.town import SITE, Town, Watched

pytestmark = pytest.mark.browser

ALERTS = """
[alerts]
mode = "on"
on_call = ["PractitionerRole/dara", "PractitionerRole/chen"]
minutes = 10
always = true
"""
NOBODY = """
[alerts]
mode = "on"
"""
HARM = {
    "en": "I do not want to be alive any more. I have saved up my tablets.",
    "es": "No quiero seguir viviendo. He guardado las pastillas.",
    "fr": "J'ai envie d'en finir. J'ai gardé mes comprimés.",
}
HELP = {
    "en": ("This sounds very hard. You do not have to carry it alone.", "Dara Okafor (nurse) is on call"),
    "es": ("Esto suena muy duro. No tiene que llevarlo a solas.", "está de guardia"),
    "fr": ("Cela semble très dur. Vous n’avez pas à le porter seul(e).", "est de garde"),
}
MAY = "Since Monday I lie awake and I am terrified of the scan. Is it cancer? Do I come fasting?"


@pytest.fixture(scope="module", autouse=True)
def on_call(town: Town) -> Iterator[None]:
    """A site with people on call, in three languages."""
    text = SITE.replace('languages = ["en"]', 'languages = ["en", "es", "fr"]') + ALERTS
    site.load(text, by="tests")
    time.sleep(site.FRESH_SECONDS)
    yield
    site.load(SITE, by="tests")
    time.sleep(site.FRESH_SECONDS)


def clean(who: Watched) -> None:
    """Nothing for axe, the CSP or the net."""
    assert not findings(who.page)
    assert not who.complaints and not who.foreign


def write(who: Watched, text: str) -> None:
    who.open("/messages/new/")
    who.page.locator("input[name=topic]").first.check()
    who.page.locator("#text").fill(text)


@pytest.mark.parametrize("language", ["en", "es", "fr"])
@pytest.mark.parametrize("script", [True, False], ids=["with script", "without script"])
def test_help_is_there_at_once_and_holds_nothing_up(
    town: Town, browser: Browser, language: str, script: bool
) -> None:
    """Help in the language of the words, whatever that of the page; the words are sent as they are."""
    patient = town.patient()
    amina = town.enter(browser, patient, java_script_enabled=script)
    words, told = HELP[language]
    write(amina, HARM[language])
    if script:
        amina.page.locator("#text").press("End")
    else:
        amina.page.locator("button[value=look]").click()
    box = amina.page.locator("#help-now")
    expect(box).to_contain_text(words)
    expect(box).to_have_attribute("lang", language)
    expect(box.get_by_role("link", name="112")).to_have_attribute("href", "tel:112")
    expect(box).not_to_contain_text("Dara")  # nothing is promised before it is sent
    if script:
        clean(amina)
    amina.page.locator("button[value=send]").click()
    amina.page.wait_for_url(re.compile(r"/messages/[0-9a-f-]{36}/$"))
    expect(box).to_contain_text(words)
    expect(box).to_contain_text(told)
    rid = amina.path.rstrip("/").rpartition("/")[2]
    (letter,) = town.fhir(patient, f"Communication?part-of=Communication/{rid}")["entry"]
    assert letter["resource"]["payload"] == [{"contentString": HARM[language]}]
    assert not town.fhir(patient, "Task?code=urn:rapport:kind|alert").get("entry")
    if script:
        clean(amina)


def test_who_is_on_call_takes_it_and_says_what_was_done(town: Town, browser: Browser) -> None:
    amina = town.enter(browser, town.patient("Ruth", "Amsel"))
    dara = town.enter(browser, town.people.dara, viewport={"width": 1280, "height": 900})
    dara.open("/inbox/")
    write(amina, HARM["en"])
    amina.page.locator("#text").press("End")
    amina.page.get_by_role("button", name="Send my message").click()
    amina.page.wait_for_url(re.compile(r"/messages/[0-9a-f-]{36}/$"))
    row = dara.page.locator("li.rp-row", has_text="Ruth Amsel").filter(has_text="May be about to harm")
    expect(row).to_contain_text("Dara Okafor is asked")  # it came in without a load
    clean(dara)
    row.get_by_role("button", name="I take it").click()
    expect(dara.page.get_by_role("status")).to_contain_text("You have it. Nobody else is asked now.")
    dara.page.get_by_label("What did you do?").fill("I rang her. Her sister is with her.")
    clean(dara)
    dara.page.get_by_role("button", name="It is seen to").click()
    expect(dara.page.get_by_role("status")).to_contain_text("It is seen to.")
    assert (
        not dara.open("/inbox/")
        .locator("li.rp-row", has_text="May be about to harm")
        .filter(has_text="Ruth Amsel")
        .count()
    )


def test_nobody_on_call_promises_nothing(town: Town, browser: Browser) -> None:
    site.load(SITE + NOBODY, by="tests")
    time.sleep(site.FRESH_SECONDS)
    amina = town.enter(browser, town.patient())
    write(amina, HARM["en"])
    amina.page.locator("#text").press("End")
    amina.page.get_by_role("button", name="Send my message").click()
    amina.page.wait_for_url(re.compile(r"/messages/[0-9a-f-]{36}/$"))
    box = amina.page.locator("#help-now")
    expect(box).to_contain_text("nobody is on call now. Please do not wait for us.")
    site.load(SITE + ALERTS, by="tests")
    time.sleep(site.FRESH_SECONDS)


def feeling(town: Town) -> tuple[Any, str]:
    patient = town.patient("Noor", "Aziz")
    sent = actions.start(
        door_of(patient),
        once=once(),
        topic="feel",
        text=MAY,
        concerns=["Is it cancer?", "Do I come fasting?"],
    )
    return patient, f"/messages/{sent.conversation}/"


def test_the_feeling_stands_before_the_letter_and_its_words_are_underlined(
    town: Town, browser: Browser
) -> None:
    patient, talk = feeling(town)
    dara = town.enter(browser, town.people.dara, viewport={"width": 1280, "height": 900})
    page = dara.open(talk)
    line = page.locator(".rp-feeling").first
    expect(line).to_contain_text("Noor may be afraid or worried")
    text = page.locator(".rp-letter__text").first
    expect(text.locator("mark").first).to_be_visible()
    assert line.bounding_box()["y"] < text.bounding_box()["y"]
    assert text.inner_text().replace("\xa0", " ").strip() == MAY  # not a letter is changed
    clean(dara)
    page.get_by_text("Not right?").click()
    page.get_by_role("button", name="You misread this").click()
    expect(page.get_by_role("status")).to_contain_text("It is kept here")
    noor = town.enter(browser, patient)
    assert "may be" not in (noor.open(talk), noor.says())[1]  # the patient reads no label
    assert not noor.page.locator("mark").count()


def test_the_coach_works_as_one_writes_and_an_answer_is_held_back_once(town: Town, browser: Browser) -> None:
    _patient, talk = feeling(town)
    dara = town.enter(browser, town.people.dara, viewport={"width": 1280, "height": 900})
    page = dara.open(talk)
    page.get_by_label("Your words to").press_sequentially("You need not fast.", delay=5)
    coach = page.locator("#coach")
    expect(coach).to_contain_text("We see no answer to this yet: “Is it cancer?”")
    expect(coach).to_contain_text("Nothing here meets what they feel yet.")
    clean(dara)
    page.get_by_text("Before you send").click()
    expect(coach).to_be_hidden()  # put away with one click
    page.locator("#answerable").get_by_label("“Is it cancer?”").check()
    page.get_by_role("button", name="Send to").click()
    expect(page.get_by_text("Not sent yet. Only you see this.")).to_be_visible()
    clean(dara)
    page.get_by_role("button", name="Send it as it is").click()
    expect(page.get_by_role("status")).to_contain_text("Sent.")
    assert page.locator(".rp-letter__text").last.inner_text() == "You need not fast."


def test_without_script_the_coach_is_silent_and_the_stop_comes_on_sending(
    town: Town, browser: Browser
) -> None:
    _patient, talk = feeling(town)
    dara = town.enter(browser, town.people.dara, java_script_enabled=False)
    page = dara.open(talk)
    expect(page.get_by_text("Before you send")).to_be_hidden()
    page.locator("#answerable").get_by_label("“Is it cancer?”").check()
    page.get_by_label("Your words to").fill("You need not fast.")
    page.get_by_role("button", name="Send to").click()
    expect(page.get_by_text("Not sent yet. Only you see this.")).to_be_visible()
    assert page.get_by_label("Your words to").input_value() == "You need not fast."
    page.get_by_role("button", name="Send it as it is").click()
    expect(page.get_by_role("status")).to_contain_text("Sent.")


def test_eve_and_the_patient_get_no_coach_and_no_alert(town: Town, browser: Browser) -> None:
    patient, talk = feeling(town)
    for who in (patient, town.people.eve):
        client = town.session(who)
        for verb in ("coach", "alert", "seen-to", "reading"):
            assert client.post(f"{talk}{verb}/", {"text": "x", "heard": MAY, "alert": "y"}).status_code in (
                404,
                422,
                409,
            )
