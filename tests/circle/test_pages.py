"""The pages of the circle without script: inviting, joining, changing, ending, looking back."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from allauth.account.models import EmailAddress
from django.test import Client

from rapport.gate.actor import Actor
from rapport.gate.door import Door
from rapport.people.models import Mail, Standing, User
from rapport.pillars.circle import actions, reading
from rapport.pillars.circle.shapes import PAUSED, Choice, consent_id
from rapport.pillars.conversations import actions as conversations
from rapport.pillars.conversations.actions import Sent
from tests.conversations.pages import Browser
from tests.personas import AMINA, BILAL, EVE, People

Doors = Callable[[Actor], Door]
TALK = Choice({"conversations": None}, writes=True)


@pytest.fixture
def amina(people: People) -> Browser:
    return Browser(people.amina)


def invite(amina: Browser, email: str = "samir@example.org") -> str:
    """Amina invites Samir, as a person would: who, what, look, send. The secret of the link."""
    amina.get("/circle/invite/")
    who = {"name": "Samir Haddad", "relation": "brother", "email": email}
    amina.send("#mi", **who, share=["conversations"], go_look="1")
    assert "This is exactly what Samir will see" in amina.said
    said = amina.send("#mi", go_save="1")
    assert f"Sent to {email}" in said, said
    found = re.search(r"/join/([\w-]{40,})/", Mail.objects.latest("id").body)
    assert found
    return found[1]


def join(secret: str) -> Client:
    visitor = Client()
    visitor.get(f"/join/{secret}/")
    return visitor


def test_inviting_and_joining(amina: Browser, people: People, three: Sent) -> None:
    visitor = join(invite(amina))
    page = visitor.get("/join/about/").content.decode()
    assert "Welcome, Samir Haddad" in page and "samir@example.org" in page
    answer = visitor.post(
        "/join/about/", {"email": "eve@example.org", "password": "four words put together"}, follow=True
    )
    user = User.objects.get(email="samir@example.org")  # the field can't be changed
    assert EmailAddress.objects.get(user=user).verified
    page = answer.content.decode()
    assert "You are here for" in page and "Amina Haddad" in page
    assert "Is that the tablet?" in page
    assert visitor.get(f"/messages/{three.conversation}/").status_code == 200
    assert "joined" not in amina.get("/circle/") and "Samir Haddad" in amina.said


def test_a_link_works_once_and_not_after_the_end(amina: Browser, people: People) -> None:
    secret = invite(amina)
    rid = next(one.rid for one in reading.members(_door(people.amina), date.today()) if one.way == "invited")
    amina.post(f"/circle/{rid}/end/")
    assert Client().get(f"/join/{secret}/").status_code == 404
    assert "Samir" not in amina.get("/circle/").partition("Who was in it")[0]


def _door(actor: Actor) -> Door:
    from django.db import connection, transaction

    return Door(connection.connection, actor, unit=transaction.atomic)


def test_nothing_goes_out_before_the_patient_has_looked(amina: Browser, people: People) -> None:
    amina.get("/circle/invite/")
    said = amina.send(
        "#mi", name="Samir", relation="brother", email="s@example.org", share=["plan"], go_save="1"
    )
    assert "This is exactly what Samir will see" in said and "Look first" in said
    assert not Mail.objects.exists()
    amina.send("#mi", share=["plan", "conversations"], go_save="1")  # changed after looking: look again
    assert not Mail.objects.exists() and amina.status == 200


def test_what_is_missing_is_said_and_kept(amina: Browser, people: People) -> None:
    amina.get("/circle/invite/")
    amina.send("#mi", name="", relation="", email="nonsense", share=["plan"], go_look="1")
    assert amina.status == 422
    for words in ("Write the name of who you invite.", "Say who they are to you.", "like name@example.org"):
        assert words in amina.said
    assert amina.form("#mi").fields["share"] == ["plan"]


def test_more_is_kept_after_a_look_and_less_at_once(amina: Browser, people: People, door: Doors) -> None:
    actions.share(door(people.amina), member="bilal", choice=Choice({"conversations": None, "plan": None}))
    amina.get("/circle/bilal/")
    amina.send("#mi", share=["plan", "decisions"], go_save="1")
    assert set(actions.choice_for(door(people.amina), BILAL).until) == {"conversations", "plan"}
    amina.send("#mi", go_save="1")
    assert set(actions.choice_for(door(people.amina), BILAL).until) == {"plan", "decisions"}
    amina.get("/circle/bilal/")
    assert "It holds from now on" in amina.send("#mi", share=["plan"], go_save="1")
    assert set(actions.choice_for(door(people.amina), BILAL).until) == {"plan"}


def test_two_clicks_pause_and_end_it(amina: Browser, people: People, door: Doors, three: Sent) -> None:
    actions.share(door(people.amina), member="bilal", choice=TALK)
    bilal, page = Browser(people.bilal), f"/messages/{three.conversation}/"
    assert "tablet" in bilal.get(page)
    amina.get("/circle/")
    amina.send("/bilal/pause/")
    assert actions.choice_for(door(people.amina), BILAL).state == PAUSED
    assert bilal.get(page) and bilal.status == 404
    amina.send("/bilal/pause/")
    assert "tablet" in bilal.get(page)
    amina.get("/circle/bilal/end/")
    amina.post("/circle/bilal/end/")
    assert bilal.get(page) and bilal.status == 404
    for path in ("/", "/messages/", "/circle/", "/whose/"):
        bilal.page = bilal.client.get(path, follow=True)
        assert "tablet" not in bilal.html and "Amina" not in bilal.html, path


@pytest.mark.parametrize("how", ["paused", "over", "inactive"])
def test_when_nothing_is_shared_any_more_the_name_is_not_either(
    how: str, people: People, door: Doors, three: Sent
) -> None:
    """However sharing came to its end, no page of Bilal's says whose record he saw."""
    actions.share(door(people.amina), member="bilal", choice=TALK)
    bilal = Browser(people.bilal)
    assert "Amina" in bilal.get("/circle/") and "Amina" in bilal.get("/whose/")
    body = door(people.amina).read("Consent", consent_id(AMINA, BILAL)).json
    if how == "paused":
        actions.pause(door(people.amina), member="bilal")
    elif how == "over":
        for part in body["provision"]["provision"]:
            part["period"] = {"end": (date.today() - timedelta(days=1)).isoformat()}
        door(people.amina).update(body)
    else:
        door(people.amina).update({**body, "status": "inactive"})
    for path in (
        "/",
        "/day/",
        "/messages/",
        "/circle/",
        "/whose/",
        "/more/",
        "/goals/",
        "/matters/",
        "/account/",
    ):
        bilal.page = bilal.client.get(path, follow=True)
        assert bilal.page.status_code in (200, 404), path
        assert "Amina" not in bilal.html and "Haddad" not in bilal.html.replace("Bilal Haddad", ""), path


