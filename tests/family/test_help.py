"""The help calendar: Amina asks, her circle takes it; who is not let in finds nothing."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rapport.fhir.outcomes import Refused
from rapport.fhir.validation import check
from rapport.gate.actor import Actor
from rapport.gate.door import Door
from rapport.people import site
from rapport.people.models import Notice
from rapport.pillars.circle import actions as circle
from rapport.pillars.circle.shapes import Choice
from rapport.pillars.family import actions, tasks
from rapport.pillars.family.reading import helping as reading
from rapport.pillars.family.rules import helping as rules
from rapport.pillars.family.shapes import helping as shapes
from rapport.pillars.family.shapes.helping import Asked
from tests.conversations.conftest import SITE
from tests.conversations.pages import Browser
from tests.personas import AMINA, BILAL, EVE, People, arrive

Doors = Callable[[Actor], Door]
HELP = Choice({"practical-help": None})
NOW = datetime.now(UTC).replace(microsecond=0)
RIDE = Asked("ride", "To the eye clinic and back.", NOW + timedelta(days=2), NOW + timedelta(days=2, hours=1))
DAUGHTER = {
    "resourceType": "RelatedPerson", "id": "zara", "active": True,
    "patient": {"reference": AMINA, "display": "Amina Haddad"},
    "relationship": [{"text": "daughter"}], "name": [{"family": "Haddad", "given": ["Zara"]}],
}  # fmt: skip
ZARA = Actor("kin", "RelatedPerson/zara", "Zara Haddad", "her daughter", patients=(AMINA,))


@pytest.fixture
def zara(door: Doors, people: People) -> Actor:
    """A daughter beside the son."""
    door(Actor.system("tests")).create(DAUGHTER, rid="zara")
    return ZARA


@pytest.fixture
def ride(door: Doors, people: People) -> str:
    """A ride that Amina asked for, with Bilal let in."""
    circle.share(door(people.amina), member="bilal", choice=HELP)
    return actions.ask(door(people.amina), once="the first form", patient=AMINA, asked=RIDE)


def need(door: Door, rid: str) -> shapes.Need:
    return shapes.read_need(door.read("Task", rid).json)


def told() -> set[tuple[str, str]]:
    return set(Notice.objects.values_list("person", "kind"))


# ---------------------------------------------------------------- as FHIR


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.sampled_from(shapes.WHATS),
    st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=90).map(
        lambda one: f"a{one}"
    ),
    st.integers(0, 300),
    st.integers(1, 14 * 24 * 60),
)
def test_what_is_built_is_read_again_and_is_valid(what: str, words: str, days: int, minutes: int) -> None:
    begins = NOW + timedelta(days=days)
    asked = Asked(what, words, begins, begins + timedelta(minutes=minutes))
    body = shapes.need("n1", asked, patient=AMINA, by=(AMINA, "Amina"), at=NOW)
    assert check(body) == ()
    read = shapes.read_need(body)
    assert Asked(read.what, read.words, read.begins or NOW, read.ends or NOW) == asked
    rules.judge("patient", AMINA, None, body, NOW)
    taken = shapes.taken(body, (BILAL, "Bilal"), NOW)
    assert check(taken) == () and shapes.read_need(taken).comes == (BILAL, "Bilal")
    rules.judge("kin", BILAL, body, taken, NOW)
    assert shapes.read_need(shapes.given_back(taken, NOW)) == read


BODY = shapes.need("n1", RIDE, patient=AMINA, by=(AMINA, "Amina"), at=NOW)
HIS = shapes.taken(BODY, (BILAL, "Bilal"), NOW)
REFUSED: list[tuple[str, str, str, Any, Any]] = [
    ("deleted", "patient", AMINA, BODY, None),
    ("taken by the patient", "patient", AMINA, BODY, shapes.taken(BODY, (AMINA, "Amina"), NOW)),
    ("taken for another", "kin", BILAL, BODY, shapes.taken(BODY, (ZARA.ref, "Zara"), NOW)),
    ("taken from another", "kin", ZARA.ref, HIS, shapes.taken(HIS, (ZARA.ref, "Zara"), NOW)),
    ("given back for another", "kin", ZARA.ref, HIS, shapes.given_back(HIS, NOW)),
    ("taken out by another", "kin", BILAL, BODY, shapes.withdrawn(BODY, NOW)),
    ("other words", "kin", BILAL, BODY, {**BODY, "description": "Something else."}),
    ("another patient", "kin", BILAL, BODY, {**BODY, "for": {"reference": EVE}}),
    ("by staff", "staff", "Practitioner/dara", None, BODY),
    ("taken at birth", "patient", AMINA, None, HIS),
    ("no words", "patient", AMINA, None, {**BODY, "description": "  "}),
    ("another kind", "patient", AMINA, BODY, {**BODY, "code": {"text": "x"}}),
    ("after its end", "patient", AMINA, shapes.withdrawn(BODY, NOW), BODY),
]


@pytest.mark.parametrize("name, kind, ref, before, after", REFUSED, ids=[one[0] for one in REFUSED])
def test_what_nobody_may_do(name: str, kind: str, ref: str, before: Any, after: Any) -> None:
    with pytest.raises(Refused):
        rules.judge(kind, ref, before, after, NOW)


def test_what_is_past_is_left_as_it_is() -> None:
    with pytest.raises(Refused, match="past"):
        rules.judge("patient", AMINA, None, BODY, NOW + timedelta(days=3))
    with pytest.raises(Refused, match="past"):
        rules.judge("kin", BILAL, BODY, HIS, NOW + timedelta(days=3))


# ---------------------------------------------------------------- who may


def test_asked_taken_and_given_back(door: Doors, people: People, zara: Actor, ride: str) -> None:
    circle.share(door(people.amina), member="zara", choice=HELP)
    assert told() == {(BILAL, "help")}  # she was not let in when it was asked for
    actions.take(door(people.bilal), patient=AMINA, need=ride)
    assert need(door(people.amina), ride).comes == (BILAL, "Bilal Haddad")
    assert told() == {(BILAL, "help"), (AMINA, "help")}
    with pytest.raises(Refused) as again:
        actions.take(door(zara), patient=AMINA, need=ride)
    assert again.value.code == "conflict"
    actions.take(door(people.bilal), patient=AMINA, need=ride)  # twice is as once
    actions.give_back(door(people.bilal), patient=AMINA, need=ride)
    assert need(door(zara), ride).state == "open"
    assert (zara.ref, "help") in told()
    actions.take(door(zara), patient=AMINA, need=ride)
    actions.withdraw(door(people.amina), patient=AMINA, need=ride)
    assert reading.ahead(door(people.amina), AMINA, NOW) == ()


def test_asked_twice_with_one_form_it_is_asked_once(door: Doors, people: People, ride: str) -> None:
    assert actions.ask(door(people.amina), once="the first form", patient=AMINA, asked=RIDE) == ride
    assert len(reading.ahead(door(people.amina), AMINA, NOW)) == 1


def test_he_may_ask_for_her(door: Doors, people: People, ride: str) -> None:
    rid = actions.ask(door(people.bilal), once="his form", patient=AMINA, asked=RIDE)
    assert need(door(people.amina), rid).by == (BILAL, "Bilal Haddad")
    assert (AMINA, "help") in told()


def test_eve_does_nothing_of_it(door: Doors, people: People, ride: str) -> None:
    for stranger in (people.eve, people.eve_staff, people.root):
        for act in (actions.take, actions.give_back, actions.withdraw):
            with pytest.raises(Refused) as refused:
                act(door(stranger), patient=AMINA, need=ride)
            assert refused.value.code == "not-found"
        with pytest.raises(Refused):
            actions.ask(door(stranger), once="a stranger's", patient=AMINA, asked=RIDE)
        assert reading.ahead(door(stranger), AMINA, NOW) == ()
    assert need(door(people.amina), ride).state == "open"


def test_no_other_category_opens_it(door: Doors, people: People, ride: str) -> None:
    others = Choice(dict.fromkeys(["conversations", "appointments", "plan", "health-record"]), writes=True)
    circle.share(door(people.amina), member="bilal", choice=others)
    assert reading.ahead(door(people.bilal), AMINA, NOW) == ()
    with pytest.raises(Refused) as refused:
        actions.take(door(people.bilal), patient=AMINA, need=ride)
    assert refused.value.code == "not-found"
    with pytest.raises(Refused):
        actions.ask(door(people.bilal), once="x", patient=AMINA, asked=RIDE)


def test_help_opens_nothing_else(door: Doors, people: People, three: Any, ride: str) -> None:
    assert [one.rid for one in door(people.bilal).search("Task", [("_count", "50")]).matches] == [ride]
    assert not door(people.bilal).search("Communication", [("_count", "50")]).matches


@pytest.mark.parametrize("how", ["pause", "end"])
def test_what_ends_is_over_at_once(door: Doors, people: People, ride: str, how: str) -> None:
    getattr(circle, how)(door(people.amina), member="bilal")
    assert reading.ahead(door(people.bilal), AMINA, NOW) == ()
    with pytest.raises(Refused):
        actions.take(door(people.bilal), patient=AMINA, need=ride)
    with pytest.raises(Refused):
        actions.ask(door(people.bilal), once="x", patient=AMINA, asked=RIDE)


def test_kept_from_the_circle_it_is_not_there(door: Doors, people: People, ride: str) -> None:
    circle.keep_private(door(people.amina), ref=f"Task/{ride}", private=True)
    assert reading.ahead(door(people.bilal), AMINA, NOW) == ()


def test_staff_read_it_and_change_nothing(door: Doors, people: People, ride: str) -> None:
    assert [one.rid for one in reading.ahead(door(people.dara), AMINA, NOW)] == [ride]
    for act in (actions.take, actions.withdraw):
        with pytest.raises(Refused):
            act(door(people.dara), patient=AMINA, need=ride)


def test_no_way_around_by_the_record(door: Doors, people: People, ride: str) -> None:
    """What a page cannot do `/fhir` cannot do: it is the same door."""
    body = door(people.bilal).read("Task", ride).json
    for change in ({"description": "x"}, {"status": "completed"}, {"for": {"reference": EVE}},
                   {"owner": {"reference": ZARA.ref}, "status": "accepted"}):  # fmt: skip
        with pytest.raises(Refused):
            door(people.bilal).update({**body, **change})
    with pytest.raises(Refused):
        door(people.bilal).delete("Task", ride)


def test_two_at_once_are_one(own_database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two tabs, two people, the same moment: one comes, the other is told so."""
    found = site.parse(SITE)
    monkeypatch.setattr(site, "current", lambda: found)
    people, ready, said = People(), threading.Barrier(2), dict[str, str]()
    with psycopg.connect(own_database, autocommit=True) as conn:
        arrive(conn)
        amina = Door(conn, people.amina, source="api")
        Door(conn, Actor.system("tests")).create(DAUGHTER, rid="zara")
        for member in ("bilal", "zara"):
            circle.share(amina, member=member, choice=HELP)
        ride = actions.ask(amina, once="the first form", patient=AMINA, asked=RIDE)

        def press(actor: Actor) -> None:
            with psycopg.connect(own_database, autocommit=True) as own:
                ready.wait(10)
                try:
                    actions.take(Door(own, actor, source="api"), patient=AMINA, need=ride)
                    said[actor.ref] = "comes"
                except Refused as refused:
                    said[actor.ref] = refused.code

        both = [threading.Thread(target=press, args=[actor]) for actor in (people.bilal, ZARA)]
        for one in both:
            one.start()
        for one in both:
            one.join(20)
        assert sorted(said.values()) == ["comes", "conflict"]
        assert said[need(amina, ride).comes[0]] == "comes"


