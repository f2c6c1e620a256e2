"""The main job with two browsers at once: three questions, each tracked, none closed but by a yes."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.town import Town, Watched

pytestmark = pytest.mark.browser

LETTER = (
    "Since the new water tablet I get dizzy when I stand up. Is it the tablet? "
    "And do I still take my old one?\n\n"
    "My sister marries in May and I so want to be there. Can I fly?"
)
QUESTIONS = ("Is it the tablet?", "And do I still take my old one?", "Can I fly?")


def write(amina: Watched, script: bool) -> str:
    """Write the letter; the path of its conversation."""
    page = amina.open("/messages/new/")
    page.get_by_label("How I feel, or my medicines").check()
    expect(page.get_by_text("Full answer by").first).to_be_visible()
    expect(page.get_by_text("get urgent help now")).to_be_visible()
    page.get_by_label("Your message").fill(LETTER)
    if script:
        page.get_by_label("Your message").press("End")  # what is typed is looked at, without a click
    else:
        page.get_by_role("button", name="Next: the questions in it").click()
    expect(page.get_by_role("heading", name="We see 3 questions. Is that right?")).to_be_visible()
    page.get_by_role("button", name="Send my message").click()
    page.wait_for_url(re.compile(r"/messages/[0-9a-f-]{36}/$"))
    expect(page.get_by_role("status")).to_contain_text("Sent. Someone takes each question by")
    return amina.path


def answer(dara: Watched, talk: str, words: str, *questions: str) -> None:
    """Answer these questions in one letter."""
    page = dara.open(talk)
    for box in page.locator("#answerable input[type=checkbox]").all():
        box.uncheck()
    for question in questions:
        page.locator("#answerable").get_by_label(f"“{question}”").check()
    page.get_by_label("Your words to").fill(words)
    page.get_by_role("button", name="Send to").click()
    page.wait_for_load_state()
    anyway = page.get_by_role("button", name="Send it as it is")
    if anyway.count():  # the coach sees no answer in these few words, and asks once
        anyway.click()
    expect(page.get_by_role("status")).to_contain_text("Sent.")


def states(town: Town, actor: Any, talk: str) -> dict[str, tuple[str, str]]:
    """What /fhir says of the questions of a conversation: words -> (status, businessStatus)."""
    rid = talk.rstrip("/").rpartition("/")[2]
    found = town.fhir(actor, f"Task?based-on=Communication/{rid}&code=urn:rapport:kind|concern")
    return {
        task["input"][0]["valueString"]: (task["status"], task["businessStatus"]["coding"][0]["code"])
        for task in (entry["resource"] for entry in found["entry"])
    }


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without script"])
def test_the_heard_loop(town: Town, browser: Browser, script: bool) -> None:
    patient, who = town.patient(), {"java_script_enabled": script}
    amina = town.enter(browser, patient, **who)
    dara = town.enter(browser, town.people.dara, viewport={"width": 1280, "height": 900}, **who)
    dara.open("/inbox/")
    talk = write(amina, script)
    assert amina.says().count("Nobody has it yet.") == 3
    follow(dara, script)
    expect(dara.page.locator("#inbox")).to_contain_text("Is it the tablet?")
    assert states(town, patient, talk) == dict.fromkeys(QUESTIONS, ("requested", "raised"))

    # the team sees it; one takes one question, and the patient sees who, without reloading where script is
    row = (
        dara.open("/inbox/")
        .locator("li.rp-row", has_text="Is it the tablet?")
        .filter(has_text="Take it")
        .first
    )
    row.get_by_role("button", name="Take it").click()
    expect(dara.page.get_by_role("status")).to_contain_text("You have it")
    follow(amina, script)
    expect(amina.page.locator("#side")).to_contain_text("Dara Okafor, nurse, has it.")

    # two of three are answered in one letter: each waits for its own yes
    answer(dara, talk, "Yes, it can do that. Leave the old one out.", *QUESTIONS[:2])
    follow(amina, script)
    expect(amina.page.locator("#top")).to_contain_text("Yes, it can do that.")
    assert states(town, patient, talk)[QUESTIONS[0]] == ("in-progress", "answered")

    # the team cannot say for her that it is heard, nor is the conversation done
    assert not dara.open(talk).get_by_role("button", name="Yes, it does").count()
    expect(dara.page.locator("#questions")).to_contain_text("Waiting for Amina")

    # yes to one; not yet to the other, with what is missing
    ask(amina.page, QUESTIONS[0]).get_by_role("button", name="Yes, it does").click()
    expect(amina.page.locator("#side")).to_contain_text("Heard. You said so today")
    box = amina.page.locator(".rp-notyet").first
    box.locator("summary").click()
    box.get_by_label("What is missing?").fill("Which one is the old one?")
    box.get_by_role("button", name="Give it back to Dara").click()
    expect(amina.page.get_by_role("status")).to_contain_text("Open again. Dara Okafor, nurse, has it.")
    assert states(town, patient, talk)[QUESTIONS[1]] == ("in-progress", "reopened")

    # the rest is answered and confirmed
    answer(dara, talk, "The white one. And yes, you can fly.", *QUESTIONS[1:])
    follow(amina, script)
    for _left in range(2):
        amina.page.get_by_role("button", name="Yes, it does").first.click()
        expect(amina.page.get_by_role("status")).to_contain_text("Heard.")
    assert set(states(town, patient, talk).values()) == {("completed", "heard")}
    assert "Nothing is open" in (amina.open("/"), amina.says())[1]

    # what stands behind it says the same over FHIR, to both sides
    rid = talk.rstrip("/").rpartition("/")[2]
    letters = town.fhir(town.people.dara, f"Communication?part-of=Communication/{rid}&_sort=sent")["entry"]
    texts = [entry["resource"]["payload"][0]["contentString"] for entry in letters]
    assert texts[0] == LETTER and len(texts) == 4 and texts[2] == "Which one is the old one?"
    for one in (amina, dara):
        assert not one.complaints and not one.foreign


def ask(page: Page, question: str) -> Any:
    """The part of the page that asks about one question."""
    return page.locator(".rp-ask-one", has_text=question)


def follow(who: Watched, script: bool) -> None:
    """With script the page follows by itself; without it, one loads it again."""
    if not script:
        who.page.reload()


def test_an_answer_that_comes_in_live_is_opened_when_it_is_seen(town: Town, browser: Browser) -> None:
    amina = town.enter(browser, town.patient())
    dara = town.enter(browser, town.people.dara, viewport={"width": 1280, "height": 900})
    talk = write(amina, True)
    answer(dara, talk, "Yes, it can do that.", QUESTIONS[0])
    letter = dara.page.locator("article.rp-letter", has_text="Yes, it can do that.")
    expect(letter).to_contain_text("Not opened yet")
    top = amina.page.locator("#top")
    expect(top).to_contain_text("Yes, it can do that.")  # it came in without a load
    expect(letter).to_contain_text("Read by Amina Haddad", timeout=15_000)
    expect(top.locator("[data-unopened]")).to_have_count(0)

    # one that stands further down than the screen is not opened until it is scrolled to
    amina.page.evaluate("scrollTo(0, 0)")
    answer(dara, talk, "One thing more: drink enough.")
    last = dara.page.locator("article.rp-letter", has_text="drink enough")
    new = amina.page.locator("article.rp-letter", has_text="drink enough")
    expect(new).to_be_attached(timeout=10_000)
    amina.page.wait_for_timeout(6_000)
    expect(last).to_contain_text("Not opened yet")
    new.scroll_into_view_if_needed()
    expect(last).to_contain_text("Read by Amina Haddad", timeout=15_000)
    for one in (amina, dara):
        assert not one.complaints and not one.foreign


def test_a_closed_conversation_takes_a_new_message(town: Town, browser: Browser) -> None:
    amina = town.enter(browser, town.patient())
    talk = write(amina, True)
    page = amina.open(f"{talk}more/")
    page.get_by_label("Your message").fill("Thank you all. It is better now.")
    page.get_by_label("Your message").press("End")
    page.get_by_label("It is only thanks, or news").check()
    page.get_by_role("button", name="Send my message").click()
    page.wait_for_url(f"**{talk}")
    assert amina.says().count("Nobody has it yet.") == 3  # no clock was started by thanks


def test_back_double_click_and_two_tabs_do_no_harm(town: Town, browser: Browser) -> None:
    patient = town.patient()
    amina = town.enter(browser, patient)
    page = amina.open("/messages/new/")
    page.get_by_label("How I feel, or my medicines").check()
    page.get_by_label("Your message").fill("Is it the tablet?")
    page.get_by_label("Your message").press("End")
    page.get_by_role("button", name="Send my message").dblclick()
    page.wait_for_url(re.compile(r"/messages/[0-9a-f-]{36}/$"))
    talk = amina.path
    page.go_back(wait_until="networkidle")
    assert (
        page.get_by_label("Your message").input_value() == ""
    )  # a fresh form, not the old one to be sent twice
    amina.open("/messages/")
    assert page.locator("#list li.rp-entry").count() == 1

    # two tabs of one nurse: the second is told what changed, and its words stay
    dara = town.enter(browser, town.people.dara)
    first, second = dara.page, Watched(dara.page.context.new_page(), town.url)
    first.goto(town.url + talk)
    second.open(talk)
    for tab, words in ((first, "Yes."), (second.page, "No, it is not.")):
        tab.locator("#answerable input").check()
        tab.get_by_label("Your words to").fill(words)
    first.get_by_role("button", name="Send to").click()
    expect(first.get_by_role("status")).to_contain_text("Sent.")
    page.goto(town.url + talk)
    page.get_by_role("button", name="Yes, it does").click()
    expect(page.locator("#side")).to_contain_text("Heard.")
    second.page.get_by_role("button", name="Send to").click()
    expect(second.page.get_by_role("alert")).to_contain_text("Not sent yet")
    assert second.page.get_by_label("Your words to").input_value() == "No, it is not."
    assert "Heard" in second.says()


def test_a_sign_in_that_ended_keeps_the_draft(town: Town, browser: Browser) -> None:
    from django.contrib.sessions.backends.base import SessionBase

    patient = town.patient()
    amina = town.enter(browser, patient, java_script_enabled=False)
    page = amina.open("/messages/new/")
    page.get_by_label("How I feel, or my medicines").check()
    page.get_by_label("Your message").fill("I lie awake and count my heartbeats.")
    session: SessionBase = town.session(patient).session
    cookie = next(one for one in page.context.cookies() if one["name"].startswith("rapport"))
    session = type(session)(cookie["value"])
    session["seen"] = session["began"] - 3 * 3600
    session.save()
    page.get_by_role("button", name="Next: the questions in it").click()
    expect(page.locator("main")).to_contain_text("we signed you out")
    back = town.enter(browser, patient)
    expect(back.open("/messages/new/").get_by_label("Your message")).to_have_value(
        "I lie awake and count my heartbeats."
    )
