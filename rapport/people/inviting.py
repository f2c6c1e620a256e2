"""Forms for inviting a patient: whom, and how the invitation gets there."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from rapport.people.forms import Day


class FindPatient(forms.Form):
    """Whom to invite: part of the name, and the date of birth to tell people of one name apart."""

    name = forms.CharField(label=_("Name, or the start of it"), max_length=100)
    birth_date = Day(label=_("Date of birth"), required=False, help_text=_("If you know it."))

    def clean_name(self) -> str:
        """At least two letters, so that nobody leafs through everyone."""
        name = str(self.cleaned_data["name"]).strip()
        if len(name) < 2:
            raise ValidationError(_("Write two letters or more."))
        return name


class HowToInvite(forms.Form):
    """By e-mail, or on paper."""

    how = forms.ChoiceField(
        label=_("How should the invitation get there?"),
        choices=[
            ("print", _("Print a letter with a code, to hand over")),
            ("email", _("Send a link by e-mail")),
        ],
        widget=forms.RadioSelect,
        initial="print",
    )
    email = forms.EmailField(
        label=_("E-mail address"),
        required=False,
        max_length=254,
        help_text=_("Read it back to them, letter by letter."),
    )

    def clean(self) -> dict[str, Any]:
        """An address where one is needed."""
        said = super().clean() or {}
        if said.get("how") == "email" and not said.get("email") and "email" not in self.errors:
            self.add_error("email", _("Write the address that the link goes to."))
        return said


class HowToInviteAnew(forms.Form):
    """For somebody with an account: a link to the address that they proved, or on paper by who leads."""

    WAYS = {
        "email": _("Send a link to the e-mail address that they proved"),
        "print": _("Print a letter with a code, to hand over"),
    }
    how = forms.ChoiceField(label=_("How should the invitation get there?"), widget=forms.RadioSelect)
    why = forms.CharField(
        label=_("How did you check who they are?"),
        help_text=_("Needed for a letter. It is kept, with your name."),
        max_length=280,
        required=False,
    )

    def __init__(self, *args: Any, ways: tuple[str, ...], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["how"].initial = next(iter(ways), "")
        self.fields["how"].choices = [(way, self.WAYS[way]) for way in ways]  # type: ignore[attr-defined]
        if "print" not in ways:
            del self.fields["why"]

    def clean(self) -> dict[str, Any]:
        """How who it is was checked, where a letter is printed."""
        said = super().clean() or {}
        if said.get("how") == "print" and not said.get("why"):
            self.add_error("why", _("Say how you checked who they are."))
        return said
