"""Every page of the room: it renders, in three languages, in our look, without jargon."""

from __future__ import annotations

import re
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.test import Client

from rapport.people import asking, drafts, invitations, site
from rapport.people.models import Mark, User
from tests import personas

from .conftest import PASSWORD, Accounts, signed_in, words_of

VISITOR = [
    "/account/login/", "/account/signup/", "/account/password/reset/", "/account/password/reset/done/",
    "/account/password/reset/key/done/", "/account/password/reset/key/1-nonsense/", "/account/inactive/",
    "/account/confirm-email/", "/join/", "/join/nonsense/",
]  # fmt: skip
EVERYBODY = [
    "/more/", "/account/", "/account/logout/", "/account/email/", "/account/password/change/",
    "/account/reauthenticate/", "/account/second-step/", "/account/second-step/totp/activate/",
    "/account/second-step/webauthn/", "/account/second-step/webauthn/add/",
]  # fmt: skip
STAFF = ["/absence/", "/invite/", "/invite/?name=Had", "/invite/amina/"]
LEADS = [
    "/staff/",
    "/staff/dara/leave/",
    "/staff/dara/reset/",
    "/staff/dara/invite/",
    "/settings/",
    "/invite/amina/reset/",
]
#: Words that no page may say to people.
JARGON = re.compile(
    r"\b(two-factor|2fa|mfa|totp|webauthn|authenticat\w*|verif\w*|token|deactivate|submit|username|invalid"
    r"|sign up|log ?in)\b",
    re.IGNORECASE,
)


def checked(answer: Any, path: str) -> None:
    assert answer.status_code in (200, 404), (path, answer.status_code, answer.get("Location"))
    html = answer.content.decode()
    assert html.count("<h1") == 1, path
    assert 'class="rp-main' in html, path
    assert not re.search(r'style="| on[a-z]+="|src="data:|href="data:', html), path
    assert not re.search(r"<script(?![^>]*(\bsrc=|application/json))", html), path
    filled = re.findall(
        r'<(?:button|a)[^>]*class="rp-btn"', html.partition("<main")[2].partition("</main>")[0]
    )
    assert len(filled) <= 1, (path, filled)
    said = words_of(answer)
    found = JARGON.search(re.sub(r"<code>.*?</code>|rapport staff add", "", said))
    assert not found or path == "/settings/", (path, found and found[0])


@pytest.mark.parametrize("path", VISITOR)
def test_pages_for_visitors(people: Accounts, path: str) -> None:
    checked(Client().get(path), path)


def test_pages_for_everybody(people: Accounts) -> None:
    for user in (people.amina, people.dara):
        client = signed_in(people, user)
        client.post("/account/reauthenticate/", {"password": PASSWORD})
        for path in EVERYBODY:
            if user is people.dara and path.endswith("totp/activate/"):
                continue
            checked(client.get(path), path)


def test_pages_for_staff_and_leads(people: Accounts) -> None:
    client = signed_in(people, people.chen)
    for path in STAFF + LEADS:
        answer = client.get(path)
        if path == "/invite/amina/reset/":
            assert answer.status_code == 200
        checked(answer, path)
    checked(client.post("/invite/amina/", {"how": "print", "why": "Saw her"}), "/invite/amina/ done")
    checked(client.post("/staff/dara/invite/"), "/staff/dara/invite/ done")


def test_pages_of_the_second_step(people: Accounts) -> None:
    client = signed_in(people, people.dara)
    client.post("/account/reauthenticate/", {"password": PASSWORD})
    from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes

    RecoveryCodes.activate(people.dara)
    key = Authenticator.objects.create(
        user=people.dara, type="webauthn", data={"name": "My phone", "credential": {}}
    )
    for path in (
        "", "totp/deactivate/", "recovery-codes/", "recovery-codes/generate/", "webauthn/", "reauthenticate/",
        f"webauthn/keys/{key.pk}/edit/", f"webauthn/keys/{key.pk}/remove/",
    ):  # fmt: skip
        answer = client.get(f"/account/second-step/{path}")
        assert answer.status_code == 200, path
        checked(answer, path)
    key.delete()
    fresh = Client()
    fresh.post("/account/login/", {"login": people.dara.email, "password": PASSWORD})
    checked(fresh.get("/account/second-step/authenticate/"), "ask")


