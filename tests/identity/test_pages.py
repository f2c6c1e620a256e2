"""Who is who, without script: found, shown side by side, joined, kept apart, undone, split; and Eve."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from django.db import connection

from rapport.fhir.outcomes import Refused
from rapport.gate.actor import Actor
from rapport.gate.door import Door
from rapport.gate.identity import pairs
from rapport.gate.preview import seen_by
from rapport.people import actors, mail
from rapport.people.models import User
from rapport.pillars.circle import actions as circle
from rapport.pillars.circle import reading as circle_reading
from rapport.pillars.circle.shapes import Choice
from rapport.pillars.conversations.actions import Sent
from rapport.pillars.identity import actions, tasks
from tests.conversations.pages import Browser
from tests.identity.conftest import AGAIN
from tests.personas import AMINA, EVE, People, observation

Doors = Callable[[Actor], Door]
PAIR = "/identity/pair/again/amina/"


@pytest.fixture(autouse=True)
def can_send(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether e-mail leaves is not asked here."""
    monkeypatch.setattr(mail, "can_send", lambda: True)


@pytest.fixture
def chen(people: People) -> Browser:
    return Browser(people.chen)


def compare(door: Doors) -> None:
    """The job, for records that are old enough."""
    connection.connection.execute("UPDATE resource SET updated = updated - interval '1 minute'")
    assert tasks.compare(door(Actor.system("identity"))) > 0
    assert tasks.compare(door(Actor.system("identity"))) == 0


def joined(chen: Browser) -> str:
    chen.get(PAIR)
    return chen.send("/join/", keep="amina")


def test_found_and_shown_side_by_side(chen: Browser, people: People, door: Doors, again: str) -> None:
    assert "Nobody seems to be here twice" in chen.get("/identity/")
    compare(door)
    said = chen.get("/identity/")
    assert "First and family name are swapped, the same birth date" in said, said
    said = chen.get(PAIR)
    assert "One person or two?" in said and "Haddad Aminá" in said and "Amina Haddad" in said
    assert "swapped" in said and "agrees" in said
    assert "This person may be here twice." in chen.get("/people/amina/")
    assert "/identity/split/amina/" in chen.html and "twice" not in Browser(people.dara).get("/people/amina/")


def test_joined_and_undone(chen: Browser, people: People, door: Doors, again: str, three: Sent) -> None:
    compare(door)
    assert "Joined." in joined(chen)
    assert "was joined to" in chen.said and "Nobody seems to be here twice" in chen.said
    assert "pharmacy" in Browser(people.amina).get("/messages/c2/")
    assert chen.client.get("/people/again/").headers["Location"] == "/people/amina/"
    assert "Aminá" not in chen.get("/people/?name=haddad")
    chen.get("/identity/")
    assert "Undone. Everything is where it was." in chen.send("/undo/")
    assert Browser(people.amina).get("/messages/c2/") and chen.client.get("/people/again/").status_code == 200
    assert "Undone" in chen.get("/identity/") and "/undo/" not in chen.html


def test_a_double_click_two_tabs_and_back(chen: Browser, door: Doors, again: str) -> None:
    chen.get(PAIR)
    form = chen.form("/join/")
    for _click in range(2):
        assert "Joined." in chen.post(form.action, {**form.fields, "keep": "amina"})
    assert chen.html.count("was joined to") == 1
    other_way = chen.post(form.action, {**form.fields, "keep": "again", "once": "a form of another tab"})
    assert "was joined to" in other_way and chen.html.count("was joined to") == 1
    assert chen.client.get(PAIR).status_code == 303  # Back
    chen.get("/identity/")
    undo = chen.form("/undo/").action
    for _click in range(2):
        assert "Undone." in chen.post(undo)


def test_what_was_changed_meanwhile_is_looked_at_again(
    chen: Browser, people: People, door: Doors, again: str
) -> None:
    chen.get(PAIR)
    form = chen.form("/join/")
    own = door(Actor.system("tests"))
    own.update({**own.read("Patient", "again").json, "birthDate": "2001-01-01"})
    said = chen.post(form.action, {**form.fields, "keep": "amina"})
    assert "changed in the meantime" in said and "2001-01-01" in said
    assert chen.status == 409 or chen.status == 412
    assert "Choose which record to keep." in chen.post(form.action, {**form.fields, "keep": "eve"})


