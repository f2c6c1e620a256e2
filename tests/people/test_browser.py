"""In a real browser: a passkey is set up and used under the strict CSP; joining works without script."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from playwright.sync_api import Browser, Page

from rapport.people import asking, invitations
from tests.browser.axe import findings
from tests.browser.chromium import chromium

from .conftest import PASSWORD, Accounts

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"  # Playwright's loop runs in this thread beside Django
    with chromium() as running:
        yield running
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


def page_of(browser: Browser, **more: Any) -> tuple[Page, list[str]]:
    """A page of its own, and what its console complains of (a CSP violation is an error there)."""
    page = browser.new_context(**more).new_page()
    wrong: list[str] = []

    def hear(said: Any) -> None:
        if said.type in ("error", "warning") and "status of 422" not in said.text:  # a form to mend
            wrong.append(said.text)

    page.on("console", hear)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    return page, wrong


def password(page: Page, url: str, email: str) -> None:
    page.goto(url)
    page.fill("[name=login]", email)
    page.fill("[name=password]", PASSWORD)
    page.click("main button[type=submit]")


def test_a_passkey_is_set_up_and_lets_in(
    people_for_real: Accounts, live_server: Any, browser: Browser
) -> None:
    people, url = people_for_real, live_server.url
    Authenticator.objects.filter(user=people.dara).delete()
    page, wrong = page_of(browser, viewport={"width": 390, "height": 844})
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    key = {"protocol": "ctap2", "transport": "internal", "hasUserVerification": True, "isUserVerified": True}
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": key})

    password(page, f"{url}/account/login/", people.dara.email)
    page.wait_for_url("**/account/factor/")
    assert not findings(page)
    page.click("text=Set up a passkey")
    page.fill("[name=name]", "My phone")
    page.click("text=Set it up")
    page.wait_for_url("**/recovery-codes/")
    assert page.locator("li.rp-code").count() == 10
    assert not findings(page)
    page.goto(f"{url}/more/")
    assert page.locator("h1").inner_text() == "More"

    page.context.clear_cookies()
    password(page, f"{url}/account/login/", people.dara.email)
    page.wait_for_url("**/authenticate/")
    assert not findings(page)
    page.click("text=Use my passkey")
    page.wait_for_url(lambda url: "/account/" not in url)
    page.goto(f"{url}/more/")
    assert page.locator("h1").inner_text() == "More"
    assert not wrong, wrong


def test_joining_by_letter_without_script(
    people_for_real: Accounts, live_server: Any, browser: Browser
) -> None:
    body = {
        "resourceType": "Patient",
        "name": [{"family": "Reyes", "given": ["Tomas"]}],
        "birthDate": "1981-02-03",
    }
    asking.at_work("tests").create(body, rid="tomas")
    _row, code = invitations.invite_patient(asking.at_work("tests"), "tomas")
    page, wrong = page_of(browser, java_script_enabled=False)
    page.goto(f"{live_server.url}/account/login/")
    page.click("text=I have a code")
    page.fill("[name=code]", code.lower())
    page.click("main button[type=submit]")
    page.fill("[name=birth_date]", "3.2.1981")
    page.fill("[name=email]", "tomas@example.org")
    page.fill("[name=password]", "short")
    page.click("main button[type=submit]")
    assert "too short" in page.locator("#errors").inner_text()
    assert page.input_value("[name=email]") == "tomas@example.org"
    page.fill("[name=password]", "seven slow otters dancing")
    page.click("main button[type=submit]")
    page.goto(f"{live_server.url}/account/")
    assert "tomas@example.org" in page.locator("main").inner_text()
    assert not wrong, wrong


def test_back_shows_nothing_after_signing_out(
    people_for_real: Accounts, live_server: Any, browser: Browser
) -> None:
    page, _wrong = page_of(browser)
    password(page, f"{live_server.url}/account/login/", people_for_real.amina.email)
    page.goto(f"{live_server.url}/account/")
    assert "amina@example.org" in page.content()
    page.goto(f"{live_server.url}/more/")
    page.click("main button:has-text('Sign out')")
    page.wait_for_url("**/account/login/")
    for _step in range(3):
        page.go_back()
        assert "amina@example.org" not in page.content(), page.url
    assert page.evaluate("localStorage.length + sessionStorage.length") == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_pages_of_accounts(
    people_for_real: Accounts, live_server: Any, browser: Browser, settings: Any, scheme: str
) -> None:
    from rapport.people.models import Mark

    settings.DEMO = True
    Mark.objects.create(name="demo")
    page, wrong = page_of(browser, color_scheme=scheme, viewport={"width": 390, "height": 844})
    found: dict[str, list[str]] = {}

    def look(path: str) -> None:
        page.goto(live_server.url + path)
        if seen := findings(page):
            found[path] = seen

    for path in ("/account/login/", "/account/password/reset/", "/join/", "/demo/"):
        look(path)
    page.click("text=Be Dr Mei Chen")
    for path in (
        "/more/", "/account/", "/staff/", "/staff/dara/leave/", "/staff/dara/reset/", "/absence/",
        "/settings/", "/invite/?name=x", "/invite/?name=Haddad", "/invite/amina/", "/account/second-step/",
        "/account/email/", "/account/password/change/", "/outbox/",
    ):  # fmt: skip
        look(path)
    assert not found, found
    assert not wrong, wrong
