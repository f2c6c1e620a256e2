"""Invented things for the gallery, so that every part is seen in every state. Debug only."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils import timezone

from rapport.ui.states import STATES

#: What patient and staff read beside each shape.
_LINES: dict[str, tuple[str, str]] = {
    "raised": ("Nobody has it yet. Someone will by 3 pm today", "Take by 3 pm today"),
    "accepted": ("Dr Mei Chen, your GP, has it", "You have it"),
    "answered": ("Waiting for you. Does this answer it?", "Waiting for Amina"),
    "heard": ("Heard. You said so on Wednesday", "Heard"),
    "reopened": ("Open again. Dara has it", "Open again. You have it"),
    "closed": ("Closed: you asked us to", "Closed: she asked us to"),
    "late": ("Late. Passed on to Dr Chen", "Late by 2 hours. Passed on to you"),
    "urgent": ("Help is on your screen", "Ring him now"),
    "promise": ("You bring your blood pressure book", "She brings her blood pressure book"),
    "promised": ("Dr Chen rings you about your scan", "You ring her about the scan"),
    "kept": ("Kept on Wednesday", "Kept on Wednesday"),
    "not-kept": ("Not kept. Dara says why below", "Not kept"),
    "team": ("Never shown", "Team only"),
    "emergency": ("Opened in an emergency", "Opened in an emergency"),
}

_ROWS = (
    (
        "urgent",
        "Tomas Reyes",
        "44, wrote 9.02 am",
        "I can’t see a way through this any more.",
        "Ring him now",
        "Urgent words. He was shown help on his screen at 9.02.",
        True,
    ),
    (
        "late",
        "Ingrid Solberg",
        "71, wrote Monday",
        "Nobody rang about my hip. Am I still on the list?",
        "Late by 2 hours",
        "Was with Jonas Weber. Passed on to you.",
        False,
    ),
    (
        "raised",
        "Bilal Haddad",
        "for Amina Haddad, 58",
        "Can I come along on Tuesday?",
        "Take by 3 pm today",
        "Waited 1 hour 40 min",
        True,
    ),
    (
        "accepted",
        "Leila Farouk",
        "29, cover for Dara",
        "When can I hold the baby with the stitches in?",
        "Answer by 5 pm today",
        "You have it, for Dara",
        False,
    ),
    (
        "reopened",
        "Peter Novak",
        "66, said “not yet”",
        "I still don’t know what to eat in the evening.",
        "Answer by tomorrow, 10 am",
        "Open again. You have it.",
        False,
    ),
    (
        "answered",
        "Amina Haddad",
        "58",
        "Is the new water tablet making me dizzy?",
        "Waiting for Amina",
        "Dara answered at 8.40 am",
        False,
    ),
)


_MINUTES = (100, 1440, 4320, 576_000)


class SampleForm(forms.Form):
    """One field of each kind, one of them wrong."""

    name = forms.CharField(label="Your name", help_text="As your passport says it")
    born = forms.CharField(label="When were you born?", help_text="Day, month and year, like 17 3 1968")
    words = forms.CharField(label="In your own words", widget=forms.Textarea, required=False)
    language = forms.ChoiceField(label="Language", choices=[("en", "English"), ("ar", "العربية")])
    how = forms.ChoiceField(
        label="How may we reach you?",
        widget=forms.RadioSelect,
        choices=[("mail", "By e-mail"), ("post", "Letter")],
    )
    picture = forms.FileField(label="A picture or a PDF", required=False)
    sure = forms.BooleanField(label="Only my care team may read this", required=False, help_text="Not Bilal.")


def samples(request: HttpRequest) -> dict[str, Any]:
    """The context of `ui/gallery.html`. `?dir=rtl` turns the page round."""
    now = timezone.localtime()
    form = SampleForm({"name": "Amina Haddad", "born": "", "how": "mail", "language": "en"})
    return {
        "direction": "rtl" if request.GET.get("dir") == "rtl" else "",
        "states": [(state, *_LINES[state]) for state in STATES if state in _LINES],
        "rows": _ROWS,
        "form": form,
        "times": [now - timedelta(minutes=minutes) for minutes in _MINUTES],
        "dues": [now + timedelta(minutes=minutes) for minutes in _MINUTES],
        "tabs": [
            {"href": "#rows", "label": "Everyone’s", "count": 9, "here": True},
            {"href": "#rows", "label": "Mine", "count": 3},
            {"href": "#rows", "label": "Nobody’s", "count": None},
        ],
        "letter": (
            "Since the new water tablet I get dizzy when I stand up. Is that the tablet?\n\n"
            "My sister marries in May and I so want to be there.\nCan I fly?"
        ),
        "arabic": "منذ أن بدأت الدواء الجديد أشعر بالدوار.",
        "questions": ["Is the new water tablet making me dizzy?", "Can I fly to my sister’s wedding in May?"],
        "icons": sorted(_icon_names()),
    }


def _icon_names() -> list[str]:
    from importlib.resources import files
    from re import findall

    sprite = files("rapport.ui").joinpath("static/ui/icons.svg").read_text("utf-8")
    return findall(r'<symbol id="([a-z]+)"', sprite)