# ---------------------------------------------------------------- reminders


def test_who_comes_is_reminded_once(door: Doors, people: People, ride: str) -> None:
    soon = Asked("meal", "Soup.", NOW + timedelta(hours=5), NOW + timedelta(hours=6))
    taken = actions.ask(door(people.amina), once="soup", patient=AMINA, asked=soon)
    actions.ask(door(people.amina), once="more soup", patient=AMINA, asked=soon)
    actions.take(door(people.bilal), patient=AMINA, need=taken)
    for _ in range(2):
        assert tasks.sweep() == 2
    reminded = Notice.objects.filter(kind="help-soon").values_list("person", flat=True)
    assert sorted(reminded) == [AMINA, BILAL]  # nobody has taken the second: she hears of it


# ---------------------------------------------------------------- pages


def form(browser: Browser, path: str, **more: str) -> str:
    day = timezone.localdate() + timedelta(days=2)
    said = {"what": "ride", "words": "To the eye clinic.", "day": day.isoformat(), "clock": "09:30"}
    return browser.post(path, {**said, "length": "60", **more})


def test_the_pages(door: Doors, people: People) -> None:
    circle.share(door(people.amina), member="bilal", choice=HELP)
    amina, bilal, dara = Browser(people.amina), Browser(people.bilal), Browser(people.dara)
    assert "Ask for help" in amina.get("/family/amina/help/")
    said = form(amina, "/family/amina/help/new/")
    assert "To the eye clinic." in said and "9.30 am" in said and "Nobody has taken it yet" in said
    rid = reading.ahead(door(people.amina), AMINA, NOW)[0].rid
    his = bilal.get("/family/amina/help/")
    assert "What would help Amina" in his and "I do it" in his
    assert "You come" in bilal.post(f"/family/amina/help/{rid}/take/")
    assert "Bilal comes" in amina.get("/family/amina/help/")
    assert "Bilal comes" in dara.get("/family/amina/help/") and "I do it" not in dara.html
    assert "It is open again" in bilal.post(f"/family/amina/help/{rid}/back/")
    assert "Taken out" in amina.post(f"/family/amina/help/{rid}/off/")


