"""What ends, ends at once: open pages, tokens, live answers; and within the minute what waits in a queue."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from typing import Any
from urllib.parse import urlencode

import pytest
from django.utils import timezone

from rapport.fhir_api import export_files, tasks
from rapport.people import accounts, asking, notices, tokens
from rapport.people.models import Client, Mail, Notice, User
from rapport.pillars.conversations import actions
from tests.gate.consent.making import consent, deny
from tests.leaks.asking import Asked, ask
from tests.leaks.marks import AMINA, NAME, Shelf, shelves
from tests.leaks.world import World, _door

KIN = "RelatedPerson/kin-all"


def set_inactive(world: World) -> None:
    """Amina pauses what she shared, as she does it herself."""
    door = _door(AMINA.ref)
    door.update({**door.read("Consent", "says-kin-all").json, "status": "inactive"})


def denied_by_another(world: World) -> None:
    """A lead enters that she does not want him to see anything."""
    _door("Practitioner/lead").create(consent(deny(KIN)))


def over(world: World) -> None:
    """Its last day was yesterday."""
    door = asking.at_work("tests")
    body = door.read("Consent", "says-kin-all").json
    body["provision"]["period"] = {"end": (timezone.now() - timedelta(days=1)).date().isoformat()}
    door.update(body)


def no_family(world: World) -> None:
    """He is not family any more: his account is closed."""
    user = User.objects.get(person=KIN)
    user.is_active = False
    user.save(update_fields=["is_active"])
    accounts.end_everything(user)


ENDINGS: list[Callable[[World], None]] = [set_inactive, denied_by_another, over, no_family]


def told(world: World) -> set[Shelf]:
    """All that he sees of her at some doors: by token, by page, by file."""
    talk = world.pages[AMINA.word][0]
    found: set[Shelf] = set()
    for path in (
        "Observation?_count=100",
        f"{AMINA.ref}/$everything",
        f"Communication/{talk}",
        "_history?_count=200",
    ):
        found |= shelves(AMINA, ask(Asked("", "GET", path), world.tokens["kin-all"]).whole)
    browser = world.client("kin-all")
    for page in ("/messages/", f"/messages/{talk}/"):
        found |= shelves(AMINA, browser.get(page).content)
    return found - {NAME}  # whose family somebody is stays said in their own entry


@pytest.mark.slow
@pytest.mark.parametrize("end", ENDINGS)
def test_nothing_is_seen_a_second_later(world: World, end: Callable[[World], None]) -> None:
    assert Shelf("Observation", "o") in told(world)
    end(world)
    begun = time.monotonic()
    assert told(world) == set()
    assert time.monotonic() - begun < 30  # at once: nobody waited for it


def watched(page: str) -> dict[str, str]:
    """What an open page asks again and again: signed topics and the state that it has."""
    found = re.search(r'data-live="([^"]+)"[^>]*data-live-state="([^"]*)"', page)
    assert found, re.findall(r"data-live[^ >]*", page)
    return {"t": unescape(found[1]), "s": found[2]}


def shared_talk(world: World) -> str:
    """A conversation that she shares with him by name."""
    door = asking.at_work("tests")
    body = door.read("Communication", world.pages[AMINA.word][0]).json
    body["recipient"].append({"reference": KIN})
    door.update(body)
    return str(body["id"])


@pytest.mark.slow
@pytest.mark.parametrize("end", ENDINGS[1:2] + ENDINGS[3:])
def test_an_open_page_hears_nothing_more(world: World, end: Callable[[World], None]) -> None:
    """Not even that something was written: the answer stays what it was, or is none."""
    talk = shared_talk(world)
    browser = world.client("kin-all")
    asked = watched(browser.get(f"/messages/{talk}/").content.decode())

    def answer(state: str) -> tuple[int, str]:
        said = browser.get(f"/live/?{urlencode({**asked, 's': state})}")
        return said.status_code, said.content.decode()

    write_more(talk, "before")
    assert answer(asked["s"])[0] == 200, "while it is shared, the page hears of it"
    end(world)
    first = answer("0")
    write_more(talk, "after")
    assert answer("0") == first


def write_more(talk: str, once: str) -> None:
    """Dara writes into the conversation."""
    actions.write_more(
        _door("Practitioner/dara"), once=f"a letter of Dara, {once}", conversation=talk, text=f"Words {once}."
    )


@pytest.mark.slow
@pytest.mark.parametrize("end", ENDINGS[1:2] + ENDINGS[3:])
def test_what_waits_for_the_post_is_not_sent(
    world: World, end: Callable[[World], None], settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.EMAIL_HOST = "mail.example.org"
    talk = shared_talk(world)
    write_more(talk, "a letter that is told of")
    Notice.objects.filter(person=KIN).update(due_at=timezone.now())
    assert Notice.objects.filter(person=KIN, done_at=None).count() == 1
    end(world)
    assert notices.gather(KIN) is None
    assert not Mail.objects.filter(person=KIN).exists()
    assert not Notice.objects.filter(person=KIN, done_at=None).exists()


@pytest.mark.slow
def test_a_revoked_token_and_an_ended_sign_in(world: World) -> None:
    asked, page = Asked("", "GET", f"{AMINA.ref}"), "/messages/"
    browser = world.client("amina")
    assert ask(asked, world.tokens["amina"]).status == 200 and browser.get(page).status_code == 200
    tokens.revoke_all(User.objects.get(person=AMINA.ref))
    assert ask(asked, world.tokens["amina"]).status == 401
    accounts.end_everything(User.objects.get(person=AMINA.ref))
    assert browser.get(page).status_code == 302


@pytest.mark.slow
def test_a_running_export_stops_with_its_program(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "PAGE", 20)
    waiting = (("Prefer", "respond-async"),)
    begun = ask(Asked("", "GET", "Patient/$export", headers=waiting), world.tokens["reader"])
    place = begun.headers["Content-Location"].removeprefix("http://testserver/fhir/")
    export = place.partition("/")[2]
    assert tasks.step(export) and any(export_files._top().rglob("*.ndjson"))
    tokens.remove_client(Client.objects.get(name="reader").pk, "tests")
    assert ask(Asked("", "GET", place), world.tokens["reader"]).status == 401
    assert not tasks.step(export)
    assert not list(export_files._top().rglob("*.ndjson"))


@pytest.mark.slow
@pytest.mark.parametrize("late", [False, True], ids=["while it runs", "when it is done"])
def test_what_a_patient_closes_to_a_program_leaves_no_export(
    world: World, monkeypatch: pytest.MonkeyPatch, late: bool
) -> None:
    """It fails with its files, also where they were all written; made anew it is without her."""
    monkeypatch.setattr(tasks, "PAGE", 1000 if late else 20)
    token, waiting = world.tokens["reader"], (("Prefer", "respond-async"),)

    def begun() -> tuple[str, str]:
        said = ask(Asked("", "GET", "Patient/$export?_type=Observation,Condition", headers=waiting), token)
        place = said.headers["Content-Location"].removeprefix("http://testserver/fhir/")
        return place, place.partition("/")[2]

    place, export = begun()
    while tasks.step(export) and late:
        pass
    file = Asked("", "GET", f"{place}/Observation.ndjson")
    assert not late or shelves(AMINA, ask(file, token).body)
    program = f"Device/{Client.objects.get(name='reader').pk}"
    _door("Practitioner/lead").create(consent(deny(program)))
    assert not tasks.step(export)
    assert ask(file, token).status == 404 and ask(Asked("", "GET", place), token).status == 500
    assert not list(export_files._top().rglob("*.ndjson"))
    place, export = begun()
    while tasks.step(export):
        pass
    said = ask(Asked("", "GET", f"{place}/Observation.ndjson"), token)
    assert said.status == 200 and not shelves(AMINA, said.body)


@pytest.mark.slow
def test_files_of_an_export_go_out_to_its_program_alone(world: World) -> None:
    """Never to another program, to a person, or to the same program with a token that reaches less."""
    waiting = (("Prefer", "respond-async"),)
    begun = ask(Asked("", "GET", "Patient/$export", headers=waiting), world.tokens["program"])
    place = begun.headers["Content-Location"].removeprefix("http://testserver/fhir/")
    tasks.export(place.partition("/")[2])
    file = Asked("", "GET", f"{place}/Observation.ndjson")
    letters = {shelf.letter for shelf in shelves(AMINA, ask(file, world.tokens["program"]).body)}
    assert letters == {"o", "s"}, "no staff note leaves, nor what carries an unknown label"
    less = tokens.issue_to_client(Client.objects.get(name="program"), "system/Patient.rs")
    for who in (*world.tokens.values(), less):
        if who != world.tokens["program"]:
            for asked in (file, Asked("", "GET", place), Asked("", "DELETE", place)):
                if who == less and asked is not file:
                    continue  # it may know of its own export
                said = ask(asked, who)
                assert said.status in (401, 403, 404) and not shelves(AMINA, said.body)
    assert ask(file, world.tokens["program"]).status == 200
