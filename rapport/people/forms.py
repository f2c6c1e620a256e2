"""Forms of this room, and allauth's in our words. What they refuse, they refuse in a sentence."""

from __future__ import annotations

from datetime import date, time
from typing import Any

from allauth.account import forms as account
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base import forms as factor
from allauth.mfa.totp.forms import ActivateTOTPForm
from django import forms
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from rapport.people import settings_text

_NEW_PASSWORD = _("Ten characters or more. Three or four words that only you would put together are good.")


def _say(form: Any, name: str, label: Any, hint: Any = "") -> None:
    field = form.fields[name]
    field.label, field.help_text = label, hint
    field.widget.attrs.pop("placeholder", None)


class SignIn(account.LoginForm):  # type: ignore[misc]
    """E-mail address and password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _say(self, "login", _("Your e-mail address"))
        _say(self, "password", _("Your password"))


class NewPassword(account.ChangePasswordForm):  # type: ignore[misc]
    """The old password, the new one twice."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _say(self, "oldpassword", _("Your password now"))
        _say(self, "password1", _("Your new password"), _NEW_PASSWORD)
        _say(self, "password2", _("The new password once more"))


class ForgottenPassword(account.ResetPasswordForm):  # type: ignore[misc]
    """Where to send the link."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _say(self, "email", _("Your e-mail address"))


class PasswordFromLink(account.ResetPasswordKeyForm):  # type: ignore[misc]
    """The new password twice, by the link of an e-mail."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _say(self, "password1", _("Your new password"), _NEW_PASSWORD)
        _say(self, "password2", _("The new password once more"))


class StillYou(account.ReauthenticateForm):  # type: ignore[misc]
    """The password once more, before something that matters."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _say(self, "password", _("Your password"))


class NewEmail(account.AddEmailForm):  # type: ignore[misc]
    """Another e-mail address."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _say(self, "email", _("Your new e-mail address"))


#: Seconds in which no code of an app is taken twice: longer than any is good for (MFA_TOTP_TOLERANCE).
CODE_SECONDS = 120


def _code(form: Any, hint: Any = "") -> None:
    _say(form, "code", _("The code"), hint)
    form.fields["code"].widget.attrs.update(
        autocomplete="one-time-code", autocapitalize="off", spellcheck="false"
    )


def _once(form: Any, code: str) -> str:
    """The code, if this person never gave it before; the memory is shared by all processes."""
    plain = "".join(letter for letter in code if letter.isalnum())
    if not cache.add(f"people:code:{form.user.pk}:{plain}", 1, timeout=CODE_SECONDS):
        raise get_adapter().validation_error("incorrect_code")
    return code


class SecondStep(factor.AuthenticateForm):  # type: ignore[misc]
    """The code of the app, or a spare code. allauth remembers codes for less long than they are good."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _code(self, _("Six digits from your app, or one of your spare codes."))

    def clean_code(self) -> str:
        """A right code, for the first time."""
        return _once(self, super().clean_code())


class SecondStepAgain(factor.ReauthenticateForm):  # type: ignore[misc]
    """The same, before something that matters."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _code(self, _("Six digits from your app, or one of your spare codes."))

    def clean_code(self) -> str:
        """A right code, for the first time."""
        return _once(self, super().clean_code())


class SetUpApp(ActivateTOTPForm):  # type: ignore[misc]
    """The first code that the app shows."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _code(self, _("The six digits that the app shows now."))

    def clean_code(self) -> str:
        """A right code; it is used up, for signing in too."""
        return _once(self, super().clean_code())


class Day(forms.DateField):
    """A day, chosen in the browser's calendar or written 2026-03-17, 17 3 2026 or 17/3/2026."""

    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    formats = ("%Y-%m-%d", "%d %m %Y", "%d/%m/%Y", "%d.%m.%Y")

    def __init__(self, **kwargs: Any) -> None:
        wrong = {"invalid": _("Write the day, month and year, like 17 3 2026.")}
        super().__init__(input_formats=self.formats, error_messages=wrong, **kwargs)


class Code(forms.Form):
    """The code of an invitation on paper."""

    code = forms.CharField(
        label=_("The code on your letter"),
        help_text=_("Ten letters and digits, such as 7KQ4M-XW2PD."),
        max_length=40,
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}
        ),
    )


class Join(forms.Form):
    """What an invited person fills in."""

    birth_date = Day(label=_("Your date of birth"), help_text=_("So that we know it is you. Like 17 3 1968."))
    email = forms.EmailField(
        label=_("Your e-mail address"),
        help_text=_("You sign in with it. We write to it only to say that there is something to read."),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "username"}),
    )
    password = forms.CharField(
        label=_("A password"),
        help_text=_NEW_PASSWORD,
        max_length=200,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, *args: Any, ask_birth_date: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["birth_date"].widget = forms.TextInput(attrs={"autocomplete": "bday"})
        if not ask_birth_date:
            del self.fields["birth_date"]


class Reason(forms.Form):
    """Why: kept with what is done."""

    why = forms.CharField(label=_("How did you check who they are?"), max_length=300)


class Away(forms.Form):
    """An absence: first and last day, and who covers."""

    first = Day(label=_("First day away"))
    last = Day(label=_("Last day away"))
    cover = forms.ChoiceField(label=_("Who covers for you?"), required=False)

    def __init__(self, *args: Any, colleagues: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        nobody = ("", _("Nobody yet: the team sees it in the inbox"))
        self.fields["cover"].choices = [nobody, *colleagues]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """The last day is not before the first, and not past."""
        said = super().clean() or {}
        first, last = said.get("first"), said.get("last")
        if first and last and last < first:
            self.add_error("last", _("The last day comes before the first."))
        elif last and last < date.today():  # noqa: DTZ011 - a calendar day
            self.add_error("last", _("That is over already."))
        return said


class SettingsText(forms.Form):
    """The settings of the site as one text."""

    text = forms.CharField(
        label=_("The settings, as text"),
        strip=False,
        max_length=200_000,
        widget=forms.Textarea(
            attrs={"rows": 30, "spellcheck": "false", "wrap": "off", "class": "rp-area rp-plaintext"}
        ),
    )
    why = forms.CharField(label=_("What changed, in a few words"), max_length=300, required=False)

    def clean_text(self) -> str:
        """Line ends as in a file; errors with their lines."""
        text = str(self.cleaned_data["text"]).replace("\r\n", "\n")
        _site, issues = settings_text.read(text)
        wrong = [f"{issue.path}: {issue.text}" for issue in issues if issue.severity == "error"]
        if wrong:
            raise ValidationError(wrong)
        return text


class Clock(forms.TimeField):
    """A time of day, or none."""

    widget = forms.TimeInput(attrs={"type": "time"}, format="%H:%M")

    def __init__(self, **kwargs: Any) -> None:
        wrong = {"invalid": _("Write the hour and the minutes, like 20:00.")}
        super().__init__(required=False, input_formats=("%H:%M",), error_messages=wrong, **kwargs)


class QuietForm(forms.Form):
    """The local hours in which somebody wants no e-mail, or none."""

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

    @property
    def hours(self) -> tuple[time, time] | None:
        """From when until when; only of a form that is valid."""
        begins, ends = self.cleaned_data["begins"], self.cleaned_data["ends"]
        return (begins, ends) if begins is not None else None
