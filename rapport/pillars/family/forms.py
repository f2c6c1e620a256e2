"""What people send about help, tasks, meetings and news. What is wrong is said beside its field."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from rapport.people.forms import Day
from rapport.pillars.family.rules import helping, news, todos
from rapport.pillars.family.shapes.helping import Asked

#: How long, in minutes.
LENGTHS = [
    ("30", _("half an hour")),
    ("60", _("one hour")),
    ("120", _("two hours")),
    ("240", _("half a day")),
    ("480", _("a day")),
    ("1440", _("a day and the night")),
]


class Clock(forms.TimeField):
    """A time of day, chosen in the browser or written 9:30."""

    widget = forms.TimeInput(attrs={"type": "time", "class": "rp-input rp-input--short"}, format="%H:%M")

    def __init__(self, **kwargs: Any) -> None:
        wrong = {"invalid": _("Write the time like 9:30."), "required": _("Say at what time.")}
        super().__init__(input_formats=("%H:%M", "%H.%M", "%H"), error_messages=wrong, **kwargs)


def at(day: Any, clock: Any) -> datetime | None:
    """A day and a time of the site as a moment; None for an hour that a change of the clock leaves out."""
    local = timezone.make_aware(datetime.combine(day, clock))
    return local.astimezone(UTC) if timezone.localtime(local.astimezone(UTC)).time() == clock else None


class NeedForm(forms.Form):
    """What is needed, when, and how long."""

    what = forms.ChoiceField(
        label=_("What is it?"),
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose one of these.")},
    )
    words = forms.CharField(
        label=_("In your own words"),
        help_text=_("From where to where, for how many, what to bring. Your circle reads this."),
        max_length=helping.LONGEST,
        widget=forms.Textarea({"rows": 2, "dir": "auto", "class": "rp-area rp-area--short"}),
        error_messages={"required": _("Say in a sentence what is needed.")},
    )
    day = Day(label=_("Which day?"))
    clock = Clock(label=_("At what time?"))
    length = forms.ChoiceField(label=_("How long?"), choices=LENGTHS, initial="60")

    def __init__(self, *args: Any, whats: Mapping[str, Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["what"].choices = list(whats.items())  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """The time lies ahead, and is one that the clock shows."""
        said = super().clean() or {}
        day, clock = said.get("day"), said.get("clock")
        if day and clock:
            begins = at(day, clock)
            if begins is None:
                self.add_error("clock", _("The clocks change that night: there is no such time."))
            elif begins < timezone.now():
                self.add_error("day", _("That is past. Choose a later time."))
            elif begins > timezone.now() + helping.FURTHEST:
                self.add_error("day", _("That is more than a year ahead. Choose an earlier day."))
            else:
                said["begins"] = begins
        return said

    @property
    def asked(self) -> Asked:
        """What it says; only of a form that is valid."""
        said = self.cleaned_data
        ends = said["begins"] + timedelta(minutes=int(said["length"]))
        return Asked(said["what"], said["words"], said["begins"], ends)


class PlanForm(forms.Form):
    """What is to be done, by whom, by which day."""

    words = forms.CharField(
        label=_("What is to be done?"),
        max_length=todos.LONGEST,
        widget=forms.Textarea({"rows": 2, "dir": "auto", "class": "rp-area rp-area--short"}),
        error_messages={"required": _("Say in a sentence what is to be done.")},
    )
    owner = forms.ChoiceField(
        label=_("Who does it?"), widget=forms.RadioSelect, error_messages={"required": _("Choose who.")}
    )
    day = Day(label=_("By which day?"), required=False, help_text=_("You may leave this empty."))

    def __init__(self, *args: Any, owners: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["owner"].choices = list(owners)  # type: ignore[attr-defined]

    def clean_day(self) -> Any:
        """Not past, not years ahead."""
        day, today = self.cleaned_data["day"], timezone.localdate()
        if day and not today <= day <= today + helping.FURTHEST:
            raise forms.ValidationError(_("Choose a day within the next year."))
        return day

    @property
    def due(self) -> datetime | None:
        """The end of that day at the site; only of a form that is valid."""
        day = self.cleaned_data["day"]
        return timezone.make_aware(datetime.combine(day, time(23, 59))) if day else None


class ReportForm(forms.Form):
    """A short update for the family."""

    words = forms.CharField(
        label=_("Your update"),
        help_text=_("How it goes, what comes next, what they can do. No more than they need."),
        max_length=news.LONGEST,
        widget=forms.Textarea({"rows": 5, "dir": "auto"}),
        error_messages={"required": _("Write a sentence or two.")},
    )
