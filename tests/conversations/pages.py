"""Browsers without script for the people of a test: Django's client, signed in, forms read from the page."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html import unescape
from html.parser import HTMLParser
from typing import Any

from django.test import Client

from rapport.gate.actor import Actor
from rapport.people import factors
from rapport.people.models import User


class Forms(HTMLParser):
    """The forms of a page: action and the fields with their values, as a browser would send them."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.by_id: dict[str, Form] = {}
        self.area: tuple[Form, str] | None = None
        self.select: tuple[Form, str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            known = self.by_id.get(given.get("id", "")) or Form()
            known.action, known.method = given.get("action", ""), given.get("method", "get")
            self.forms.append(known)
            return
        if "form" in given:  # a field may stand before the form that it belongs to
            form: Form | None = self.by_id.setdefault(given["form"], Form())
        else:
            form = self.forms[-1] if self.forms else None
        name = given.get("name")
        if tag == "option":
            if self.select and "selected" in given:
                self.select[0].fields[self.select[1]] = [given.get("value", "")]
            return
        if form is None or not name:
            return
        self.select = (form, name) if tag == "select" else self.select
        if tag == "textarea":
            self.area = (form, name)
            form.fields[name] = [""]
        elif tag == "button":
            form.buttons.append((name, given.get("value", "")))
        elif tag == "input" and given.get("type") in ("radio", "checkbox"):
            form.choices.setdefault(name, []).append(given.get("value", "on"))
            if "checked" in given:
                form.fields.setdefault(name, []).append(given.get("value", "on"))
        elif tag == "input" and given.get("type") not in ("file", "submit"):
            form.fields.setdefault(name, []).append(given.get("value", ""))

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self.area = None

    def handle_data(self, data: str) -> None:
        if self.area:
            form, name = self.area
            form.fields[name] = [form.fields[name][0] + data]


@dataclass
class Form:
    """One form of a page: what it holds as it stands, and what may be chosen."""

    action: str = ""
    method: str = "get"
    fields: dict[str, list[str]] = field(default_factory=dict)
    buttons: list[tuple[str, str]] = field(default_factory=list)
    choices: dict[str, list[str]] = field(default_factory=dict)


class Browser:
    """One person without script. `page` is the last answer."""

    def __init__(self, actor: Actor) -> None:
        email = f"{actor.ref.replace('/', '.').lower()}@example.org"
        user, _made = User.objects.get_or_create(
            email=email, defaults={"person": actor.ref, "display_name": actor.name}
        )
        self.client = Client()
        self.client.force_login(user)
        session = self.client.session
        session[factors.SHOWN] = user.pk
        session.save()
        self.page: Any = None
        self.at = "/"

    def get(self, path: str, **headers: str) -> str:
        """Open a page; what it says."""
        self.page = self.client.get(path, headers=headers or None)
        self.at = path
        return self.said

    def post(self, path: str, fields: dict[str, Any] | None = None, follow: bool = True) -> str:
        """Send a form; what the page says that it leads to."""
        self.page = self.client.post(path, fields or {}, follow=follow)
        if follow and self.page.redirect_chain:
            self.at = self.page.redirect_chain[-1][0]
        return self.said

    def form(self, ending: str) -> Form:
        """The form of the page whose action ends so."""
        reader = Forms()
        reader.feed(self.page.content.decode())
        found = [form for form in reader.forms if form.action.split("?")[0].endswith(ending)]
        assert found, f"no form for {ending} among {[form.action for form in reader.forms]}"
        return found[0]

    def send(self, ending: str, **fields: Any) -> str:
        """Fill in and send a form of the page."""
        form = self.form(ending)
        data: dict[str, Any] = dict(form.fields)
        for name, value in fields.items():
            if value is None:
                data.pop(name, None)
            else:
                data[name.replace("__", "-")] = value
        return self.post(form.action or self.at, data)

    @property
    def status(self) -> int:
        return int(self.page.status_code)

    @property
    def html(self) -> str:
        return str(self.page.content.decode(errors="replace"))

    @property
    def said(self) -> str:
        """The words of the page, without tags."""
        main = self.html.partition("<main")[2].partition(">")[2].partition("</main>")[0] or self.html
        return re.sub(
            r"\s+", " ", unescape(re.sub(r"<template.*?</template>|<[^>]+>", " ", main, flags=re.S))
        ).strip()
