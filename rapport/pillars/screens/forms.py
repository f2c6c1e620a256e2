"""What staff send."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

#: How often a form can be asked, in weeks; 0: once.
OFTEN = (0, 1, 2, 4, 8, 12, 26, 52)


def often(weeks: int) -> str:
    """How often: once, every week, every 4 weeks."""
    if not weeks:
        return str(_("Once"))
    return ngettext("Every week", "Every %(n)s weeks", weeks) % {"n": weeks}


class OrderForm(forms.Form):
    """Which form, and how often. `titles`: the addresses of forms, and what they are called."""

    form = forms.ChoiceField(label=_("Which check"))
    weeks = forms.TypedChoiceField(label=_("How often"), coerce=int)

    def __init__(self, titles: tuple[tuple[str, str], ...], data: Any = None) -> None:
        super().__init__(data)
        which, how_often = self.fields["form"], self.fields["weeks"]
        assert isinstance(which, forms.ChoiceField) and isinstance(how_often, forms.ChoiceField)
        which.choices = list(titles)
        how_often.choices = [(weeks, often(weeks)) for weeks in OFTEN]
