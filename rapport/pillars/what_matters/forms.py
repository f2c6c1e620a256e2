"""What people send."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from rapport.pillars.what_matters.rules.entries import LONGEST


class WordsForm(forms.Form):
    """One entry."""

    words = forms.CharField(
        label=_("In your own words"),
        max_length=LONGEST,
        widget=forms.Textarea({"rows": 4, "dir": "auto", "maxlength": str(LONGEST)}),
        error_messages={"required": _("Write a sentence, in your own words.")},
    )


class ReasonForm(forms.Form):
    """Why somebody goes on."""

    words = forms.CharField(
        label=_("Why it is still right"),
        max_length=LONGEST,
        widget=forms.Textarea({"rows": 3, "dir": "auto"}),
        error_messages={"required": _("Say why in a sentence. They read it too.")},
    )
