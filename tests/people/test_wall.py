"""The second-factor wall, the door of a request, and the headers of every page."""

from __future__ import annotations

import psycopg
import pytest
from allauth.mfa.models import Authenticator
from django.db import OperationalError
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from rapport.people import accounts, factors, middleware
from rapport.people.models import Event

from .conftest import PASSWORD, Accounts, code_of, signed_in, words_of

OPEN_PATHS = {"/account/factor/", "/account/second-step/totp/activate/", "/account/second-step/webauthn/add/"}


def without_factor(people: Accounts) -> Client:
    Authenticator.objects.filter(user=people.dara).delete()
    client = Client()
    client.post("/account/login/", {"login": people.dara.email, "password": PASSWORD})
    return client


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/more/",
        "/account/",
        "/staff/",
        "/absence/",
        "/settings/",
        "/invite/",
        "/account/email/",
        "/inbox/",
    ],
)
def test_staff_without_a_factor_reach_only_the_page_to_set_one_up(people: Accounts, path: str) -> None:
    client = without_factor(people)
    answer = client.get(path)
    assert answer.status_code in (302, 404), path
    if answer.status_code == 302:
        assert answer["Location"] == "/account/factor/"


def test_script_is_told_instead_of_redirected(people: Accounts) -> None:
    client = without_factor(people)
    assert client.get("/live/?t=x", headers={"X-Live": "1"}).status_code == 403
    answer = client.get("/more/", headers={"HX-Request": "true"})
    assert (answer.status_code, answer["HX-Redirect"]) == (403, "/account/factor/")


def test_a_draft_cannot_be_posted_through_the_wall(people: Accounts) -> None:
    client = without_factor(people)
    assert client.post("/drafts/", {"place": "/x/", "text": "words"})["Location"] == "/account/factor/"


def test_setting_up_an_app_opens_the_way_without_asking_again(people_for_real: Accounts) -> None:
    people = people_for_real
    client = without_factor(people)
    page = client.get("/account/factor/")
    assert "One more step" in words_of(page)
    form = client.get("/account/second-step/totp/activate/")
    assert form.status_code == 200, "they gave their password a moment ago"
    assert b"<svg" in form.content and b"data:image" not in form.content
    secret = form.context["form"].secret
    code = code_of(secret)
    answer = client.post("/account/second-step/totp/activate/", {"code": code})
    assert answer["Location"] == "/account/second-step/recovery-codes/"
    codes = client.get(answer["Location"])
    assert codes.content.count(b'<li class="rp-code">') == 10
    assert client.get("/more/").status_code == 200
    again = Client()
    again.post("/account/login/", {"login": people.dara.email, "password": PASSWORD})
    refused = again.post("/account/second-step/authenticate/", {"code": code})
    assert refused.status_code == 200, "the code that set it up is used up"


def test_a_spare_code_works_once(people: Accounts) -> None:
    client = signed_in(people, people.amina)
    secret = client.get("/account/second-step/totp/activate/").context["form"].secret
    client.post("/account/second-step/totp/activate/", {"code": code_of(secret)})
    spare = client.get("/account/second-step/recovery-codes/").context["unused_codes"][0]
    for answer_code, enters in ((spare, True), (spare, False)):
        other = Client()
        other.post("/account/login/", {"login": people.amina.email, "password": PASSWORD})
        other.post("/account/second-step/authenticate/", {"code": answer_code})
        assert (other.get("/more/").status_code == 200) is enters


def test_taking_the_factor_out_puts_staff_before_the_wall_again(people: Accounts) -> None:
    client = signed_in(people, people.dara)
    client.post("/account/reauthenticate/", {"password": PASSWORD})
    assert client.post("/account/second-step/totp/deactivate/").status_code == 302
    assert client.get("/more/")["Location"] == "/account/factor/"


