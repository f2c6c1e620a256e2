"""What people send: read once, whole, and kept as words whatever is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from rapport.people.request import once_token
from rapport.pillars.conversations.actions import Upload

#: Longest message, in characters; longest question.
LONGEST, LONGEST_QUESTION = 20_000, 500
#: At most so many questions are read from one form.
MOST = 20
_NUMBERED = re.compile(r"concern-(\d{1,3})$")

Posted = MultiValueDict[str, Any]


@dataclass(frozen=True, slots=True)
class Chip:
    """One question on the form. `was` is what the software proposed, "" for one that the person added."""

    words: str
    was: str = ""
    kept: bool = True


def read_chips(posted: Posted) -> tuple[Chip, ...]:
    """The questions as they stand on the form, in their order."""
    numbers = sorted(int(found.group(1)) for name in posted if (found := _NUMBERED.match(str(name))))
    chips = []
    for number in numbers[:MOST]:
        words = " ".join(str(posted.get(f"concern-{number}", "")).split())[:LONGEST_QUESTION]
        was = str(posted.get(f"was-{number}", ""))
        if words or was:
            chips.append(Chip(words, was, f"keep-{number}" in posted))
    return tuple(chips)


def merge_chips(chips: Iterable[Chip], suggested: Iterable[str]) -> tuple[Chip, ...]:
    """The form's questions after the text changed.

    What the person changed, took out or added stays so. A proposal that the text no longer holds goes,
    a new one comes. Proposals stand in the order of the text, the person's own after them.
    """
    shown = tuple(chips)
    proposed = tuple(suggested)
    by_was = {chip.was.casefold(): chip for chip in shown if chip.was}
    own = {chip.words.casefold() for chip in shown if chip.words != chip.was}
    found = [
        by_was.get(words.casefold(), Chip(words, words))
        for words in proposed
        if words.casefold() in by_was or words.casefold() not in own
    ]
    rest = [chip for chip in shown if chip not in found and chip.words and chip.words != chip.was]
    return (*found, *rest)


def is_new(chips: Iterable[Chip], suggested: Iterable[str]) -> bool:
    """Whether the text holds a question that the form has not shown yet."""
    known = {words.casefold() for chip in chips for words in (chip.words, chip.was)}
    return any(words.casefold() not in known for words in suggested)


def confirmed(chips: Iterable[Chip]) -> tuple[str, ...]:
    """The words of the questions that the person keeps, each once."""
    kept = {chip.words.casefold(): chip.words for chip in chips if chip.kept and chip.words}
    return tuple(kept.values())


def whole_as_question(text: str) -> str:
    """A message as one question, where it holds none by its marks: its first words, cut at a word if long."""
    words = " ".join(text.split())
    if len(words) <= 200:
        return words
    return words[:200].rsplit(" ", 1)[0] + " …"


@dataclass(frozen=True, slots=True)
class Writing:
    """A message as it stands on the form.

    kind   "question" or "news" where no question was seen and the person was asked; "" before that
    asked  whether the questions were on the page that was sent
    helped  which help was on it, if any
    """

    once: str
    topic: str
    text: str
    chips: tuple[Chip, ...]
    kind: str = ""
    asked: bool = False
    helped: str = ""
    files: tuple[Upload, ...] = ()

    @classmethod
    def read(cls, posted: Posted, files: Iterable[Any] = ()) -> Writing:
        """From a POST or a draft."""
        return cls(
            once=once_token(str(posted.get("once", ""))),
            topic=str(posted.get("topic", "")),
            text=str(posted.get("text", "")).replace("\r\n", "\n")[:LONGEST],
            chips=read_chips(posted),
            kind=str(posted.get("kind", "")),
            asked="asked" in posted or any(name.startswith("concern-") for name in posted),
            helped=str(posted.get("helped", "")),
            files=uploads(files),
        )

    def seeing(self, suggested: Iterable[str]) -> Writing:
        """With the questions that the text now holds."""
        return replace(self, chips=merge_chips(self.chips, suggested))

    @property
    def questions(self) -> tuple[str, ...]:
        """The questions to be tracked, as confirmed; none for thanks and news."""
        if self.kind == "news":
            return ()
        found = confirmed(self.chips)
        if not found and self.kind == "question":
            return (whole_as_question(self.text),)
        return found


def uploads(files: Iterable[Any]) -> tuple[Upload, ...]:
    """Files as they came; what they are is found out from their content, not from their name."""
    return tuple(Upload(str(file.name or ""), file.read()) for file in files)


# ---------------------------------------------------------------- short forms of staff


class DayField(forms.CharField):
    """A day, as people write it: 17 3 2026, 17/3/2026, 2026-03-17."""

    widget = forms.TextInput(attrs={"class": "rp-input rp-input--short"})

    def clean(self, value: Any) -> Any:
        text = str(super().clean(value) or "")
        if not text:
            return None
        found = re.findall(r"\d+", text)
        try:
            day, month, year = map(int, reversed(found) if len(found[0]) == 4 else found)
            return date(year, month, day)
        except (ValueError, IndexError):
            raise forms.ValidationError(_("Write the day, month and year, like 17 3 2026")) from None


class ClockField(forms.CharField):
    """A time of day, as people write it: 14.30, 14:30, 2 pm, 2.30pm."""

    widget = forms.TextInput(attrs={"class": "rp-input rp-input--short"})

    def clean(self, value: Any) -> Any:
        text = str(super().clean(value) or "").strip().lower().replace(" ", "").replace("\u00a0", "")
        if not text:
            return None
        found = re.fullmatch(r"(\d{1,2})(?:[.:h](\d{2})?)?(am|pm)?", text)
        try:
            if not found:
                raise ValueError
            hour, minute, half = int(found[1]), int(found[2] or 0), found[3]
            if half and not 1 <= hour <= 12:
                raise ValueError
            return time(hour % 12 + (12 if half == "pm" else 0) if half else hour, minute)
        except ValueError:
            raise forms.ValidationError(_("Write the time like 2.30 pm or 14:30")) from None


def _area(rows: int = 4) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows, "class": "rp-area rp-area--short", "dir": "auto"})


class NoteForm(forms.Form):
    """A note to the team."""

    text = forms.CharField(label=lazy("What should the team know?"), max_length=LONGEST, widget=_area(6))


class HandOverForm(forms.Form):
    """To whom a question goes, and why. `colleagues` are (ref, label) pairs."""

    to = forms.ChoiceField(label=lazy("Who takes it?"), widget=forms.RadioSelect)
    reason = forms.CharField(
        label=lazy("Why?"),
        help_text=lazy("One sentence. The team reads it."),
        max_length=500,
        widget=_area(2),
    )

    def __init__(self, *args: Any, colleagues: Iterable[tuple[str, Any]] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["to"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = list(colleagues)


class ReasonForm(forms.Form):
    """A reason in one's own words."""

    reason = forms.CharField(label=lazy("Why?"), max_length=500, widget=_area(2))


