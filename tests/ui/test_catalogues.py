"""Every word of the software in every language: none untranslated or stale, none outside the catalogues."""

import re

import pytest
from django import forms
from django.utils.translation import gettext, override

from tests.ui.test_templates import TEMPLATES, name_of
from tools import messages

#: Names and signs that are the same in every language.
SAME = re.compile(r"\b(Rapport|rapport|staff|add|NAME|EMAIL|nbsp|amp|lt|gt|middot|times)\b")


def test_every_string_is_translated():
    """`python tools/messages.py update` writes what is missing into the .po files."""
    assert messages.troubles() == []


@pytest.mark.parametrize("language", messages.LANGUAGES)
def test_the_catalogues_are_what_django_reads(language, catalogues):
    said = {"en": "This is still empty.", "es": "Esto está vacío todavía.", "fr": "Ceci est encore vide."}
    with override(language):
        assert gettext("This field is required.") == said[language]
        assert forms.CharField().error_messages["required"] == said[language]


def bare(template: str) -> str:
    """What is left of a template without its tags, variables, comments and translated blocks."""
    for gone in (
        r"{% comment %}.*?{% endcomment %}",
        r"{#.*?#}",
        r"{% blocktranslate.*?{% endblocktranslate %}",
        r"<(script|code|pre)\b.*?</\1>",
        r"{%.*?%}",
        r"{{.*?}}",
    ):
        template = re.sub(gone, " ", template, flags=re.S)
    said = re.findall(r'\b(?:aria-label|alt|placeholder|title)="([^"]*)"', template)
    text = re.sub(r"<[^>]*>", " ", template, flags=re.S)
    return SAME.sub("", " ".join([text, *said]))


@pytest.mark.parametrize("path", [one for one in TEMPLATES if one.name != "gallery.html"], ids=name_of)
def test_no_word_stands_outside_the_catalogues(path):
    assert re.findall(r"[^\W\d_]{2,}", bare(path.read_text("utf-8"))) == []


def test_every_name_of_gettext_is_read():
    """`from django.utils.translation import gettext_lazy as lazy`: the tool must know `lazy`."""
    for path in (messages.ROOT / "rapport").rglob("*.py"):
        for name in re.findall(r"import \w*gettext\w* as (\w+)", path.read_text("utf-8")):
            assert name in messages.KEYWORDS, (path, name)


def test_words_inside_an_f_string_are_read(tmp_path):
    """On Python 3.11 an f-string is one token, and Babel looks into none."""
    page = tmp_path / "page.py"
    page.write_text(
        "from django.utils.translation import gettext as _, ngettext, pgettext\n"
        "said = f\"{_('Heard.')} {ngettext('One', 'Many', n)!s:>{len(_('wide'))}} {pgettext('a', 'May')}\"\n"
    )
    found = [(message, context) for _line, message, _comments, context in messages._in_f_strings(page)]
    assert set(found) == {("Heard.", None), (("One", "Many"), None), ("wide", None), ("May", "a")}