def test_an_open_page_hears_nothing_after_the_end(
    amina: Browser, people: People, door: Doors, three: Sent
) -> None:
    """The page that Bilal has open asks on, and is told to fetch itself: it is not there any more.

    What happens in it afterwards makes no difference to what he is told.
    """
    actions.share(door(people.amina), member="bilal", choice=TALK)
    bilal = Browser(people.bilal)
    bilal.get(f"/messages/{three.conversation}/")
    live = re.search(r'data-live="([^"]+)" data-live-state="([^"]+)" data-live-url="([^"]+)"', bilal.html)
    assert live
    asked = f"{live[3]}?t={live[1]}&s={live[2]}"
    assert bilal.client.get(asked).status_code == 204
    actions.end(door(people.amina), member="bilal")
    told = bilal.client.get(asked)
    assert told.status_code == 200
    assert bilal.get(f"/messages/{three.conversation}/") and bilal.status == 404
    conversations.write_more(
        door(people.dara), once="a form of dara", conversation=three.conversation, text="Ring us."
    )
    assert bilal.client.get(asked).json() == told.json()


# ---------------------------------------------------------------- one account, several people


def two(people: People, door: Doors) -> Browser:
    """Bilal, who is in Amina's circle and in Eve's."""
    actions.share(door(people.amina), member="bilal", choice=TALK)
    rid = actions.invite(
        door(people.eve), once="the form of eve", name="Bilal Haddad", relation="friend",
        email="bilal@example.org", choice=Choice({"plan": None}),
    )  # fmt: skip
    bilal = Browser(people.bilal)
    Standing.objects.create(user=User.objects.get(person=BILAL), person=f"RelatedPerson/{rid}")
    return bilal


def test_two_tabs_do_not_mix(people: People, door: Doors, three: Sent) -> None:
    """Each page is about who its address names, whatever was opened in between; so are its links."""
    bilal = two(people, door)
    for _turn in range(2):
        assert "Is that the tablet?" in bilal.get("/")
        assert "Amina Haddad" in bilal.html and "Eve Marsh" not in bilal.html
        said = bilal.client.get("/for/eve/", follow=True).content.decode()
        assert "tablet" not in said and "Eve Marsh" in said and "Amina" not in said
        inside = re.findall(r'(?:href|action)="(/[^"]*)"', said)
        assert inside and all(path.startswith(("/for/eve/", "/static/", "/demo/")) for path in inside), inside
    assert bilal.client.get(f"/for/eve/messages/{three.conversation}/").status_code == 404
    assert bilal.client.get(f"/for/amina/messages/{three.conversation}/").status_code == 200
    assert "Amina Haddad" in bilal.get("/whose/") and "Eve Marsh" in bilal.said


