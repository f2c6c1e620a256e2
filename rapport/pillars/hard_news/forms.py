"""What people send about hard news."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from rapport.people.forms import Day
from rapport.pillars.hard_news.rules.wishes import LONGEST
from rapport.pillars.hard_news.shapes import Wish

Said = Mapping[str, Any]


class WishForm(forms.Form):
    """How one wants to hear one kind of result.

    ways, times  what may be chosen: code → words
    tellers      (position, name) of the person's care team
    most         the longest that a result may wait, in days
    """

    way = forms.ChoiceField(label=_("How?"), widget=forms.RadioSelect)
    time = forms.ChoiceField(label=_("When?"), required=False)
    teller = forms.ChoiceField(label=_("From whom?"), required=False)
    beside = forms.CharField(
        label=_("Who should be with you?"),
        help_text=_("For example: my son Bilal. Or: nobody, I want to hear it alone first."),
        max_length=200,
        required=False,
        widget=forms.TextInput({"dir": "auto"}),
    )
    words = forms.CharField(
        label=_("What else should we know then?"),
        help_text=_("For example: say it straight, then give me a minute."),
        max_length=LONGEST,
        required=False,
        widget=forms.Textarea({"rows": 3, "dir": "auto"}),
    )
    days = forms.TypedChoiceField(
        label=_("How long may it wait for that, at most?"), coerce=int, required=False
    )

    def __init__(
        self,
        *args: Any,
        ways: Said,
        times: Said,
        tellers: Sequence[tuple[str, str]],
        most: int,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        named = [("", _("Whoever of the team knows me best")), *tellers]
        days = [(number, _days(number)) for number in range(1, most + 1)]
        chosen = (("way", ways.items()), ("time", times.items()), ("teller", named), ("days", days))
        for name, choices in chosen:
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            field.choices = list(choices)
        self.names = dict(tellers)

    def said(self, kind: str) -> Wish:
        """What it says; only of a form that is valid."""
        data = self.cleaned_data
        teller = data["teller"]
        return Wish(
            kind=kind,
            way=data["way"],
            time=data["time"] or "any",
            days=data["days"] or 1,
            teller=teller,
            teller_name=self.names.get(teller, ""),
            beside=data["beside"],
            words=data["words"],
        )


def _days(number: int) -> Any:
    return ngettext("%(n)s day", "%(n)s days", number) % {"n": number}


class DoneForm(forms.Form):
    """How it went; and whether one asks again."""

    words = forms.CharField(
        label=_("How it went"),
        help_text=_("For the team and the record: what was said, who was there, what comes next."),
        max_length=LONGEST * 4,
        widget=forms.Textarea({"rows": 4, "dir": "auto"}),
        error_messages={"required": _("Say in a sentence how it went.")},
    )


_AGAIN = [("1", _("Tomorrow")), ("2", _("In two days")), ("3", _("In three days"))]


class ToldForm(DoneForm):
    """How telling went. After hard news one asks again within three days."""

    again = forms.ChoiceField(
        label=_("Was it hard news? Then you ask how it is"),
        choices=[*_AGAIN, ("no", _("It was no hard news"))],
        widget=forms.RadioSelect,
        initial="2",
    )
    to_them = forms.CharField(
        label=_("What they read about that, in your words"),
        help_text=_("For example: I ring you on Thursday, just to hear how you are."),
        max_length=LONGEST,
        required=False,
        widget=forms.TextInput({"dir": "auto"}),
    )

    @property
    def when(self) -> Any:
        """When to ask again, None for not at all; only of a form that is valid."""
        chosen = self.cleaned_data["again"]
        return timezone.now() + timedelta(days=int(chosen)) if chosen != "no" else None


class CheckInForm(forms.Form):
    """A check-in that is planned by hand."""

    again = forms.ChoiceField(label=_("When?"), choices=_AGAIN, initial="2")
    to_them = forms.CharField(
        label=_("What they read about that, in your words"),
        max_length=LONGEST,
        required=False,
        widget=forms.TextInput({"dir": "auto"}),
    )


class AnswerForm(forms.Form):
    """How it is since."""

    how = forms.ChoiceField(label=_("How is it?"), widget=forms.RadioSelect)
    words = forms.CharField(
        label=_("In your own words, if you like"),
        max_length=LONGEST * 4,
        required=False,
        widget=forms.Textarea({"rows": 4, "dir": "auto"}),
    )

    def __init__(self, *args: Any, hows: Said, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["how"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = list(hows.items())


class DeathForm(forms.Form):
    """Somebody died: when, who of the circle goes on seeing what was shared, whom to speak with."""

    day = Day(label=_("On which day?"))
    keep = forms.ChoiceField(
        label=_("Who of the circle goes on seeing what was shared with them?"),
        help_text=_("For everybody else it closes. Nothing is deleted."),
        required=False,
    )
    words = forms.CharField(
        label=_("Whom do you speak with, and what should one know?"),
        help_text=_("You have three days. It stands in your inbox."),
        max_length=LONGEST,
        required=False,
        widget=forms.Textarea({"rows": 3, "dir": "auto"}),
    )

    def __init__(self, *args: Any, kin: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["keep"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", _("Nobody")), *kin]