def test_a_sign_in_that_went_around_the_second_step_gets_nowhere(people: Accounts) -> None:
    """Whatever page may come to call Django's `login` itself: without a factor shown, staff are not in."""
    client = Client()
    client.force_login(people.dara)
    assert client.get("/more/")["Location"] == "/account/factor/"
    assert factors.enrolled(people.dara)
    assert "Sign in again" in words_of(client.get("/account/factor/"))


def test_the_factor_of_one_account_does_not_count_for_another(people: Accounts) -> None:
    client = signed_in(people, people.dara)
    session = client.session
    session[factors.SHOWN] = people.chen.pk
    session.save()
    assert client.get("/more/")["Location"] == "/account/factor/"


def test_password_reset_does_not_go_around_the_factor(people: Accounts, mailed: list[str]) -> None:
    client = Client()
    client.post("/account/password/reset/", {"email": people.dara.email})
    path = next(line for line in mailed[-1].splitlines() if line.startswith("http")).partition("8000")[2]
    form = client.get(path)["Location"]
    new = "seven slow otters dancing"
    client.post(form, {"password1": new, "password2": new})
    assert client.get("/more/").status_code == 302
    answer = client.post("/account/login/", {"login": people.dara.email, "password": new})
    assert answer["Location"] == "/account/second-step/authenticate/"


def test_a_lead_resets_a_lost_factor_with_a_reason(people: Accounts) -> None:
    dara, chen = signed_in(people, people.dara), signed_in(people, people.chen)
    assert chen.post("/staff/dara/reset/", {"why": " "}).status_code == 422
    assert chen.post("/staff/dara/reset/", {"why": "Stood before me with her badge."}).status_code == 302
    assert dara.get("/more/").status_code == 302, "signed out everywhere"
    event = Event.objects.get(kind="factor-reset")
    assert (event.person, event.by, event.why) == (
        people.dara.person, people.chen.person, "Stood before me with her badge.",
    )  # fmt: skip
    fresh = Client()
    fresh.post("/account/login/", {"login": people.dara.email, "password": PASSWORD})
    assert fresh.get("/more/")["Location"] == "/account/factor/"


def test_nobody_resets_their_own_factor(people: Accounts) -> None:
    chen = signed_in(people, people.chen)
    assert chen.post("/staff/chen/reset/", {"why": "It is me."}).status_code == 422
    assert factors.enrolled(people.chen)


def test_eve_and_patients_find_no_pages_of_leads(people: Accounts) -> None:
    for user in (people.amina, people.eve, people.eve_staff, people.dara):
        client = signed_in(people, user)
        for path in (
            "/staff/",
            "/staff/dara/leave/",
            "/staff/dara/reset/",
            "/staff/dara/invite/",
            "/settings/",
        ):
            for answer in (client.get(path), client.post(path, {"why": "x", "text": "x"})):
                assert answer.status_code == 404, (user, path)
    assert factors.enrolled(people.dara)
    assert Event.objects.filter(kind__in=("left", "factor-reset", "invited")).count() == 0


def routes(resolver: URLResolver, prefix: str = "/") -> list[tuple[str, URLPattern]]:
    found: list[tuple[str, URLPattern]] = []
    for entry in resolver.url_patterns:
        path = prefix + str(entry.pattern).lstrip("^")
        found += routes(entry, path) if isinstance(entry, URLResolver) else [(path, entry)]
    return found


def test_every_page_wants_a_sign_in_unless_it_is_on_the_list(db: None) -> None:
    """A new page is closed to visitors by itself; opening one is a decision that shows here."""
    opened = {
        entry.name
        for _path, entry in routes(get_resolver())
        if not getattr(entry.callback, "login_required", True)
    }
    assert opened <= {
        "health", "theme", "language", "help", "help_offline", "gallery",
        "account_login", "account_logout", "account_inactive", "account_signup", "account_reset_password",
        "account_reset_password_done", "account_reset_password_from_key",
        "account_reset_password_from_key_done",
        "account_confirm_email",  # allauth's own, behind ours
        "account_email_verification_sent", "account_confirm_login_code",
        "mfa_authenticate",
        "people_join", "people_join_code", "people_join_link", "people_token",
        "people_demo", "people_demo_become", "people_outbox",
    }, opened  # fmt: skip


