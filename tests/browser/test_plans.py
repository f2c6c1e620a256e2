"""Goals, plans, a day and its drawings in real browsers: with script and without, on a phone and a desk."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone
from playwright.sync_api import Browser

from rapport.gate.actor import Actor
from rapport.gate.door import Door
from rapport.pillars.plans import actions
from rapport.pillars.plans.shapes.careplans import Choice, Chosen
from rapport.pillars.plans.shapes.days import Answer
from rapport.pillars.plans.shapes.goals import Said
from rapport.pillars.what_matters import actions as matters
from tests.browser.axe import findings
from tests.browser.test_every_page import judge
from tests.browser.town import Town, Watched
from tests.plans.definitions import ACTIVITY, PLAN
from tests.plans.test_charts import fill, weight
from tests.plans.test_days import RAMIPRIL

pytestmark = pytest.mark.browser

NEEDLES = "I faint when I see a needle"


def door_of(actor: Actor) -> Door:
    connection.ensure_connection()
    return Door(connection.connection, actor, unit=transaction.atomic)


@pytest.fixture(scope="module")
def patient(town: Town) -> Actor:
    """Somebody with words, a goal, a proposal, a plan, medicines, readings and a day."""
    actor, today = town.patient(), timezone.localdate()
    hers, dara = door_of(actor), door_of(town.people.dara)
    about = {"reference": actor.ref}
    rid = actor.ref.partition("/")[2]
    work = door_of(Actor.system("tests"))
    for body in (PLAN, ACTIVITY):
        work.create(body, rid=body["id"])
    matters.write(hers, once="a", patient=actor.ref, kind="worry", words=NEEDLES)
    goal = actions.say(hers, once="b", patient=actor.ref, said=Said("To dance", because="My sister"))
    actions.level(hers, patient=actor.ref, goal=goal, level=-1)
    actions.say(dara, once="c", patient=actor.ref, said=Said("To sleep till five"))
    records = [
        RAMIPRIL, {**RAMIPRIL, "medicationCodeableConcept": {"text": "Insulin, subcutaneous"}},
        *(weight(f"w{n}", today - timedelta(days=n), 70 + n / 10) for n in (1, 9, 30)),
        *(fill(f"f{n}", today - timedelta(days=n)) for n in (120, 80, 30)),
    ]  # fmt: skip
    for number, body in enumerate(records):
        work.create({**body, "id": f"{rid}-{number}", "subject": about}, rid=f"{rid}-{number}")
    parts = {
        "look": Chosen("Look at both feet", "goal-1", ("20:00",)),
        "shoes": Chosen("Other shoes", f"Goal/{goal}"),
    }
    plan = actions.apply(
        dara, once="d", patient=actor.ref, template="feet", choice=Choice({"goal-1": "To walk"}, parts)
    )
    actions.answer(hers, patient=actor.ref, plan=plan, key="look", state="going")
    said = Answer(f"MedicationRequest/{rid}-0@08:00", "Ramipril 5 mg", False, "cost", "Twelve euros.")
    actions.report(hers, patient=actor.ref, day=today, answer=said)
    return actor


@pytest.fixture(params=[(390, "light"), (1280, "dark")], ids=lambda one: f"{one[0]} {one[1]}")
def both(
    town: Town, browser: Browser, patient: Actor, request: pytest.FixtureRequest
) -> Iterator[tuple[Watched, Watched]]:
    width, light = request.param
    look = {"viewport": {"width": width, "height": 844}, "color_scheme": light}
    amina, dara = (town.enter(browser, one, **look) for one in (patient, town.people.dara))
    yield amina, dara
    for watched in (amina, dara):
        watched.page.context.close()


def test_every_page_is_well(both: tuple[Watched, Watched], patient: Actor) -> None:
    amina, dara = both
    rid = patient.ref.partition("/")[2]
    theirs = ("", "new/", "charts/", "paper/")
    for path in (
        *(f"/goals/{rid}/{one}" for one in theirs),
        f"/today/{rid}/",
        f"/today/{rid}/times/",
        f"/matters/{rid}/",
    ):
        judge(amina, path)
    today = timezone.localdate()
    judge(amina, f"/today/{rid}/missed/?day={today}&key=MedicationRequest/{rid}-0%4020:00")
    ours = ("", "charts/", "paper/", "templates/", "templates/feet/")
    for path in (
        *(f"/goals/{rid}/{one}" for one in ours),
        f"/today/{rid}/",
        f"/adherence/{rid}/",
        "/barriers/",
    ):
        judge(dara, path)
    link = dara.open(f"/matters/{rid}/").get_by_role("link", name="Say why it is still right").first
    judge(dara, str(link.get_attribute("href")))


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_a_plan_from_proposal_to_done(town: Town, browser: Browser, patient: Actor, script: bool) -> None:
    """Dara sees the words before she proposes, says why, and Amina reads both, then answers and ticks."""
    rid = patient.ref.partition("/")[2]
    dara = town.enter(browser, town.people.dara, java_script_enabled=script)
    page = dara.open(f"/goals/{rid}/templates/feet/")
    page.get_by_role("button", name="Propose it to").click()
    page.get_by_text("Nothing is kept yet.").wait_for()
    assert NEEDLES in dara.says() and not findings_of(dara, script)
    why = f"A rusty nail, {'with' if script else 'without'} script."
    page.get_by_label("Why it is still right").fill(why)
    page.get_by_role("button", name="Propose it to").click()
    page.wait_for_url(f"**/goals/{rid}/**")
    assert why in dara.says()
    amina = town.enter(browser, patient, java_script_enabled=script)
    page = amina.open(f"/goals/{rid}/")
    assert why in amina.says() and NEEDLES in amina.says() and "Because you said" in amina.says()
    page.get_by_role("button", name=re.compile("^Yes, I want this.*Tetanus vaccination")).first.click()
    page.get_by_role("button", name=re.compile("^It is done.*Tetanus vaccination")).first.click()
    assert "Done. Well done." in page.inner_text("body")
    page = amina.open(f"/today/{rid}/")
    page.get_by_role("button", name=re.compile("^Done.*Insulin")).first.click()
    page.get_by_role("button", name=re.compile("^Not yet, after all.*Insulin")).first.click()
    page.get_by_role("button", name=re.compile("^Done.*Insulin")).first.wait_for()
    for watched in (amina, dara):
        assert not watched.complaints and not watched.foreign
        watched.page.context.close()


def findings_of(watched: Watched, script: bool) -> object:
    return findings(watched.page) if script else ()


#: The smallest letters that would be printed, in CSS pixels; what else of the page would be.
SMALLEST = """[...document.querySelectorAll('.rp-paper *')]
  .filter((one) => [...one.childNodes].some((part) => part.nodeType === 3 && part.data.trim()))
  .reduce((least, one) => Math.min(least, parseFloat(getComputedStyle(one).fontSize)), 1000)"""
BESIDE = """[...document.querySelectorAll('body *')]
  .filter((one) => !one.closest('.rp-paper') && !one.querySelector('.rp-paper') && one.getClientRects().length
    && [...one.childNodes].some((part) => part.nodeType === 3 && part.data.trim()))
  .map((one) => one.textContent)"""


def test_paper_is_large_and_nothing_else_is_printed(town: Town, browser: Browser, patient: Actor) -> None:
    rid = patient.ref.partition("/")[2]
    amina = town.enter(browser, patient, color_scheme="dark")
    page = amina.open(f"/goals/{rid}/paper/")
    page.evaluate("window.print = () => { window.printed = true }")
    page.get_by_role("button", name="Print it").click()
    assert page.evaluate("window.printed")
    page.emulate_media(media="print")
    assert page.evaluate(SMALLEST) >= 24  # 18 points
    assert page.evaluate(BESIDE) == []
    style = "getComputedStyle(document.querySelector('.rp-paper'))"
    assert page.evaluate(f"[{style}.color, {style}.backgroundColor]") == [
        "rgb(0, 0, 0)",
        "rgb(255, 255, 255)",
    ]
    page.context.close()


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_a_part_is_wished_otherwise_and_answered(
    town: Town, browser: Browser, patient: Actor, script: bool
) -> None:
    rid = patient.ref.partition("/")[2]
    wish = f"Slippers with a back, {'with' if script else 'without'} script"
    amina = town.enter(browser, patient, java_script_enabled=script, viewport={"width": 390, "height": 844})
    page = amina.open(f"/goals/{rid}/")
    page.get_by_role("link", name=re.compile("^No, or otherwise.*(Other shoes|Slippers)")).first.click()
    page.get_by_label("What I would like instead").fill(wish)
    assert not findings_of(amina, script)
    page.get_by_role("button", name="Keep it").click()
    page.get_by_text("Your team answers", exact=True).wait_for()
    dara = town.enter(browser, town.people.dara, java_script_enabled=script)
    page = dara.open(f"/goals/{rid}/")
    page.get_by_role("link", name=re.compile("^Answer.*(Other shoes|Slippers)")).first.click()
    assert wish in dara.says() and not findings_of(dara, script)
    page.get_by_label("Yes, so it shall be").check()
    page.get_by_role("button", name="Send the answer").click()
    page.wait_for_url(f"**/goals/{rid}/**")
    assert wish in amina.open(f"/goals/{rid}/").inner_text("main")
    for watched in (amina, dara):
        assert not watched.complaints and not watched.foreign
        watched.page.context.close()
