"""The pages as people use them without script: every verb of the heard loop by its form."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from django.template import engines

from rapport.gate.actor import Actor
from rapport.gate.door import Door
from tests.conversations.pages import Browser
from tests.personas import People

LETTER = (
    "Since the new tablet I get dizzy. Is that the tablet? And do I still take my old one?\n\n"
    "My sister marries in May. Can I fly?"
)

Opens = Callable[[Actor], Browser]
Doors = Callable[[Actor], Door]
CLINICAL = "http://terminology.hl7.org/CodeSystem/condition-clinical"
ALLERGY = "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical"


class Loud(str):
    """What a template gets for a name that its context does not have: it is written down."""

    missing: set[str]

    def __contains__(self, part: object) -> bool:
        return True

    def __mod__(self, name: object) -> str:
        self.missing.add(str(name))
        return ""


@pytest.fixture
def opens(people: People) -> Iterator[Opens]:
    """Browsers without script; in the end, no template asked for what its context does not say."""
    engine = engines["django"].engine
    loud = Loud("?")
    loud.missing = set()
    engine.string_if_invalid = loud
    yield Browser
    engine.string_if_invalid = ""
    assert not loud.missing


def write(browser: Browser, text: str = LETTER, topic: str = "health") -> str:
    """Write a message with the questions that are proposed; the address of its conversation."""
    browser.get("/messages/new/")
    browser.send("/messages/new/", topic=topic, text=text, go="look")
    browser.send("/messages/new/", go="send")
    assert browser.status == 200 and browser.at.startswith("/messages/"), browser.said
    return browser.at


def test_writing_in_two_steps_shows_whom_and_when_before_sending(opens: Opens, people: People) -> None:
    amina = opens(people.amina)
    said = amina.get("/messages/new/")
    assert "A worry about my health" in said and "Goes to" in said and "Full answer by" in said
    assert "get urgent help now" in said and "talk to someone" in said
    said = amina.send("/messages/new/", topic="health", text=LETTER, go="look")
    assert "We see 3 questions. Is that right?" in said and "Is that the tablet?" in amina.html
    said = amina.send("/messages/new/", go="send")
    assert "Sent. Someone takes each question by" in said
    assert said.count("Nobody has it yet.") == 3
    assert amina.page.redirect_chain[-1][1] == 303


def test_the_questions_can_be_changed_taken_out_and_added(opens: Opens, people: People) -> None:
    amina = opens(people.amina)
    amina.get("/messages/new/")
    amina.send("/messages/new/", topic="health", text=LETTER, go="look")
    said = amina.send(
        "/messages/new/", **{"concern-1": "Does the tablet make me dizzy?", "keep-2": None, "go": "add"}
    )
    form = amina.form("/messages/new/")
    assert form.fields["concern-1"] == ["Does the tablet make me dizzy?"]
    assert "keep-2" not in form.fields and form.fields["concern-4"] == [""]
    said = amina.send("/messages/new/", **{"concern-4": "May I drink coffee?", "keep-4": "1", "go": "send"})
    assert "Does the tablet make me dizzy?" in said and "May I drink coffee?" in said
    assert said.count("Nobody has it yet.") == 3


def test_thanks_start_no_clock_and_a_worry_without_a_question_mark_is_asked_about(
    opens: Opens, people: People
) -> None:
    amina = opens(people.amina)
    amina.get("/messages/new/")
    said = amina.send("/messages/new/", topic="health", text="Thank you, Dara. It is better.", go="look")
    assert "We see no question. Is that right?" in said
    said = amina.send("/messages/new/", go="send")
    assert amina.status == 422 and "Say whether someone should answer it" in said
    assert amina.form("/messages/new/").fields["text"] == ["Thank you, Dara. It is better."]
    said = amina.send("/messages/new/", kind="news", go="send")
    assert "There is no question in it." in said and "Nobody has it yet" not in said
    amina.get("/messages/new/")
    amina.send("/messages/new/", topic="health", text="Tell me about the blue ones.", go="look")
    said = amina.send("/messages/new/", kind="question", go="send")
    assert "Nobody has it yet." in said
    amina.get("/messages/new/")
    said = amina.send("/messages/new/", topic="health", text="My chest hurts since Tuesday.", go="look")
    assert "We see one question. Is that right?" in said
    assert amina.form("/messages/new/").fields["concern-1"] == ["My chest hurts since Tuesday."]
    assert "Nobody has it yet." in amina.send("/messages/new/", go="send")


def test_what_is_missing_is_said_and_nothing_is_lost(opens: Opens, people: People) -> None:
    amina = opens(people.amina)
    amina.get("/messages/new/")
    amina.send("/messages/new/", text=LETTER, go="look")
    said = amina.send("/messages/new/", go="send")
    assert amina.status == 422 and "Choose what it is about" in said
    assert amina.form("/messages/new/").fields["text"][0].startswith("Since the new tablet")
    said = amina.get("/messages/new/")
    assert "Kept from before" in said and "Since the new tablet" in said


def test_a_draft_is_kept_found_again_and_thrown_away(opens: Opens, people: People) -> None:
    amina = opens(people.amina)
    amina.get("/messages/new/")
    said = amina.send("/messages/new/", text="Half a thought", go="later")
    assert "Kept for later" in said
    assert "Half a thought" in amina.get("/messages/new/")
    amina.send("/messages/new/", go="clear")
    assert "Half a thought" not in amina.get("/messages/new/")


def test_a_double_click_sends_once(opens: Opens, people: People) -> None:
    amina = opens(people.amina)
    amina.get("/messages/new/")
    amina.send("/messages/new/", topic="health", text=LETTER, go="look")
    form = amina.form("/messages/new/")
    data = {**form.fields, "go": "send"}
    amina.post("/messages/new/", data)
    first = amina.at
    amina.post("/messages/new/", data)
    assert amina.at == first
    assert amina.get("/messages/").count("questions are open") == 1


def test_the_whole_loop(opens: Opens, people: People) -> None:
    amina, dara = opens(people.amina), opens(people.dara)
    talk = write(amina)

    said = dara.get("/inbox/")
    assert "3 questions are open" in said and "Amina Haddad" in said and "Is that the tablet?" in said
    dara.send("/take/")
    assert "You have it" in dara.said and dara.at.startswith("/inbox/")
    said = amina.get(talk)
    assert "Dara Okafor, nurse, has it." in said and said.count("Nobody has it yet.") == 2

    dara.get(talk)
    boxes = dara.form("/answer/").choices["concern"]
    assert len(boxes) == 3
    said = dara.send("/answer/", concern=boxes[:2], text="Yes, it can do that. Leave the old one out.")
    assert "They are asked about each of the 2 questions" in said

    said = amina.get("/")
    assert "Waiting for you" in said and "Dara answered" in said and "Read the answer" in said
    said = amina.get(talk)
    assert "Yes, it can do that." in said and said.count("Not yet") >= 2
    amina.send("/confirm/")
    assert "Heard. You said so today" in amina.said
    said = amina.send("/not-yet/", text="Which one is the old one?")
    assert "Open again. Dara Okafor, nurse, has it." in said and "Which one is the old one?" in said

    dara.get(talk)
    form = dara.form("/answer/")
    said = dara.send("/answer/", concern=form.choices["concern"], text="The white one. And yes, you can fly.")
    amina.get(talk)
    amina.send("/confirm/")
    said = amina.send("/confirm/")
    assert "Nothing is open" in amina.get("/")
    assert said.count("Heard. You said so today") == 3


def test_what_waits_is_confirmed_by_the_patient_alone(opens: Opens, people: People) -> None:
    amina, dara = opens(people.amina), opens(people.dara)
    talk = write(amina)
    dara.get(talk)
    rid = dara.form("/answer/").choices["concern"][0]
    dara.send("/answer/", concern=[rid], text="Yes.")
    said = dara.post(f"{talk}confirm/", {"concern": rid})
    assert dara.status == 422 and "only when the person says so" in said


def test_an_answer_written_on_an_old_page_is_not_sent_blind(opens: Opens, people: People) -> None:
    amina, dara = opens(people.amina), opens(people.dara)
    talk = write(amina)
    dara.get(talk)
    form = dara.form("/answer/")
    amina.get(f"{talk}more/")
    amina.send("/more/", text="I also fainted this morning.", go="look")
    amina.send("/more/", kind="news", go="send")
    data = {**form.fields, "concern": form.choices["concern"][:1], "text": "Take it easy."}
    said = dara.post(form.action, data)
    assert dara.status == 409 and "While you wrote, Amina wrote too" in said and "I also fainted" in said
    assert dara.form("/answer/").fields["text"] == ["Take it easy."]
    said = dara.send("/answer/")  # read now; that it meets her questions is asked once
    assert dara.status == 409 and "We see no answer to this yet:" in said
    dara.send("/answer/", anyway="1")
    assert dara.status == 200 and "Take it easy." in dara.said


def test_two_take_the_same_question(opens: Opens, people: People) -> None:
    amina, dara, chen = opens(people.amina), opens(people.dara), opens(people.chen)
    talk = write(amina)
    chen.get("/inbox/")
    dara.get("/inbox/")
    dara.send("/take/")
    said = chen.send("/take/")
    assert chen.status in (409, 422) and "Dara Okafor" in said
    assert "Dara Okafor, nurse, has it." in amina.get(talk)


@pytest.mark.parametrize(
    ("verb", "fields", "says"),
    [
        ("note", {"text": "I would ring her."}, "Noted for the team"),
        ("promise", {"text": "I ring you about the scan", "day": "1 6 2031", "at": "2.30 pm"}, "Promised"),
    ],
)
def test_verbs_of_the_conversation(
    verb: str, fields: dict[str, str], says: str, opens: Opens, people: People
) -> None:
    amina, dara = opens(people.amina), opens(people.dara)
    talk = write(amina)
    dara.get(f"{talk}{verb}/")
    assert dara.status == 200
    said = dara.send(f"/{verb}/", **fields)
    assert says in said and fields["text"] in said
    theirs = amina.get(talk)
    assert (fields["text"] in theirs) == (verb != "note")


def test_hand_over_give_back_split_and_close(opens: Opens, people: People) -> None:
    amina, dara = opens(people.amina), opens(people.dara)
    talk = write(amina)
    dara.get(talk)
    dara.send("/take/")
    rid = re.search(r"concern=([\w-]+)#answer", dara.at)
    rids = dara.form("/answer/").choices["concern"]
    one = rid.group(1) if rid else rids[0]
    dara.get(f"{talk}hand-over/?concern={one}")
    to = dara.form("/hand-over/").choices["to"]
    assert len(to) >= 2
    chen = next(ref for ref in to if ref.startswith("PractitionerRole/chen"))
    said = dara.send("/hand-over/", to=chen, reason="She knows the heart better.")
    assert "It is with Mei Chen, GP now" in said
    dara.get(f"{talk}take-back/?concern={one}")
    assert "Nobody has it now" in dara.send("/take-back/", reason="She is in theatre today.")
    dara.get(f"{talk}split/?concern={one}")
    said = dara.send("/split/", parts="only one line")
    assert dara.status == 422 and "at least two questions" in said
    said = dara.send("/split/", parts="Is it the tablet?\nDoes it pass?")
    assert "They are separate questions now" in said and "Does it pass?" in said
    two = rids[1] if rids[1] != one else rids[0]
    dara.get(f"{talk}close/?concern={two}")
    said = dara.send("/close/", reason="asked-us", words="She rang and said it is settled.")
    assert "Closed, with the reason" in said
    assert "Closed: you asked us to" in amina.get(talk)


def test_correct_and_withdraw_are_seen(opens: Opens, people: People) -> None:
    amina, dara = opens(people.amina), opens(people.dara)
    talk = write(amina)
    amina.get(talk)
    letter = re.search(r"correct/\?letter=([\w-]+)", amina.html)
    assert letter
    amina.get(f"{talk}correct/?letter={letter.group(1)}")
    said = amina.send("/correct/", text="Since the new tablet I get very dizzy. Is that the tablet?")
    assert "Corrected" in said and "very dizzy" in said
    assert "How it read before" in dara.get(talk)
    said = dara.get(f"{talk}versions/?letter={letter.group(1)}")
    assert "My sister marries in May" in said and "very dizzy" in said
    amina.get(f"{talk}withdraw/?letter={letter.group(1)}")
    said = amina.send("/withdraw/")
    assert "Taken back" in said and "very dizzy" not in said


def test_a_call_is_written_down_for_someone_without_an_account(opens: Opens, people: People) -> None:
    dara = opens(people.dara)
    said = dara.get("/messages/record/?patient=amina")
    assert "No account is needed" in said
    said = dara.send("/record/", medium="phone", topic="health", text="She asked about her scan.",
                     questions="When is my scan?", answer="On Tuesday.")  # fmt: skip
    assert "By phone" in said and "When is my scan?" in said and "Written down by" in said
    said = dara.get("/people/amina/")
    assert "by phone" in said


def test_staff_write_first(opens: Opens, people: People) -> None:
    amina, dara = opens(people.amina), opens(people.dara)
    dara.get("/messages/new/?patient=amina")
    said = dara.send("/messages/new/", topic="health", text="Your scan is back, and it is good.")
    assert "Sent to Amina" in said
    said = amina.get("/")
    assert "New letters" in said and "Dara Okafor" in said
    assert "1 new" in amina.get("/messages/")
    href = re.search(r'href="(/messages/[\w-]{30,}/)"', amina.html)
    assert href and "Your scan is back" in amina.get(href.group(1))
    assert "1 new" not in amina.get("/messages/")
    assert "Read by Amina Haddad" in dara.get(href.group(1))


def test_fetching_by_script_is_not_reading(opens: Opens, people: People) -> None:
    amina, dara = opens(people.amina), opens(people.dara)
    dara.get("/messages/new/?patient=amina")
    dara.send("/messages/new/", topic="health", text="Your scan is back.")
    talk = dara.at
    amina.get(talk, **{"X-Live": "1"})
    assert "Not opened yet" in dara.get(talk)


def test_search_in_ones_own_conversations(opens: Opens, people: People) -> None:
    amina, eve = opens(people.amina), opens(people.eve)
    write(amina)
    said = amina.get("/messages/?q=sister")
    assert "My sister marries" in said
    assert "No letter holds these words" in eve.get("/messages/?q=sister")


def test_a_stranger_gets_the_same_answer_as_for_nothing(opens: Opens, people: People) -> None:
    amina, eve, other = opens(people.amina), opens(people.eve), opens(people.eve_staff)
    talk = write(amina)
    nothing = "/messages/00000000-0000-0000-0000-000000000000/"
    for browser in (eve, other):
        for ending in (
            "",
            "more/",
            "note/",
            "promise/",
            "hand-over/?concern=x",
            "correct/?letter=x",
            "versions/",
        ):
            theirs = browser.get(talk + ending), browser.status
            none = browser.get(nothing + ending), browser.status
            assert theirs == none and browser.status == 404, ending
        for ending in ("confirm/", "not-yet/", "take/", "answer/", "note/", "more/"):
            theirs = browser.post(talk + ending, {"text": "x", "go": "send"}), browser.status
            none = browser.post(nothing + ending, {"text": "x", "go": "send"}), browser.status
            assert theirs == none and browser.status == 404, ending


def test_an_attachment_is_served_safely_to_those_who_may(opens: Opens, people: People) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile

    amina, dara, eve = opens(people.amina), opens(people.dara), opens(people.eve)
    png = bytes.fromhex(
        "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360000002000001e5274b"
        "de0000000049454e44ae426082"
    )
    amina.get("/messages/new/")
    amina.send("/messages/new/", topic="health", text="Look. Is it bad?", go="look")
    amina.send("/messages/new/", go="send", files=[SimpleUploadedFile("my leg.png", png)])
    src = re.search(r'src="(/messages/file/[\w-]+/)"', amina.html)
    assert src, amina.said
    dara.get(src.group(1))
    assert dara.status == 200 and dara.page.content == png
    assert (
        dara.page["X-Content-Type-Options"] == "nosniff" and "sandbox" in dara.page["Content-Security-Policy"]
    )
    assert dara.page["Content-Type"] == "image/png"
    eve.get(src.group(1))
    assert eve.status == 404
    amina.get("/messages/new/")
    amina.send("/messages/new/", topic="health", text="A script. Is it bad?", go="look")
    said = amina.send(
        "/messages/new/", go="send", files=[SimpleUploadedFile("a.png", b"<script>alert(1)</script>")]
    )
    assert amina.status == 422 and "A script." in amina.form("/messages/new/").fields["text"][0], said


def test_what_staff_typed_when_their_sign_in_ended_is_found_again(opens: Opens, people: People) -> None:
    amina, dara = opens(people.amina), opens(people.dara)
    talk = write(amina)
    dara.get(talk)
    rid = dara.form("/answer/").choices["concern"][0]
    for path, name, value, fields in (
        (f"{talk}close/?concern={rid}", "concern", rid, {"words": "She rang about it."}),
        ("/messages/new/?patient=amina", "patient", "Patient/amina", {"text": "Your scan is back."}),
        (f"{talk}answer/", "concern", rid, {"text": "Yes, it can."}),
    ):
        session = dara.client.session
        session["seen"] -= 3600
        session.save()
        said = dara.post(path, {name: value, **fields})
        assert "we signed you out" in said
        dara = opens(people.dara)
        dara.get(talk if path.endswith("answer/") else path)
        assert next(iter(fields.values())) in dara.html, path


def test_one_more_question_is_marked_in_a_letter(opens: Opens, people: People) -> None:
    amina, dara = opens(people.amina), opens(people.dara)
    talk = write(amina, "I cannot sleep. Is that the tablet?")
    dara.get(talk)
    found = re.search(r'href="([^"]+/question/\?letter=[\w-]+)"', dara.html)
    assert found
    dara.get(found.group(1))
    said = dara.send("/question/", text="I cannot sleep.")
    assert "It is a question of its own now" in said
    assert "I cannot sleep. Nobody has it yet." in amina.get(talk)


def test_a_promise_that_ended_is_no_question_in_the_inbox(opens: Opens, people: People) -> None:
    amina, dara = opens(people.amina), opens(people.dara)
    talk = write(amina)
    dara.get(f"{talk}promise/")
    dara.send("/promise/", text="I ring you about the scan", day="1 6 2031")
    found = re.search(r'href="([^"]+/keep/\?promise=[\w-]+)"', dara.html)
    assert found
    dara.get(found.group(1))
    assert "Kept" in dara.send("/keep/", words="We spoke.")
    assert "Mine, 0" in dara.get("/inbox/?whose=mine")
    assert "Nothing is yours just now" in dara.said


@pytest.mark.parametrize(
    "path", ["/messages/?q=%00", "/messages/?after=%00x", "/messages/%00/", "/messages/new/?topic=%00"]
)
def test_rubbish_in_an_address_breaks_nothing(path: str, opens: Opens, people: People) -> None:
    for browser in (opens(people.amina), opens(people.dara)):
        browser.get(path)
        assert browser.status < 500, path


def test_rubbish_in_a_form_breaks_nothing(opens: Opens, people: People) -> None:
    amina, dara = opens(people.amina), opens(people.dara)
    amina.post("/messages/new/", {"text": "a\x00b 😀?", "topic": "health", "go": "look"})
    assert amina.status == 200
    amina.post(
        "/messages/new/",
        {"text": "a\x00b?", "topic": "\x00", "go": "send", "asked": "1", "concern-1": "a\x00b?"},
    )
    assert amina.status < 500
    talk = write(amina)
    for verb in (
        "answer",
        "note",
        "take",
        "hand-over",
        "close",
        "split",
        "merge",
        "promise",
        "correct",
        "withdraw",
        "keep",
    ):
        for fields in (
            {},
            {"concern": "\x00", "letter": "../x", "text": "\x00", "once": "x", "parts": "\x00\n\x00"},
        ):
            dara.post(f"{talk}{verb}/", fields)
            assert dara.status < 500, (verb, fields)
    for path in (
        "/people/?name=%00",
        "/people/?name=%00&born=1968",
        "/people/%00/",
        "/identity/%00/",
        "/people/amina/contacts/?after=%00",
    ):
        dara.get(path)
        assert dara.status < 500, path


def test_who_opens_a_letter_reads_so_at_once_and_need_not_follow_themselves(
    opens: Opens, people: People
) -> None:
    amina, dara = opens(people.amina), opens(people.dara)
    talk = write(amina)
    assert "Not opened yet" in amina.said
    said = dara.get(talk)
    assert "Not opened yet" not in said and "Read by you" not in said and "New" in said
    live = re.search(r'data-live="([^"]+)" data-live-state="(\d+)"', dara.html)
    assert live
    dara.page = dara.client.get("/live/", {"t": live[1], "s": live[2]}, headers={"X-Live": "1"})
    assert dara.status == 204
    assert "Read by you, today" in dara.get(talk)
    assert "Read by Dara Okafor, nurse" in amina.get(talk)


def test_script_says_which_letters_were_seen_and_no_stranger_can(opens: Opens, people: People) -> None:
    amina, dara, eve = opens(people.amina), opens(people.dara), opens(people.eve_staff)
    talk = write(amina)
    dara.get(talk, **{"X-Live": "1"})
    rid = re.search(r'data-unopened="([^"]+)"', dara.html)
    assert rid and "Not opened yet" in amina.get(talk)
    for other in (eve, dara):
        other.post(f"{talk if other is eve else '/messages/nowhere/'}opened/", {"letter": rid[1]})
        assert "Not opened yet" in amina.get(talk)
    dara.post(f"{talk}opened/", {"letter": [rid[1], "nothing", "../x"]})
    assert dara.status == 204 and "Read by Dara Okafor, nurse" in amina.get(talk)
    assert dara.client.get(f"{talk}opened/").status_code == 405


def test_what_helps_the_answer_stands_beside_it(opens: Opens, people: People, door: Doors) -> None:
    patient = {"reference": "Patient/amina"}
    active = {"coding": [{"system": CLINICAL, "code": "active"}]}
    at_work = door(Actor.system("tests"))
    for number in range(6):
        at_work.create(
            {"resourceType": "Condition", "subject": patient, "clinicalStatus": active,
             "code": {"text": f"Problem {number}"}, "onsetDateTime": f"201{number}-01-01"}
        )  # fmt: skip
    at_work.create(
        {"resourceType": "AllergyIntolerance", "patient": patient,
         "clinicalStatus": {"coding": [{"system": ALLERGY, "code": "active"}]},
         "code": {"text": "Penicillin"}, "criticality": "high"}
    )  # fmt: skip
    talk = write(opens(people.amina))
    dara = opens(people.dara)
    said = dara.get(talk)
    facts = said.partition("Problems")[2].partition("See all of")[0]
    assert re.sub(r"\s+", " ", facts).startswith(
        " Problem 5; Problem 4; Problem 3 3 more Problems Problem 2; Problem 1; Problem 0 Medicines"
        " Nothing recorded Allergies Penicillin"
    )
    assert "<strong>Penicillin</strong>" in dara.html


def test_a_form_says_what_did_not_happen(opens: Opens, people: People) -> None:
    talk = write(opens(people.amina))
    dara = opens(people.dara)
    dara.get(f"{talk}note/")
    assert "Not sent yet. Your words are kept." in dara.send("/note/", text="")
    dara.client.logout()
    dara.get("/account/login/")
    said = dara.send("/account/login/", login="dara@example.org", password="wrong")
    assert "You are not signed in yet." in said and "do not belong together" in said
    assert "Your words are kept" not in said