class CloseForm(forms.Form):
    """Why a question ends without a yes."""

    reason = forms.ChoiceField(label=lazy("What is the reason?"), widget=forms.RadioSelect)
    words = forms.CharField(
        label=lazy("In a sentence"), help_text=lazy("They can read it."), max_length=500, widget=_area(2)
    )

    def __init__(self, *args: Any, reasons: Iterable[tuple[str, Any]] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["reason"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = list(reasons)


class SplitForm(forms.Form):
    """One question made into several."""

    parts = forms.CharField(
        label=lazy("The questions in it"),
        help_text=lazy("One on each line, as close to their words as you can."),
        widget=_area(5),
    )

    def clean_parts(self) -> tuple[str, ...]:
        parts = tuple(
            " ".join(line.split()) for line in self.cleaned_data["parts"].splitlines() if line.strip()
        )
        if len(parts) < 2:
            raise forms.ValidationError(_("Write at least two questions, each on its own line"))
        if any(len(part) > LONGEST_QUESTION for part in parts):
            raise forms.ValidationError(_("One of them is too long"))
        return parts


class MergeForm(forms.Form):
    """Several questions made into one; the first is kept."""

    concerns = forms.MultipleChoiceField(
        label=lazy("Which questions are the same?"),
        help_text=lazy("The oldest stays. The words of the others are kept with it."),
        widget=forms.CheckboxSelectMultiple,
    )
    reason = forms.CharField(label=lazy("Why? (you can leave this empty)"), required=False, max_length=500)

    def __init__(self, *args: Any, choices: Iterable[tuple[str, str]] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["concerns"]
        assert isinstance(field, forms.MultipleChoiceField)
        field.choices = list(choices)

    def clean_concerns(self) -> list[str]:
        chosen: list[str] = self.cleaned_data["concerns"]
        if len(chosen) < 2:
            raise forms.ValidationError(_("Choose at least two questions"))
        return chosen


class PromiseForm(forms.Form):
    """What is promised, and for when."""

    text = forms.CharField(
        label=lazy("What do you promise?"),
        help_text=lazy("Like: I ring you about your scan. They read it too."),
        max_length=300,
    )
    day = DayField(label=lazy("On which day?"), help_text=lazy("Like 17 3 2026"), max_length=20)
    at = ClockField(
        label=lazy("By what time? (you can leave this empty)"),
        required=False,
        max_length=10,
        help_text=lazy("Like 2.30 pm"),
    )

    def due(self, zone: ZoneInfo, closing: time) -> datetime:
        """When it is due; without a time, when the day ends at the clinic."""
        at = self.cleaned_data["at"] or closing
        return datetime.combine(self.cleaned_data["day"], at, zone)


class CorrectForm(forms.Form):
    """Other words for one's own message."""

    text = forms.CharField(label=lazy("Your message"), max_length=LONGEST, widget=_area(8))


class QuestionForm(forms.Form):
    """One question in a letter, as its writer put it."""

    text = forms.CharField(
        label=lazy("The question in their words"), max_length=LONGEST_QUESTION, widget=_area(2)
    )


class WordsForm(forms.Form):
    """A few words that may be left out."""

    words = forms.CharField(
        label=lazy("A few words (you can leave this empty)"), required=False, max_length=500, widget=_area(2)
    )


class SureForm(forms.Form):
    """Nothing to fill in: the button says it."""


class ReachedForm(forms.Form):
    """How someone was reached who got no notice."""

    words = forms.CharField(
        label=lazy("How did you reach them?"),
        help_text=lazy("One sentence, like: I rang her, and she knows."),
        max_length=500,
        widget=_area(2),
    )
