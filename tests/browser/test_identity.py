"""Who is who in a real browser: two records side by side, joined with a double click, undone."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.db import connection, transaction
from playwright.sync_api import Browser, expect

from rapport.gate.actor import Actor
from rapport.gate.door import Door
from rapport.gate.identity import pairs
from tests.browser.axe import findings
from tests.browser.town import Town

pytestmark = pytest.mark.browser


def again(town: Town) -> tuple[Actor, str]:
    """A new patient who signs in, and the same person once more; their id. The job has found them."""
    amina = town.patient()
    connection.ensure_connection()
    own = Door(connection.connection, Actor.system("tests"), unit=transaction.atomic)
    rid = f"again-{uuid.uuid4().hex[:8]}"
    first: dict[str, Any] = own.read(*amina.ref.split("/")).json
    telecom = [{"system": "phone", "value": "07700 900123"}]
    own.update({**first, "telecom": telecom})
    name = {"family": first["name"][0]["given"][0], "given": [first["name"][0]["family"]]}
    body = {"resourceType": "Patient", "id": rid, "active": True, "name": [name], "telecom": telecom}
    own.create({**body, "birthDate": first.get("birthDate", "1968-03-14")}, rid=rid)
    with transaction.atomic():
        pairs.found(connection.connection, f"Patient/{rid}", {amina.ref: 9})
    return amina, rid


@pytest.mark.parametrize(("width", "light"), [(390, "light"), (1280, "dark"), (1280, "light"), (390, "dark")])
def test_side_by_side_joined_and_undone(town: Town, browser: Browser, width: int, light: str) -> None:
    amina, rid = again(town)
    look = {"viewport": {"width": width, "height": 844}, "color_scheme": light}
    watched = town.enter(browser, town.people.chen, **look)
    page = watched.page
    page.goto(f"{town.url}/identity/")
    assert not findings(page)
    link = page.locator(f'a[href*="{rid}"]').first
    expect(link).to_be_visible()
    link.click()
    expect(page.get_by_role("heading", name="One person or two?")).to_be_visible()
    expect(page.get_by_text("swapped").first).to_be_visible()
    assert not findings(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_role("button", name="Join the two records").dblclick()
    expect(page.get_by_text("Joined. You can undo it")).to_be_visible()
    assert not findings(page)
    page.go_back()
    page.reload()
    expect(page.get_by_role("heading", name="Who is who")).to_be_visible()
    page.goto(f"{town.url}/people/{rid}/")
    expect(page).to_have_url(f"{town.url}/people/{amina.ref.split('/')[1]}/")
    page.goto(f"{town.url}/identity/")
    page.get_by_role("button", name="Undo").first.click()
    expect(page.get_by_text("Undone. Everything is where it was.")).to_be_visible()
    assert not watched.complaints and not watched.foreign
    page.context.close()
