"""What people send about help, tasks, meetings and news. What is wrong is said beside its field."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from rapport.people.forms import Day
from rapport.pillars.family.rules import helping, meetings, news, todos
from rapport.pillars.family.shapes.common import Who
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


#: So many things to do stand on the form of a summary.
TODOS = 3


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


def ahead(form: forms.Form, said: dict[str, Any]) -> None:
    """From when to when a day, a time and a length are (`begins`, `ends`), or what is wrong with them."""
    day, clock = said.get("day"), said.get("clock")
    if not day or not clock or "length" not in said:
        return
    begins = at(day, clock)
    if begins is None:
        form.add_error("clock", _("The clocks change that night: there is no such time."))
    elif begins < timezone.now():
        form.add_error("day", _("That is past. Choose a later time."))
    elif begins > timezone.now() + helping.FURTHEST:
        form.add_error("day", _("That is more than a year ahead. Choose an earlier day."))
    else:
        said |= {"begins": begins, "ends": begins + timedelta(minutes=int(said["length"]))}


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
        ahead(self, said)
        return said

    @property
    def asked(self) -> Asked:
        """What it says; only of a form that is valid."""
        said = self.cleaned_data
        return Asked(said["what"], said["words"], said["begins"], said["ends"])


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


class CallForm(forms.Form):
    """A meeting: what it is about, when, and who is asked to it."""

    about = forms.CharField(
        label=_("What is it about?"),
        help_text=_("Everybody who is asked reads this."),
        max_length=meetings.LONGEST,
        widget=forms.TextInput({"dir": "auto"}),
        error_messages={"required": _("Say in a sentence what it is about.")},
    )
    day = Day(label=_("Which day?"))
    clock = Clock(label=_("At what time?"))
    length = forms.ChoiceField(label=_("How long?"), choices=LENGTHS[:3], initial="60")
    guests = forms.MultipleChoiceField(
        label=_("Who is asked?"),
        help_text=_("The patient always is. Each brings points, and sees who else comes."),
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )

    def __init__(self, *args: Any, people: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["guests"].choices = list(people)  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """The time lies ahead, and is one that the clock shows."""
        said = super().clean() or {}
        ahead(self, said)
        return said


class PointForm(forms.Form):
    """What somebody wants to speak about."""

    words = forms.CharField(
        label=_("What do you want to speak about?"),
        max_length=meetings.LONGEST,
        widget=forms.TextInput({"dir": "auto"}),
        error_messages={"required": _("Write a sentence.")},
    )


class SummaryForm(forms.Form):
    """What came of a meeting: in plain words, the decisions, who does what, and who reads it."""

    words = forms.CharField(
        label=_("What was said, in plain words"),
        max_length=meetings.LONGEST_SUMMARY,
        widget=forms.Textarea({"rows": 5, "dir": "auto"}),
        error_messages={"required": _("Write a sentence or two.")},
    )
    decisions = forms.CharField(
        label=_("What was decided"),
        help_text=_("One decision on each line."),
        max_length=meetings.LONGEST_SUMMARY,
        widget=forms.Textarea({"rows": 3, "dir": "auto", "class": "rp-area rp-area--short"}),
        required=False,
    )
    readers = forms.MultipleChoiceField(
        label=_("Who of the circle reads it?"),
        help_text=_("Nobody else of it does. The patient and the team always read it."),
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )

    def __init__(
        self, *args: Any, owners: Sequence[Who], people: Sequence[tuple[str, str]], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["readers"].choices = list(people)  # type: ignore[attr-defined]
        for number in range(1, TODOS + 1):
            self.fields[f"todo_{number}"] = forms.CharField(
                label=_("What is to be done?"), max_length=todos.LONGEST, required=False,
                widget=forms.TextInput({"dir": "auto"}),
            )  # fmt: skip
            self.fields[f"owner_{number}"] = forms.ChoiceField(
                label=_("Who does it?"), choices=list(owners), required=False
            )

    def clean(self) -> dict[str, Any]:
        """What is to be done has somebody who does it."""
        said = super().clean() or {}
        for number in range(1, TODOS + 1):
            if said.get(f"todo_{number}") and not said.get(f"owner_{number}"):
                self.add_error(f"owner_{number}", _("Choose who."))
        return said

    @property
    def rows(self) -> list[tuple[Any, Any]]:
        """The lines of what is to be done: what, and who."""
        return [(self[f"todo_{number}"], self[f"owner_{number}"]) for number in range(1, TODOS + 1)]

    @property
    def todo(self) -> list[tuple[str, str]]:
        """What is to be done and by whom (reference); only of a form that is valid."""
        said = self.cleaned_data
        rows = [(said[f"todo_{number}"], said[f"owner_{number}"]) for number in range(1, TODOS + 1)]
        return [(words, owner) for words, owner in rows if words.strip() and owner]

    @property
    def decided(self) -> list[str]:
        """The decisions, line by line; only of a form that is valid."""
        lines = (line.strip() for line in self.cleaned_data["decisions"].splitlines())
        return [line for line in lines if line][: meetings.MOST_DECISIONS]