def test_two_people_are_not_shown_again(chen: Browser, door: Doors, again: str) -> None:
    compare(door)
    chen.get(PAIR)
    assert "Kept as two people" in chen.send("/apart/")
    assert "Nobody seems to be here twice" in chen.said
    own = door(Actor.system("tests"))
    own.update({**own.read("Patient", "again").json, "gender": "female"})
    compare(door)
    assert "Nobody seems to be here twice" in chen.get("/identity/")
    assert "Somebody said so before" in chen.get(PAIR)


def test_the_sign_in_follows_and_comes_back(chen: Browser, people: People, door: Doors, again: str) -> None:
    hers = Browser(Actor("patient", AGAIN, "Amina Haddad", "patient", patients=(AGAIN,)))
    assert "pharmacy" in hers.get("/messages/c2/")
    assert "Joined." in joined(chen)
    assert User.objects.get(person=AMINA)
    assert "pharmacy" in hers.get("/messages/c2/")
    assert actors.actor_for(connection.connection, User.objects.get(person=AMINA)).ref == AMINA
    chen.get("/identity/")
    chen.send("/undo/")
    assert User.objects.get(person=AGAIN) and not User.objects.filter(person=AMINA).exists()


def test_two_sign_ins_are_two_people_until_one_is_closed(
    chen: Browser, people: People, door: Doors, again: str
) -> None:
    Browser(people.amina), Browser(Actor("patient", AGAIN, "Amina", "patient", patients=(AGAIN,)))
    said = chen.get(PAIR)
    assert "Both records are signed in with" in said and "Join the two records" not in said
    with pytest.raises(Refused) as refused:
        actions.join(door(people.chen), replaced=AGAIN, keep=AMINA, once="a long token", versions=(1, 1))
    assert refused.value.code == "conflict"


def test_entries_of_somebody_else_are_moved_and_come_back(
    chen: Browser, people: People, door: Doors, again: str, three: Sent
) -> None:
    said = chen.get("/identity/split/amina/?name=haddad")
    assert "Haddad Aminá" in said
    said = chen.get("/identity/split/amina/?to=again")
    assert "What is about Haddad Aminá?" in said and "Is that the tablet?" in said
    form = chen.form("")
    ref = f"Communication/{three.conversation}"
    assert "Choose at least one entry." in chen.post("/identity/split/amina/", dict(form.fields, entry=[]))
    for _click in range(2):
        said = chen.post("/identity/split/amina/", {**form.fields, "entry": [ref]})
        assert "Moved." in said and chen.html.count("Entries were moved") == 1
    assert Browser(people.amina).client.get(f"/messages/{three.conversation}/").status_code == 404
    chen.send("/undo/")
    assert "tablet" in Browser(people.amina).get(f"/messages/{three.conversation}/")


def test_the_log_says_it_in_plain_words(chen: Browser, people: People, door: Doors, again: str) -> None:
    joined(chen)
    said = Browser(people.amina).get("/looked/")
    assert "Joined two records of yours" in said and "Mei Chen" in said


def test_a_team_sees_the_whole_once_it_is_given(
    chen: Browser, people: People, door: Doors, again: str
) -> None:
    joined(chen)
    dara = Browser(people.dara)
    assert dara.client.get("/messages/c2/").status_code == 404
    chen.post("/people/amina/care/", {"team": "Organization/harbour-street"})
    assert "pharmacy" in dara.get("/messages/c2/")