def test_pages_of_joining(people: Accounts) -> None:
    body = {"resourceType": "Patient", "name": [{"family": "Reyes"}], "birthDate": "1981-02-03"}
    asking.at_work("tests").create(body, rid="tomas")
    _row, code = invitations.invite_patient(asking.at_work("tests"), "tomas")
    client = Client()
    client.post("/join/", {"code": code})
    checked(client.get("/join/about/"), "/join/about/")


@pytest.mark.parametrize("language", ["es", "fr"])
def test_pages_in_other_languages_render(people: Accounts, language: str) -> None:
    User.objects.update(language=language)
    client = signed_in(people, people.chen)
    for path in EVERYBODY[:2] + STAFF + LEADS:
        answer = client.get(path)
        assert f'<html lang="{language}"' in answer.content.decode(), path
    visitor = Client(headers={"accept-language": language})
    assert f'<html lang="{language}"' in visitor.get("/account/login/").content.decode()


def test_the_language_chosen_on_a_device_is_kept_with_the_account(people: Accounts) -> None:
    client = signed_in(people, people.amina)
    client.post("/language/", {"language": "fr"})
    assert '<html lang="fr"' in client.get("/more/").content.decode()
    assert User.objects.get(pk=people.amina.pk).language == "fr"
    elsewhere = signed_in(people, people.amina)
    assert '<html lang="fr"' in elsewhere.get("/more/").content.decode()


def test_a_site_speaks_its_own_first_language(people: Accounts) -> None:
    text = site.default_text().replace('languages = ["en", "es", "fr"]', 'languages = ["fr", "es"]')
    site.load(text, by="tests")
    site.forget()
    for asked, spoken in (("", "fr"), ("de", "fr"), ("en", "fr"), ("es-MX,es;q=0.8", "es")):
        page = Client(headers={"accept-language": asked} if asked else {}).get("/account/login/")
        assert f'<html lang="{spoken}"' in page.content.decode(), asked


def test_the_demo_is_open_only_where_both_say_so(people: Accounts, settings: Any) -> None:
    for demo, marked in ((False, False), (True, False), (False, True)):
        settings.DEMO = demo
        Mark.objects.filter(name="demo").delete()
        if marked:
            Mark.objects.create(name="demo")
        client = Client()
        assert client.get("/demo/").status_code == 404
        assert client.post("/demo/become/", {"person": personas.CHEN}).status_code == 404
        assert client.get("/outbox/").status_code == 404
        assert client.get("/more/").status_code == 302


def test_the_demo_signs_in_with_one_click(people: Accounts, settings: Any) -> None:
    settings.DEMO = True
    Mark.objects.create(name="demo")
    client = Client()
    assert client.get("/")["Location"] == "/demo/", "whoever opens the demo chooses who to be"
    page = client.get("/demo/")
    checked(page, "/demo/")
    assert "Be Amina Haddad" in words_of(page) and "Be Dr Mei Chen" in words_of(page)
    assert b"This is a demo" in page.content
    client.post("/demo/become/", {"person": personas.CHEN})
    assert client.get("/staff/").status_code == 200, "staff without their factor, in the demo alone"
    client.post("/demo/become/", {"person": personas.AMINA})
    assert client.get("/staff/").status_code == 404
    assert client.post("/demo/become/", {"person": "Patient/nobody"}).status_code == 404
    checked(client.get("/outbox/"), "/outbox/")