def test_what_is_wrong_is_said_beside_its_field(people: People) -> None:
    amina = Browser(people.amina)
    past = (timezone.localdate() - timedelta(days=1)).isoformat()
    assert "That is past" in form(amina, "/family/amina/help/new/", day=past) and amina.status == 422
    assert "Choose one of these" in form(amina, "/family/amina/help/new/", what="")
    assert "like 9:30" in form(amina, "/family/amina/help/new/", clock="soon")
    assert "Say in a sentence" in form(amina, "/family/amina/help/new/", words=" ")


def test_eve_finds_no_page(people: People, ride: str) -> None:
    for stranger in (Browser(people.eve), Browser(people.eve_staff)):
        for path in ("/family/amina/help/", "/family/amina/help/new/"):
            stranger.get(path)
            assert stranger.status == 404
        stranger.post(f"/family/amina/help/{ride}/take/")
        assert stranger.status == 404


def test_without_the_category_the_page_says_nothing(door: Doors, people: People, ride: str) -> None:
    circle.share(door(people.amina), member="bilal", choice=Choice({"conversations": None}))
    bilal = Browser(people.bilal)
    said = bilal.get("/family/amina/help/")
    assert "This is not shared with you" in said and "eye clinic" not in bilal.html
    bilal.get("/family/amina/help/new/")
    assert bilal.status == 404
