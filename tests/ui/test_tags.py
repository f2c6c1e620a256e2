"""The parts: what they escape, what they say to a screen reader, whom a colour asks."""

from types import SimpleNamespace

import pytest
from django.template import Context, Template

from rapport.ui import parts
from rapport.ui.states import STATES
from rapport.ui.templatetags import rapport_ui as tags

LOAD = "{% load rapport_ui %}"


def render(source: str, **context) -> str:
    return Template(LOAD + source).render(Context(context))


def test_words_are_escaped_and_keep_their_lines():
    html = tags.words("Is it <b>bad</b>?\r\nTell me.\n\n\nThank you & goodbye")
    assert html == (
        '<p dir="auto">Is it &lt;b&gt;bad&lt;/b&gt;?<br>Tell me.</p><p dir="auto">Thank you &amp; goodbye</p>'
    )
    assert tags.words("") == "" and tags.words(None) == ""


def test_quoted_words_are_escaped():
    assert parts.quoted("<script>") == '<span dir="auto">“&lt;script&gt;”</span>'


@pytest.mark.parametrize(
    ("number", "link"),
    [
        ("116 123", "116123"),
        ("+44 20 7946-0999", "+442079460999"),
        ("Text 85258", ""),
        ("", ""),
        (None, ""),
        ("11", ""),
    ],
)
def test_only_a_number_becomes_a_link(number, link):
    assert tags.tel(number) == link


def test_an_answer_is_amber_to_the_patient_and_ink_to_staff():
    source = '{% state "answered" "Answered" %}'
    assert "is-asked" in render(source, actor=SimpleNamespace(kind="patient"))
    assert "is-asked" not in render(source, actor=SimpleNamespace(kind="staff"))
    assert "is-asked" in render('{% mark "answered" kind="kin" %}', actor=SimpleNamespace(kind="staff"))


def test_every_tag_escapes_what_it_is_given():
    bad = '"><script>alert(1)</script>'
    html = render(
        '{% icon "ring" %}{% state "heard" bad %}{% face bad "staff" %}'
        "{% entry title=bad href=bad when=bad id=bad %}{{ bad }}{% endentry %}"
        "{% letter name=bad role=bad when=bad id=bad %}{{ bad|words }}{% endletter %}"
        "{% call label=bad %}{{ bad }}{% endcall %}"
        "{% row name=bad about=bad words=bad href=bad due=bad note=bad %}{{ bad }}{% endrow %}"
        "{% choice bad bad bad bad %}{% empty bad %}{{ bad }}{% endempty %}{% chip 1 bad %}"
        "{% tabs items bad %}{% noteline %}{{ bad }}{% endnoteline %}",
        bad=bad,
        items=[{"href": bad, "label": bad, "count": 1}],
    )
    assert "<script" not in html and '=""><' not in html


def test_marks_are_hidden_and_names_stand_beside_them():
    assert 'aria-hidden="true"' in parts.icon("ring") and 'aria-hidden="true"' in parts.face(
        "Dr Mei Chen", "staff"
    )
    assert ">M<" in parts.face("Dr Mei Chen", "staff")


def test_every_state_has_a_mark_of_the_sprite():
    from rapport.ui.gallery import _icon_names

    names = _icon_names()
    assert len(names) == len(set(names))
    assert {icon for icon, _ in STATES.values()} <= set(names)