def test_what_he_writes_goes_to_whom_the_address_names(people: People, door: Doors) -> None:
    bilal = two(people, door)
    actions.share(door(people.eve), member=_his(door(people.eve)), choice=TALK)
    bilal.get("/")  # the other tab
    bilal.get("/for/eve/messages/new/")
    bilal.send("/for/eve/messages/new/", topic="health", text="Can she swim again?", go="look")
    bilal.get("/messages/")  # and again
    bilal.get("/for/eve/messages/new/")
    bilal.send("/for/eve/messages/new/", topic="health", text="We went swimming.", kind="news", go="look")
    bilal.send("/for/eve/messages/new/", kind="news", go="send")
    query = [("category", "urn:rapport:kind|message"), ("_count", "9")]
    assert not door(people.amina).search("Communication", query).matches
    letters = door(people.eve).search("Communication", query).matches
    assert [one.json["subject"]["reference"] for one in letters] == [EVE], bilal.said


def _his(door: Door) -> str:
    return next(iter(reading.members(door, date.today()))).rid


@pytest.mark.parametrize(
    "path", ["/for/amina/", "/for/amina/messages/", "/for/nobody/", "/for/amina/circle/"]
)
def test_nobody_comes_to_somebody_elses_pages_by_address(people: People, path: str) -> None:
    for who in (people.eve, people.eve_staff, people.dara, people.root, people.chen):
        page = Browser(who)
        page.get(path)
        assert page.status == 404 and "Amina" not in page.html, (who.name, path)
    own = Browser(people.amina)
    own.get(path)
    assert own.status == (404 if "nobody" in path else 200)


def test_who_has_an_account_takes_a_second_person_on(amina: Browser, people: People) -> None:
    eve = Browser(people.eve)
    user = User.objects.get(person=EVE)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    secret = invite(amina, user.email)
    stranger = join(secret)  # not signed in: the address is taken, and nothing is said of whose it is
    answer = stranger.post("/join/about/", {"password": "four words put together"})
    assert answer.status_code == 422
    eve.client.get(f"/join/{secret}/")
    assert "Join the circle of Amina Haddad" in eve.get("/join/about/")
    answer = eve.client.post("/join/about/")
    assert answer["Location"] == "/for/amina/"
    assert "You are here for" in eve.client.get("/for/amina/messages/").content.decode()
    assert "These are your own pages" in eve.client.get("/messages/").content.decode()


def test_an_invitation_is_not_for_another_account(amina: Browser, people: People) -> None:
    eve = Browser(people.eve)
    secret = invite(amina)
    eve.client.get(f"/join/{secret}/")  # she found the e-mail of somebody else: that signs her out
    assert eve.client.get("/messages/").status_code == 302
    assert not Standing.objects.exists()


# ---------------------------------------------------------------- who has looked


def test_a_look_is_there_at_once_with_who_and_why(amina: Browser, people: People, three: Sent) -> None:
    dara = Browser(people.dara)
    dara.get(f"/messages/{three.conversation}/")
    said = amina.get("/looked/")
    assert "Dara Okafor, nurse" in said and "your messages" in said
    assert "They may, because they are on your care team." in said
    assert "Amina Haddad, patient" not in said.partition("Dara")[2]


def test_asking_about_a_look_becomes_a_question(amina: Browser, people: People, three: Sent) -> None:
    Browser(people.dara).get(f"/messages/{three.conversation}/")
    amina.get("/looked/")
    link = re.search(r"/looked/\d+/ask/", amina.html)
    assert link
    amina.get(link[0])
    said = amina.post(link[0], {"text": "Why did she read it?", "once": "one form of hers"})
    assert "Why did she read it?" in said and "Nobody has it yet" in said
    query = [("code", "urn:rapport:kind|concern"), ("patient", AMINA), ("_count", "50")]
    words = [one.json["input"] for one in _door(people.dara).search("Task", query).matches]
    assert any("Why did she read it?" in str(one) for one in words)


def test_nobody_else_sees_who_has_looked(amina: Browser, people: People, three: Sent) -> None:
    Browser(people.dara).get(f"/messages/{three.conversation}/")
    amina.get("/looked/")
    link = re.search(r"/looked/\d+/ask/", amina.html)
    assert link
    for who in (people.eve, people.eve_staff, people.dara, people.root, people.bilal):
        other = Browser(who)
        said = other.get("/looked/")
        assert other.status == 404 or "Dara" not in said, who.name
        other.get(link[0])
        assert other.status == 404, who.name


def test_a_letter_is_kept_private_from_its_page(
    amina: Browser, people: People, door: Doors, three: Sent
) -> None:
    actions.share(door(people.amina), member="bilal", choice=TALK)
    amina.get(f"/messages/{three.conversation}/")
    amina.send("/circle/private/", private="yes")
    assert "Kept from your circle." in amina.said
    bilal = Browser(people.bilal)
    for path in ("/", "/messages/", f"/messages/{three.conversation}/", "/circle/"):
        assert "dizzy" not in bilal.get(path) and "Kept" not in bilal.said, path
    amina.get("/circle/private/")
    assert "Kept from your circle." in amina.said
