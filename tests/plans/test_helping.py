"""One of the circle ticks things off my list: only whom I named, only what they see, never over my word."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.utils import timezone

from rapport.fhir.outcomes import Refused
from rapport.fhir.validation import check
from rapport.gate.actor import Actor
from rapport.gate.door import Door
from rapport.people import site
from rapport.pillars.circle import actions as circle
from rapport.pillars.circle.shapes import Choice as Sharing
from rapport.pillars.plans import actions, reading
from rapport.pillars.plans.shapes import days
from rapport.pillars.plans.shapes.days import Answer, Wish
from tests.conversations.pages import Browser
from tests.personas import AMINA, People
from tests.plans.test_days import KEY, RAMIPRIL

Doors = Callable[[Actor], Door]
ALL = ("plan", "what-matters", "health-record")
DRINK = Wish("own-water", "A glass of water", ("10:00",))


@pytest.fixture
def shared(people: People, door: Doors) -> People:
    """Amina shares her plan, her words and her record with Bilal, and lets him tick things off."""
    door(people.program).create(RAMIPRIL, rid="m1")
    let_in(people, door, *ALL)
    name(people, door, people.bilal.ref)
    return people


def let_in(people: People, door: Doors, *categories: str) -> None:
    circle.share(door(people.amina), member=people.bilal.ref, choice=Sharing(dict.fromkeys(categories)))


def name(people: People, door: Doors, *refs: str) -> None:
    actions.choose(door(people.amina), patient=AMINA, wishes=[DRINK], helpers=refs)


def tick(door: Door, key: str = KEY, done: bool = True) -> None:
    actions.tick_for(door, patient=AMINA, day=timezone.localdate(), key=key, words="Ramipril 5 mg", done=done)


def said(door: Door) -> dict[str, Answer]:
    found = reading.reports(door, AMINA, timezone.localdate(), 1)
    return {one.key: one for one in found.get(timezone.localdate(), ())}


def test_amina_names_bilal_and_reads_that_it_was_he(people: People, door: Doors) -> None:
    door(people.program).create(RAMIPRIL, rid="m1")
    let_in(people, door, *ALL)
    amina, bilal = Browser(people.amina), Browser(people.bilal)
    assert "Done" not in bilal.get("/today/amina/")
    assert "Who may tick things off for you?" in amina.get("/today/amina/times/")
    amina.send("/times/", helper=people.bilal.ref)
    assert amina.get("/today/amina/times/") and f'value="{people.bilal.ref}" checked' in amina.html
    assert "lets you tick things off here" in bilal.get("/today/amina/")
    assert "Not this time" not in bilal.said
    now = bilal.send("/tick/", done=KEY)
    assert "Done . Bilal Haddad ticked it." in now
    assert "Bilal Haddad ticked it." in amina.get("/today/amina/")
    stored = door(people.amina).read("QuestionnaireResponse", days.day_id(AMINA, timezone.localdate())).json
    assert check(stored) == () and stored["author"]["reference"] == AMINA and "Bilal" not in str(stored)
    bilal.send("/tick/", undo=KEY)
    assert not said(door(people.amina))[KEY].done
    amina.get("/today/amina/times/")
    assert "Kept" in amina.send("/times/", helper=None)
    assert bilal.post("/today/amina/tick/", {"done": KEY}) and bilal.status == 404


def test_her_own_word_stays(shared: People, door: Doors) -> None:
    today = timezone.localdate()
    for own in (Answer(KEY, "Ramipril 5 mg", True), Answer(KEY, "Ramipril 5 mg", False, "cost")):
        actions.report(door(shared.amina), patient=AMINA, day=today, answer=own)
        for done in (True, False):
            with pytest.raises(Refused):
                tick(door(shared.bilal), done=done)
        assert said(door(shared.amina))[KEY] == own
    actions.report(door(shared.amina), patient=AMINA, day=today, answer=Answer(KEY, "Ramipril 5 mg", False))
    tick(door(shared.bilal))
    assert said(door(shared.amina))[KEY].by == shared.bilal.ref


def test_only_what_he_sees(shared: People, door: Doors) -> None:
    tick(door(shared.bilal), "own-water@10:00")
    for key in ("own-wine@10:00", "MedicationRequest/m2@08:00", "CarePlan/none#a@", "Patient/eve@", "", "@"):
        with pytest.raises(Refused):
            tick(door(shared.bilal), key)
    let_in(shared, door, "plan", "what-matters")  # the medicines no more
    with pytest.raises(Refused):
        tick(door(shared.bilal))
    let_in(shared, door, "plan", "health-record")  # her words no more: not whom she named either
    with pytest.raises(Refused):
        tick(door(shared.bilal))
    assert set(said(door(shared.amina))) == {"own-water@10:00"}


@pytest.mark.parametrize("who", ["eve", "eve_staff", "dara", "root", "bilal"])
def test_eve_and_others_tick_nothing(shared: People, door: Doors, who: str) -> None:
    name(shared, door)  # nobody any more
    actor = getattr(shared, who)
    other = Browser(actor)
    other.post("/today/amina/tick/", {"done": KEY})
    assert other.status == 404
    with pytest.raises(Refused):
        tick(door(actor))
    assert not said(door(shared.amina))


def test_nobody_writes_the_form_or_a_tick_in_another_name(shared: People, door: Doors) -> None:
    today = timezone.localdate()
    mine = days.a_day(
        AMINA, "Amina Haddad", today, [Answer(KEY, "Ramipril", True, by=shared.bilal.ref)],
        at=timezone.now(),
    )  # fmt: skip
    for one in (shared.amina, shared.bilal):
        with pytest.raises(Refused):
            door(one).create(mine, rid=mine["id"])
    tick(door(shared.bilal))
    zone = site.current().zone
    assert reading.of_day(door(shared.amina), AMINA, today, zone).helpers == (shared.bilal.ref,)
