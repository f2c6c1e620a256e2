"""What people send."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from rapport.pillars.what_matters.reading.reach import NEEDS, WAYS
from rapport.pillars.what_matters.rules.entries import LONGEST
from rapport.pillars.what_matters.shapes.reach import Reach


class Clock(forms.TimeField):
    """A time of day, or none."""

    widget = forms.TimeInput(attrs={"type": "time"}, format="%H:%M")

    def __init__(self, **kwargs: Any) -> None:
        wrong = {"invalid": _("Write the hour and the minutes, like 20:00.")}
        super().__init__(required=False, input_formats=("%H:%M",), error_messages=wrong, **kwargs)


class WordsForm(forms.Form):
    """One entry."""

    words = forms.CharField(
        label=_("In your own words"),
        max_length=LONGEST,
        widget=forms.Textarea({"rows": 4, "dir": "auto", "maxlength": str(LONGEST)}),
        error_messages={"required": _("Write a sentence, in your own words.")},
    )


class ReachForm(forms.Form):
    """How somebody wants to be reached."""

    way = forms.ChoiceField(
        label=_("What do you like best?"),
        choices=[("", _("No matter")), *WAYS.items()],
        required=False,
        widget=forms.RadioSelect,
    )
    needs = forms.MultipleChoiceField(
        label=_("What should we know?"),
        choices=list(NEEDS.items()),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    begins = Clock(label=_("No e-mail from"), help_text=_("On the clock of the clinic, such as 20:00."))
    ends = Clock(label=_("No e-mail until"), help_text=_("Leave both empty, and we choose: never at night."))

    def clean(self) -> dict[str, Any]:
        """Two times or none, and not the same."""
        said = super().clean() or {}
        begins, ends = said.get("begins"), said.get("ends")
        if {"begins", "ends"} & set(self.errors):
            return said
        if (begins is None) != (ends is None):
            self.add_error("begins" if begins is None else "ends", _("Write both times, or none."))
        elif begins is not None and begins == ends:
            self.add_error("ends", _("Write two different times."))
        return said

    def reach(self) -> Reach:
        """What was chosen."""
        said = self.cleaned_data
        quiet = (said["begins"], said["ends"]) if said["begins"] is not None else None
        return Reach(said["way"], tuple(said["needs"]), quiet)


class ReasonForm(forms.Form):
    """Why somebody goes on."""

    words = forms.CharField(
        label=_("Why it is still right"),
        max_length=LONGEST,
        widget=forms.Textarea({"rows": 3, "dir": "auto"}),
        error_messages={"required": _("Say why in a sentence. They read it too.")},
    )
