"""Drafts by a model of the site's own: off by default, near, labelled, and never sent by themselves."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from rapport.fhir.outcomes import Refused
from rapport.gate.actor import Actor
from rapport.gate.door import Door
from rapport.people import site
from rapport.people.settings_shapes import Drafting
from rapport.pillars.conversations import actions
from tests.conversations.pages import Browser
from tests.conversations.test_pages import LETTER, write
from tests.personas import People

Doors = Callable[[Actor], Door]

DRAFT = "Being dizzy is frightening. Yes: leave the old one out. You can fly. Ring us if it gets worse."


class Model:
    """A small server that answers as a model does; `asked` is what it was sent, `says` what it answers."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.paths: list[str] = []
        self.status = 200
        self.says: Any = {"choices": [{"message": {"role": "assistant", "content": f" {DRAFT}\n"}}]}
        model = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                model.paths.append(self.path)
                model.asked.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                body = model.says if isinstance(model.says, bytes) else json.dumps(model.says).encode()
                self.send_response(model.status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_port}/v1"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def model() -> Iterator[Model]:
    found = Model()
    yield found
    found.server.shutdown()
    found.server.server_close()


@pytest.fixture
def drafting(people: People, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Say where the model is."""

    def say(address: str) -> None:
        found = replace(site.current(), drafting=Drafting(address, "small", 2))
        monkeypatch.setattr(site, "current", lambda: found)

    return say


def test_it_is_off_until_the_settings_say_so(people: People, model: Model) -> None:
    amina, dara = Browser(people.amina), Browser(people.dara)
    talk = write(amina)
    dara.get(talk)
    assert "Write a draft for me" not in dara.html
    said = dara.post(f"{talk}draft/", {"text": "My own words."})
    assert dara.status == 422 and "No software writes drafts here." in said
    assert dara.form("/answer/").fields["text"] == ["My own words."]
    assert not model.asked


def test_a_draft_is_labelled_to_both_and_sent_by_a_person_alone(
    people: People, model: Model, drafting: Callable[[str], None]
) -> None:
    drafting(model.address)
    amina, dara = Browser(people.amina), Browser(people.dara)
    talk = write(amina)
    dara.get(talk)
    form = dara.form("/answer/")
    data = {**form.fields, "concern": form.choices["concern"], "text": "Dear Amina,"}
    said = dara.post(f"{talk}draft/", data)
    assert dara.status == 200 and "Software wrote this draft. Check every word" in said
    kept = dara.form("/answer/").fields
    assert kept["text"] == [f"Dear Amina,\n\n{DRAFT}"] and kept["drafted"] == ["1"]
    assert sorted(kept["concern"]) == sorted(form.choices["concern"])
    assert DRAFT not in (amina.get(talk), amina.html)[1]  # nothing was sent

    (asked,) = model.asked
    assert model.paths == ["/v1/chat/completions"] and asked["model"] == "small"
    words = asked["messages"][-1]["content"]
    assert words.startswith(LETTER) and "- Is that the tablet?" in words
    assert "Haddad" not in json.dumps(asked)  # the words of the letter alone, not whose they are

    said = dara.send("/answer/", text=DRAFT)  # through the same coach
    if dara.status == 409:
        dara.send("/answer/", anyway="1")
    assert dara.status == 200 and "Written by software, checked by you." in dara.said
    assert "Written by software, checked by Dara Okafor." in (amina.get(talk), amina.said)[1]


@pytest.mark.parametrize("says", [{"choices": []}, b"<html>", {"choices": [{"message": {"content": ""}}]}])
def test_no_draft_loses_no_word(
    people: People, model: Model, drafting: Callable[[str], None], says: Any
) -> None:
    drafting(model.address)
    model.says = says
    amina, dara = Browser(people.amina), Browser(people.dara)
    talk = write(amina)
    said = dara.post(f"{talk}draft/", {"text": "My own words."})
    assert "No draft came." in said and "My own words." in dara.html


def test_an_error_a_silent_place_and_a_far_one_give_no_draft(
    door: Doors, people: People, model: Model, drafting: Callable[[str], None], three: actions.Sent
) -> None:
    def ask() -> str:
        return actions.draft_answer(
            door(people.dara), conversation=three.conversation, letters=["Is it the tablet?"], questions=[]
        )

    drafting(model.address)
    assert ask() == DRAFT
    model.status = 302
    with pytest.raises(Refused, match="No draft came"):
        ask()
    asked = len(model.asked)
    for address in ("http://127.0.0.1:1/v1", "http://93.184.216.34/v1", "http://no-such-host.invalid/v1"):
        drafting(address)
        with pytest.raises(Refused, match="No draft came"):
            ask()
    assert len(model.asked) == asked


def test_eve_gets_no_draft(
    door: Doors, people: People, model: Model, drafting: Callable[[str], None], three: actions.Sent
) -> None:
    drafting(model.address)
    for who in (people.eve, people.eve_staff, people.amina, people.bilal, people.root):
        with pytest.raises(Refused):
            actions.draft_answer(door(who), conversation=three.conversation, letters=["Is it?"], questions=[])
    assert not model.asked


def test_who_does_not_work_here_cannot_say_that_software_wrote(
    door: Doors, people: People, three: actions.Sent
) -> None:
    sent = actions.write_more(
        door(people.amina), once="a second", conversation=three.conversation, text="Hello.", drafted=True
    )
    assert "tag" not in door(people.amina).read("Communication", sent.message).json["meta"]


def test_the_settings_name_an_address() -> None:
    text = site.default_text()
    assert site.parse(text).drafting.address == ""
    wrong = text.replace('address = ""', 'address = "ftp://model"', 1)
    assert any("drafting.address" in issue.path for issue in site.check(wrong))
