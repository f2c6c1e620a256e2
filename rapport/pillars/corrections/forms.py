"""What people send about corrections."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from rapport.pillars.corrections.actions import LONGEST

_NEEDED = {"required": _("Write a sentence, in your own words.")}


def _area(label: Any, rows: int = 3, hint: Any = "", **more: Any) -> forms.CharField:
    widget = forms.Textarea({"rows": rows, "dir": "auto"})
    return forms.CharField(
        label=label, help_text=hint, max_length=LONGEST, widget=widget, error_messages=_NEEDED, **more
    )


class AskForm(forms.Form):
    """What is wrong. `entries`: reference and words of what may be chosen."""

    about = forms.ChoiceField(label=_("What is it about?"), required=False)
    wrong = _area(_("What is wrong?"))
    wanted = _area(_("What should it say?"), 2, required=False)

    def __init__(self, *args: Any, entries: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["about"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", _("Something else")), *entries]


class AnswerForm(forms.Form):
    """How a correction is answered."""

    outcome = forms.ChoiceField(
        label=_("Your answer"),
        choices=[
            ("accepted", _("Yes, I put it right")),
            ("partly", _("In part")),
            ("declined", _("No, it stays as it is")),
        ],
        widget=forms.RadioSelect,
    )
    words = _area(
        _("In words that they read"),
        4,
        _("What you changed, or why it stays. Put the entry itself right first."),
    )


class StatementForm(forms.Form):
    """The person does not agree."""

    words = _area(
        _("I do not agree, because"), 4, _("Your words stand beside the answer, for all who read it.")
    )
