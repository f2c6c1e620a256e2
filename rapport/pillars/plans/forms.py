"""What people send about goals."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from rapport.pillars.plans.rules.days import MOST_TIMES
from rapport.pillars.plans.rules.goals import LONGEST
from rapport.pillars.plans.shapes.careplans import Choice, Chosen
from rapport.pillars.plans.shapes.goals import Said, Step

#: So many steps stand on the form.
STEPS = 3
_TEN = [("", "–"), *((str(number), str(number)) for number in range(11))]


class GoalForm(forms.Form):
    """A goal and its steps."""

    words = forms.CharField(
        label=_("What I would like"),
        max_length=LONGEST,
        widget=forms.Textarea({"rows": 2, "dir": "auto"}),
        error_messages={"required": _("Say it in a sentence, in your own words.")},
    )
    because = forms.CharField(
        label=_("Why it matters"),
        max_length=LONGEST,
        required=False,
        widget=forms.TextInput({"dir": "auto"}),
    )
    reason = forms.CharField(
        label=_("Why it is still right"),
        max_length=LONGEST,
        required=False,
        widget=forms.Textarea({"rows": 2, "dir": "auto"}),
    )
    importance = forms.ChoiceField(label=_("How much it matters, 0 to 10"), choices=_TEN, required=False)
    confidence = forms.ChoiceField(label=_("How sure I am that I can, 0 to 10"), choices=_TEN, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for number in range(1, STEPS + 1):
            for name, label in (("step", _("A step")), ("who", _("Who could help"))):
                widget = forms.TextInput({"dir": "auto"})
                self.fields[f"{name}_{number}"] = forms.CharField(
                    label=label, max_length=LONGEST, required=False, widget=widget
                )

    @property
    def rows(self) -> list[tuple[Any, Any]]:
        """The lines of steps: the step, and who could help."""
        return [(self[f"step_{number}"], self[f"who_{number}"]) for number in range(1, STEPS + 1)]

    @property
    def said(self) -> Said:
        """What it says; only of a form that is valid."""
        data = self.cleaned_data
        rows = [(data[f"step_{number}"], data[f"who_{number}"]) for number in range(1, STEPS + 1)]
        return Said(
            words=data["words"],
            steps=tuple(Step(words, False, helper) for words, helper in rows if words),
            importance=int(data["importance"]) if data["importance"] else None,
            confidence=int(data["confidence"]) if data["confidence"] else None,
            because=data["because"],
        )


class ReasonForm(forms.Form):
    """Why, in words."""

    words = forms.CharField(
        label=_("Why"),
        max_length=LONGEST,
        widget=forms.Textarea({"rows": 3, "dir": "auto"}),
        error_messages={"required": _("Say why in a sentence.")},
    )


class OtherwiseForm(ReasonForm):
    """No to a part of a plan, with why; or what they would like instead, then why is theirs to say or not."""

    use_required_attribute = False  # which of the two is needed, a browser cannot know

    instead = forms.CharField(
        label=_("What I would like instead"),
        max_length=LONGEST,
        required=False,
        help_text=_("Your team answers within a week. Leave it empty if it is simply no."),
        widget=forms.Textarea({"rows": 2, "dir": "auto"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["words"].required = not str(self.data.get("instead", "")).strip()


class CounterForm(forms.Form):
    """The team's answer to what somebody would like instead."""

    answer = forms.ChoiceField(
        label=_("Your answer"),
        choices=[("agree", _("Yes, so it shall be")), ("keep", _("We keep to what we proposed"))],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose one of the answers.")},
    )
    words = forms.CharField(
        label=_("Why, in words they read"),
        max_length=LONGEST,
        required=False,
        widget=forms.Textarea({"rows": 3, "dir": "auto"}),
    )

    def clean(self) -> dict[str, Any]:
        """To keep to it needs a why."""
        data: dict[str, Any] = super().clean() or {}
        if data.get("answer") == "keep" and not data.get("words", "").strip():
            self.add_error("words", _("Say why in a sentence."))
        return data


class GoOnForm(forms.Form):
    """Why something that goes against the person's words is still right."""

    reason = forms.CharField(
        label=_("Why it is still right"),
        max_length=LONGEST,
        required=False,
        widget=forms.Textarea({"rows": 2, "dir": "auto"}),
    )


def chosen(draft: Mapping[str, Any], posted: Mapping[str, str]) -> Choice:
    """What a form says of a template's draft; all of it as it is proposed, where nothing was posted yet."""
    goals, activities = {}, {}
    for one in draft.get("contained") or ():
        words = posted.get(f"words-{one['id']}", str(one["description"].get("text", "")))
        if words.strip() and (not posted or f"keep-{one['id']}" in posted):
            goals[one["id"]] = words.strip()[:LONGEST]
    for one in draft.get("activity") or ():
        detail, key = one["detail"], one["id"]
        aims = [str(goal["reference"]).removeprefix("#") for goal in detail.get("goal") or ()]
        words = posted.get(f"words-{key}", detail["description"])
        because = posted.get(f"because-{key}", next(iter(aims), ""))
        if words.strip() and (not posted or f"keep-{key}" in posted):
            activities[key] = Chosen(words.strip()[:LONGEST], because)
    return Choice(goals, activities)


#: What got in the way -> how people say it, and the help that is offered at once.
BARRIERS: Final[Mapping[str, tuple[Any, Any]]] = {
    "side-effect": (
        _("It does something to me that I do not like"),
        _("Many people feel this. Ask us before you stop, if it can wait a day: there may be another way."),
    ),
    "doubt": (
        _("I am not sure that it is right for me"),
        _("That is a good question to ask. Tell us what makes you doubt, and we look at it together."),
    ),
    "cost": (_("It costs too much"), _("There is often a cheaper way. Ask us: nobody has to explain why.")),
    "supply": (
        _("I had none left, or could not get it"),
        _("Write to us, and somebody sees to it that you get some."),
    ),
    "forgot": (
        _("It slipped my mind"),
        _("That happens to everybody. Another time of day may help, beside something you do anyway."),
    ),
    "other": (_("Something else"), _("Say it in your own words, if you like.")),
}


class BarrierForm(forms.Form):
    """What got in the way."""

    barrier = forms.ChoiceField(
        label=_("What got in the way?"),
        choices=[(code, words) for code, (words, _help) in BARRIERS.items()],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose what is nearest.")},
    )
    words = forms.CharField(
        label=_("In your own words, if you like"),
        max_length=LONGEST,
        required=False,
        widget=forms.Textarea({"rows": 2, "dir": "auto"}),
    )


def times_of(text: str) -> tuple[str, ...] | None:
    """The times of day that somebody wrote: "8", "8:00, 20.30"; () for none, None where it can't be read."""
    found = []
    for word in re.split(r"[,;\s]+", text.strip()) if text.strip() else ():
        clock = re.fullmatch(r"(\d{1,2})(?:[:.h](\d{2})?)?", word)
        if clock is None or int(clock[1]) > 23 or int(clock[2] or 0) > 59:
            return None
        found.append(f"{int(clock[1]):02}:{clock[2] or '00'}")
    return tuple(dict.fromkeys(sorted(found)))[:MOST_TIMES]
