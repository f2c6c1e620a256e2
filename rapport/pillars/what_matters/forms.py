"""What people send."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from rapport.people.forms import QuietForm
from rapport.pillars.what_matters.reading.reach import NEEDS, WAYS
from rapport.pillars.what_matters.rules.entries import LONGEST
from rapport.pillars.what_matters.shapes.reach import Reach


class WordsForm(forms.Form):
    """One entry."""

    words = forms.CharField(
        label=_("In your own words"),
        max_length=LONGEST,
        widget=forms.Textarea({"rows": 4, "dir": "auto", "maxlength": str(LONGEST)}),
        error_messages={"required": _("Write a sentence, in your own words.")},
    )


class ReachForm(QuietForm):
    """How somebody wants to be reached."""

    field_order = ("way", "needs", "begins", "ends")

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

    def reach(self) -> Reach:
        """What was chosen."""
        said = self.cleaned_data
        return Reach(said["way"], tuple(said["needs"]), self.hours)


class ReasonForm(forms.Form):
    """Why somebody goes on."""

    words = forms.CharField(
        label=_("Why it is still right"),
        max_length=LONGEST,
        widget=forms.Textarea({"rows": 3, "dir": "auto"}),
        error_messages={"required": _("Say why in a sentence. They read it too.")},
    )
