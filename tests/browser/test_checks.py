"""Screens in a real browser: asked, answered, help at once in three languages, looked at by somebody."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator

import pytest
from django.core.management import call_command
from playwright.sync_api import Browser, expect

from rapport.gate.actor import Actor
from rapport.people import site
from rapport.pillars.screens import actions
from tests.browser.axe import findings
from tests.browser.test_every_page import door_of, once
from tests.browser.town import SITE, Town, Watched
from tests.screens.forms import CARER, WEEK

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
LANGUAGES = SITE.replace('languages = ["en"]', 'languages = ["en", "es", "fr"]')
#: The last question, what help says first, and who is told, by language.
WORDS = {
    "en": ("hurting yourself", "This sounds very hard. You do not have to carry it alone.", "is on call"),
    "es": ("hacerse daño", "Esto suena muy duro. No tiene que llevarlo a solas.", "está de guardia"),
    "fr": ("faire du mal", "Cela semble très dur. Vous n’avez pas à le porter seul(e).", "est de garde"),
}


@pytest.fixture(scope="module", autouse=True)
def ready(town: Town) -> Iterator[None]:
    """The sample is installed, people are on call, the site speaks three languages."""
    call_command("content", "add", str(WEEK), "--accept", "--json")
    say(LANGUAGES + ALERTS)
    yield
    say(SITE)


def say(text: str) -> None:
    site.load(text, by="tests")
    time.sleep(site.FRESH_SECONDS)


def clean(who: Watched) -> None:
    """Nothing for axe, the CSP or the net."""
    assert not findings(who.page)
    assert not who.complaints and not who.foreign


def asked(town: Town, given: str = "Amina", family: str = "Haddad") -> Actor:
    """A new patient whom Dara has asked the sample."""
    patient = town.patient(given, family)
    actions.order(
        door_of(town.people.dara), once=once(), patient=patient.ref, form="urn:rapport:sample:sample", weeks=4
    )
    return patient


def in_language(who: Watched, language: str) -> None:
    who.page.context.add_cookies([{"name": "django_language", "value": language, "url": who.base}])


@pytest.mark.parametrize("language", ["en", "es", "fr"])
@pytest.mark.parametrize("script", [True, False], ids=["with script", "without script"])
def test_an_answer_about_self_harm_brings_help_at_once(
    town: Town, browser: Browser, language: str, script: bool
) -> None:
    """One question a page; the help stands on the page after the answer, before the form is finished."""
    patient = asked(town)
    amina = town.enter(browser, patient, java_script_enabled=script)
    in_language(amina, language)
    question, words, told = WORDS[language]
    amina.open("/")
    amina.page.locator("main a.rp-btn[href^='/checks/']").click()
    for _number in range(3):
        amina.page.locator("main fieldset input").first.check()
        amina.page.locator("main form button").click()
    expect(amina.page.locator("main legend")).to_contain_text(question)
    assert not amina.page.locator("#help-now").count()
    if script:
        clean(amina)
    amina.page.locator("main fieldset input").nth(1).check()
    amina.page.locator("main form button").click()
    box = amina.page.locator("#help-now")
    expect(box).to_contain_text(words)
    expect(box).to_contain_text(told)
    expect(box).to_have_attribute("lang", language)
    expect(box.get_by_role("link", name="112")).to_have_attribute("href", "tel:112")
    if script:
        clean(amina)
    assert not town.fhir(patient, "Task?code=urn:rapport:kind|alert").get("entry")
    found = town.fhir(patient, "QuestionnaireResponse?status=in-progress")["entry"]
    assert len(found[0]["resource"]["item"]) == 4  # saved, and not finished
    amina.page.locator("main form[action$='/finish/'] button").click()
    expect(amina.page.locator("#help-now")).to_contain_text(words)  # it stays
    amina.page.locator("#help-now a[href^='/messages/']").click()
    expect(amina.page.locator("h1")).to_be_visible()
    assert amina.path.startswith("/messages/")


def test_on_one_page_each_answer_is_saved_as_it_is_chosen(town: Town, browser: Browser) -> None:
    patient = asked(town, "Ruth", "Amsel")
    ruth = town.enter(browser, patient)
    dara = town.enter(browser, town.people.dara, viewport={"width": 1280, "height": 900})
    dara.open("/inbox/")
    ruth.open("/checks/")
    ruth.page.get_by_role("link", name=re.compile("Begin")).click()
    ruth.page.get_by_role("link", name="Show all on one page").click()
    clean(ruth)
    ruth.page.locator("main fieldset").nth(3).locator("input").nth(2).check()
    expect(ruth.page.locator("#help-now")).to_contain_text("Dara Okafor (nurse) is on call")
    assert ruth.page.locator("main fieldset").nth(3).locator("input").nth(2).is_checked()
    clean(ruth)
    row = dara.page.locator("li.rp-row", has_text="Ruth Amsel")
    expect(row).to_contain_text("Dara Okafor is asked")  # it came in without a load
    row.get_by_role("button", name="I take it").click()
    expect(dara.page.locator("#alerts")).to_contain_text("An answer about hurting oneself was above zero.")
    clean(dara)
    dara.page.get_by_role("link", name="Read the answers").click()
    expect(dara.page.locator("main")).to_contain_text("Often")
    clean(dara)
    dara.page.go_back()
    dara.page.get_by_label("What did you do?").fill("I rang her. Her sister is with her.")
    dara.page.get_by_role("button", name="It is seen to").click()
    expect(dara.page.get_by_role("status")).to_contain_text("It is seen to.")


def test_a_positive_result_is_looked_at_and_its_course_is_shown(town: Town, browser: Browser) -> None:
    patient = town.patient("Noor", "Aziz")
    dara = town.enter(browser, town.people.dara, viewport={"width": 1280, "height": 900})
    rid = patient.ref.partition("/")[2]
    dara.open(f"/people/{rid}/").get_by_role("link", name="Ask a check").click()
    clean(dara)
    dara.page.get_by_label("How often").select_option("4")
    dara.page.get_by_role("button", name="Ask it").dblclick()
    expect(dara.page.get_by_role("status")).to_contain_text("They are asked now.")
    expect(dara.page.locator("main")).to_contain_text("Every 4 weeks")
    noor = town.enter(browser, patient)
    for marks in ((0, 1, 0, 0), (3, 2, 2, 0)):
        noor.open("/checks/").get_by_role("link", name=re.compile("Begin")).click()
        for mark in marks:
            noor.page.locator("main fieldset input").nth(mark).check()
            noor.page.get_by_role("button", name="Save and go on").click()
        clean(noor)
        noor.page.get_by_role("button", name="I am done").dblclick()
        expect(noor.page.get_by_role("status")).to_contain_text("Thank you. It is done.")
        if marks[0] == 0:
            actions.order(
                door_of(town.people.dara),
                once=once(),
                patient=patient.ref,
                form="urn:rapport:sample:sample",
            )
    expect(noor.page.locator("main")).to_contain_text("Somebody from your team looks at them by")
    expect(noor.page.locator("main")).to_contain_text("Your answers add up to 7 of 12.")
    clean(noor)
    noor.open("/checks/")
    clean(noor)
    entry = dara.open("/inbox/").locator("li.rp-entry", has_text="Noor Aziz")
    clean(dara)
    entry.get_by_role("link").click()
    clean(dara)
    dara.page.get_by_role("button", name="I take it").click()
    dara.page.get_by_label("What did you do?").fill("We spoke, and I see her on Friday.")
    dara.page.get_by_role("button", name="It is seen to").click()
    expect(dara.page.locator("main")).to_contain_text("We spoke, and I see her on Friday.")
    dara.open(f"/people/{rid}/")
    expect(dara.page.locator("main")).to_contain_text("7 of 12")
    assert dara.page.locator("svg.rp-trend").count() == 1
    clean(dara)


def test_with_nobody_on_call_the_form_says_that_it_is_left_out(town: Town, browser: Browser) -> None:
    say(LANGUAGES + NOBODY)
    try:
        patient = asked(town)
        amina = town.enter(browser, patient)
        amina.open("/checks/").get_by_role("link", name=re.compile("Begin")).click()
        expect(amina.page.locator("main")).to_contain_text("One kind of question is left out.")
        for number in range(1, 4):
            expect(amina.page.locator("main")).to_contain_text(f"Question {number} of 3")
            amina.page.locator("main fieldset input").first.check()
            amina.page.get_by_role("button", name="Save and go on").click()
        clean(amina)
        amina.page.get_by_role("button", name="I am done").click()
        expect(amina.page.locator("main")).to_contain_text("One kind of question was not asked.")
        clean(amina)
    finally:
        say(LANGUAGES + ALERTS)


def test_a_carer_has_a_check_of_their_own(town: Town, browser: Browser) -> None:
    call_command("content", "add", str(CARER), "--accept", "--json")
    bilal = town.enter(browser, town.people.bilal)
    amina = town.enter(browser, town.people.amina)
    bilal.open("/more/").get_by_role("link", name="Checks").click()
    expect(bilal.page.locator("main")).to_contain_text("Nobody else reads what you answer")
    clean(bilal)
    bilal.page.get_by_role("button", name=re.compile("Begin")).click()
    for _number in range(4):
        bilal.page.locator("main fieldset input").nth(2).check()
        bilal.page.get_by_role("button", name="Save and go on").click()
    bilal.page.get_by_role("button", name="I am done").click()
    expect(bilal.page.locator("main")).to_contain_text("Nobody but you reads this.")
    expect(bilal.page.locator("main")).to_contain_text("What may help")
    clean(bilal)
    path = bilal.path
    amina.open(path)
    expect(amina.page.locator("main")).not_to_contain_text("Thank you")
    assert "sample" not in (amina.open("/checks/"), amina.says())[1]