def test_drafts_are_one_s_own(people: Accounts) -> None:
    amina, eve = signed_in(people, people.amina), signed_in(people, people.eve)
    assert (
        amina.post("/drafts/", {"place": "/messages/new/", "text": '{"text": ["mine"]}'}).status_code == 204
    )
    assert eve.post("/drafts/", {"place": "/messages/new/", "text": '{"text": ["hers"]}'}).status_code == 204
    assert drafts.load(personas.AMINA, "/messages/new/") == '{"text": ["mine"]}'
    assert drafts.places(personas.EVE) == ["/messages/new/"]
    assert amina.post("/drafts/", {"place": "/messages/new/", "text": ""}).status_code == 204
    assert drafts.load(personas.AMINA, "/messages/new/") is None
    assert drafts.load(personas.EVE, "/messages/new/") is not None
    for wrong in ({"place": "new", "text": "x"}, {"place": "/x/", "text": "x" * 200_001}, {}):
        assert amina.post("/drafts/", wrong).status_code == 400


def test_people_see_what_is_theirs_on_more(people: Accounts) -> None:
    assert "Settings of this site" not in words_of(signed_in(people, people.amina).get("/more/"))
    assert "Invite a patient" not in words_of(signed_in(people, people.amina).get("/more/"))
    assert "When I am away" in words_of(signed_in(people, people.dara).get("/more/"))
    assert "Settings of this site" not in words_of(signed_in(people, people.dara).get("/more/"))
    assert "Settings of this site" in words_of(signed_in(people, people.chen).get("/more/"))


def test_without_a_mail_server_nobody_waits_for_a_mail(people: Accounts) -> None:
    assert "We send no e-mails here" in words_of(Client().get("/account/password/reset/"))


def test_password_reset_answers_alike_and_mails_only_who_exists(people: Accounts, mailed: list[str]) -> None:
    known = Client().post("/account/password/reset/", {"email": people.amina.email}, follow=True)
    unknown = Client().post("/account/password/reset/", {"email": "nobody@example.org"}, follow=True)
    assert words_of(known) == words_of(unknown)
    assert [mail.partition("\n")[0] for mail in mailed] == ["To: amina@example.org"]


def test_an_address_that_was_never_proven_gets_no_way_in(people: Accounts, mailed: list[str]) -> None:
    """One wrong letter at joining, and a stranger would read the mail and choose the password."""
    EmailAddress.objects.filter(user=people.amina).update(verified=False)
    answer = Client().post("/account/password/reset/", {"email": people.amina.email}, follow=True)
    assert "Look at your e-mail" in words_of(answer)
    assert mailed == []


def test_eve_cannot_prove_amina_s_address(people: Accounts, mailed: list[str]) -> None:
    EmailAddress.objects.filter(user=people.amina).update(verified=False)
    client = signed_in(people, people.amina)
    client.post("/account/reauthenticate/", {"password": PASSWORD})
    client.post("/account/email/", {"email": people.amina.email, "action_send": "1"})
    path = mailed[0].split(site.current().base_url)[1].split()[0]
    eve = signed_in(people, people.eve)
    assert eve.get(path).status_code == eve.post(path).status_code == 404
    assert not EmailAddress.objects.get(user=people.amina).verified
    assert client.get(path).status_code == 200
    client.post(path)
    assert EmailAddress.objects.get(user=people.amina).verified


def test_a_new_address_is_proven_and_the_old_one_told(people: Accounts, mailed: list[str]) -> None:
    client = signed_in(people, people.amina)
    client.post("/account/reauthenticate/", {"password": PASSWORD})
    client.post("/account/email/", {"email": "new@example.org", "action_add": "1"})
    assert mailed[0].startswith("To: new@example.org")
    assert User.objects.get(pk=people.amina.pk).email == "amina@example.org", "not before it is proven"
    path = mailed[0].split(site.current().base_url)[1].split()[0]
    client.post(path)
    assert User.objects.get(pk=people.amina.pk).email == "new@example.org"
    assert any(mail.startswith("To: amina@example.org") for mail in mailed)


def test_changing_the_address_asks_for_the_password_first(people: Accounts) -> None:
    client = signed_in(people, people.amina)
    session = client.session
    session["account_authentication_methods"] = []  # the sign-in was a while ago
    session.save()
    answer = client.post("/account/email/", {"email": "new@example.org", "action_add": "1"})
    assert answer["Location"].startswith("/account/reauthenticate/")
