"""What the pages of the circle are sent, read without trusting it. What is wrong is said beside its field."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from rapport.people.forms import Day
from rapport.pillars.circle.rules import ENDS, Inviting
from rapport.pillars.circle.shapes import CATEGORIES, RELATIONS, SENSITIVE, Choice


def read_inviting(posted: Any) -> Inviting:
    """Who is invited, from a form; `wrong` says by field what is missing."""
    name, email, own = (posted.get(key, "").strip()[:254] for key in ("name", "email", "relation_words"))
    relation = posted.get("relation", "")
    found = Inviting(name, email, relation if relation in RELATIONS else "", own[:40])
    wrong = {}
    if len(name) < 2:
        wrong["name"] = _("Write the name of who you invite.")
    if not found.called:
        wrong["relation"] = _("Say who they are to you.")
    try:
        validate_email(email)
    except ValidationError:
        wrong["email"] = _("Write their e-mail address, like name@example.org.")
    return replace(found, wrong=wrong)


def read_choice(posted: Any, today: date) -> Choice:
    """What is ticked on the page, and until when."""
    wanted = [name for name in posted.getlist("share") if name in CATEGORIES]
    return Choice(
        until={name: _end(posted.get(f"until-{name}", "open"), today) for name in wanted},
        writes="conversations" in wanted and "writes" in posted,
        sensitive=frozenset(key for key in posted.getlist("sensitive") if key in SENSITIVE),
    )


def _end(said: str, today: date) -> date | None:
    if said in ENDS:
        days = ENDS[said]
        return None if days is None else today + timedelta(days=days)
    try:
        return date.fromisoformat(said)
    except ValueError:
        return today  # what can't be read shares for the shortest time


class LawForm(forms.Form):
    """What somebody may do by law; `rules.lawful` judges it."""

    member = forms.ChoiceField(label=lazy("Who is it?"), required=False)
    name = forms.CharField(label=lazy("Name, if they are new"), max_length=100, required=False)
    relation = forms.CharField(
        label=lazy("Who they are to the patient, if new"), max_length=40, required=False
    )
    kind = forms.ChoiceField(
        label=lazy("What are they by law?"),
        choices=[
            ("parent", lazy("Parent")),
            ("guardian", lazy("Guardian")),
            ("agent", lazy("Health-care agent")),
        ],
        widget=forms.RadioSelect,
    )
    evidence = forms.CharField(
        label=lazy("Which paper did you see?"),
        help_text=lazy("What it is, its date, who made it. Your name is kept with it."),
        max_length=300,
    )
    begins = Day(label=lazy("From"), required=False, help_text=lazy("Empty: from today."))
    ends = Day(
        label=lazy("Until"),
        required=False,
        help_text=lazy("For a health-care agent: the day on which it is looked at again."),
    )
    signer = forms.ChoiceField(
        label=lazy("Clinician who signed"), required=False, help_text=lazy("Needed for a health-care agent.")
    )

    def __init__(
        self, *args: Any, family: list[tuple[str, str]], staff: list[tuple[str, str]], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        for name, found in (("member", family), ("signer", staff)):
            self.fields[name].choices = [("", _("Somebody new") if name == "member" else _("Nobody")), *found]  # type: ignore[attr-defined]