def test_the_circle_of_either_record_is_still_the_patients_to_change(
    chen: Browser, people: People, door: Doors, again: str
) -> None:
    """Whom the other record let in stands in the circle with what they may see, and can be limited."""
    theirs = Actor("patient", AGAIN, "Amina Haddad", "patient", patients=(AGAIN,))
    rid = circle.invite(
        door(theirs), once="the form of amina", name="Omar Haddad", relation="brother",
        email="omar@example.org", choice=Choice({"conversations": None, "health-record": None}),
    )  # fmt: skip
    omar = Actor("kin", f"RelatedPerson/{rid}", "Omar Haddad", "brother", patients=(AMINA,))
    joined(chen)
    shown = {one.ref: one for one in circle_reading.members(door(people.amina), date.today())}
    assert set(shown[omar.ref].choice.until) == {"conversations", "health-record"}
    assert door(omar).search("Observation").matches and door(omar).search("Communication").matches
    assert seen_by(door(people.amina), omar).search("Observation").matches
    choice = Choice({"conversations": None})
    with circle_reading.as_seen_by(
        door(people.amina), shown[omar.ref], choice, "2026-11-22T20:00:00Z"
    ) as his:
        mirror = circle_reading.shared(his, AMINA)
    circle.share(door(people.amina), member=rid, choice=choice)
    assert circle_reading.shared(door(omar), AMINA) == mirror != ()
    assert not door(omar).search("Observation").matches
    circle.end(door(people.amina), member=rid)
    assert not door(omar).search("Communication").matches
    circle.share(door(people.amina), member="bilal", choice=Choice({"conversations": None}))
    assert "m2" in {one.rid for one in door(people.bilal).search("Communication").matches}, (
        "shared anew: the whole"
    )


def test_eve_finds_nothing_and_does_nothing(chen: Browser, people: People, door: Doors, again: str) -> None:
    compare(door)
    joined(chen)
    for actor in (people.eve, people.eve_staff, people.dara, people.bilal, people.amina, people.root):
        eve = Browser(actor)
        for path in ("/identity/", PAIR, "/identity/split/amina/"):
            assert eve.client.get(path).status_code == 404, (actor.name, path)
        for path in (f"{PAIR}join/", f"{PAIR}apart/", "/identity/1/undo/", "/identity/split/amina/"):
            assert eve.client.post(path, {"keep": "amina", "entry": "x"}).status_code == 404, (
                actor.name,
                path,
            )
        tries = {
            "join": lambda at: actions.join(
                at, replaced=EVE, keep=AMINA, once="a long token", versions=(1, 1)
            ),
            "undo": lambda at: actions.undo(at, number=1),
            "keep_apart": lambda at: actions.keep_apart(at, one=EVE, other=AMINA),
            "split": lambda at: actions.split(
                at, source=AMINA, target=EVE, entries=["Communication/c2"], once="a long token"
            ),
        }
        for name, attempt in tries.items():
            with pytest.raises(Refused) as refused:
                attempt(door(actor))
            assert refused.value.code == "not-found", (actor.name, name)
    assert not pairs.are_apart(connection.connection, EVE, AMINA)


def test_a_stranger_and_the_circle_learn_nothing_of_the_other_record(
    chen: Browser, people: People, door: Doors, again: str, three: Sent
) -> None:
    """What Bilal and Eve read, page by page, is the same before and after, but for what says when."""
    circle.share(
        door(people.amina), member="bilal", choice=Choice({"conversations": None, "health-record": None})
    )
    paths = (
        "/",
        "/messages/",
        "/circle/",
        "/whose/",
        "/goals/",
        "/matters/",
        f"/messages/{three.conversation}/",
    )

    def read(actor: Actor) -> list[str]:
        browser = Browser(actor)
        found = []
        for path in paths:
            answer = browser.client.get(path, follow=True)
            browser.page = answer
            found.append(f"{answer.status_code} {browser.said}")
        return found

    for _twice in range(2):  # what is new is new once
        before = {actor.ref: read(actor) for actor in (people.bilal, people.eve, people.dara)}
    joined(chen)
    for actor in (people.bilal, people.eve, people.dara):
        after = read(actor)
        for path, one, other in zip(paths, before[actor.ref], after, strict=True):
            assert one == other, path
        assert "pharmacy" not in str(after) and "Aminá" not in str(after)


def test_what_is_written_to_the_old_record_is_found(
    chen: Browser, people: People, door: Doors, again: str
) -> None:
    joined(chen)
    door(people.program).create(observation("late", patient=AGAIN), rid="late")
    tasks.look()
    assert door(people.amina).read("Observation", "late")