def test_visitors_are_sent_to_the_sign_in_page(people: Accounts) -> None:
    client = Client()
    assert client.get("/more/")["Location"] == "/account/login/?next=/more/"
    assert client.get("/live/", headers={"X-Live": "1"}).status_code == 401
    answer = client.post(
        "/drafts/", {"place": "/x/", "text": "x"}, headers={"referer": "http://testserver/x/?a=1"}
    )
    assert answer["Location"] == "/account/login/?next=/x/%3Fa%3D1"
    foreign = client.post("/drafts/", {}, headers={"referer": "https://evil.example/x/"})
    assert foreign["Location"] == "/account/login/?next=/"


def test_every_answer_carries_the_headers(people: Accounts) -> None:
    client = signed_in(people, people.amina)
    for answer in (client.get("/more/"), Client().get("/account/login/"), client.get("/nothing-here/")):
        assert "no-store" in answer["Cache-Control"]
        for name, value in middleware.HEADERS.items() - {("Cache-Control", "no-store")}:
            assert answer[name] == value, (answer.request["PATH_INFO"], name)
    assert "unsafe" not in middleware.CSP and "data:" not in middleware.CSP


def test_cookies_are_closed_to_script_and_other_sites(people: Accounts) -> None:
    client = signed_in(people, people.amina)
    for name in ("rapport", "rapport-form"):
        if name in client.cookies:
            assert client.cookies[name]["httponly"]
            assert client.cookies[name]["samesite"] == "Lax"


def test_reads_of_a_page_are_written_down(people: Accounts) -> None:
    chen = signed_in(people, people.chen)
    chen.get("/invite/?name=Haddad")
    from rapport.people import asking

    row = asking.conn().execute("SELECT ref, source FROM audit ORDER BY id DESC LIMIT 1").fetchone()
    assert row == (people.chen.person, "page")


def test_the_actor_follows_the_record_at_once(people: Accounts) -> None:
    from rapport.people import asking

    chen = signed_in(people, people.chen)
    assert chen.get("/staff/").status_code == 200
    door = asking.at_work("tests")
    role = door.read("PractitionerRole", "chen").json
    role["code"] = [code for code in role["code"] if "urn:rapport:duty" not in str(code)]
    door.update(role)
    assert chen.get("/staff/").status_code == 404
    assert accounts.by_email(people.chen.email).epoch > people.chen.epoch


def test_family_is_known_from_the_record(people: Accounts) -> None:
    from rapport.people import actors, asking
    from rapport.people.models import User
    from tests import personas

    bilal = User.objects.create_user("bilal@example.org", personas.BILAL, display_name="Bilal Haddad")
    actor = actors.actor_for(asking.conn(), bilal)
    assert (actor.kind, actor.patients) == ("kin", (personas.AMINA,))


@pytest.mark.parametrize("trouble", [OperationalError, psycopg.errors.DeadlockDetected])
def test_a_database_in_trouble_is_said_so(
    people: Accounts, monkeypatch: pytest.MonkeyPatch, trouble: type[Exception]
) -> None:
    from rapport.people import drafts
    from rapport.people.pages import staff

    def away(*_what: object, **_more: object) -> None:
        raise trouble("in each other's way")

    client = signed_in(people, people.dara)
    monkeypatch.setattr(staff.absences, "coming", away)
    answer = client.post("/absence/", {"first": "Two weeks at sea"})
    assert answer.status_code == 503
    assert answer["Retry-After"]
    assert "Two weeks at sea" in (drafts.load(people.dara.person, "/absence/") or "")
