"""Laws of every template: no inline style or script, no other host, no mark or file that is not there."""

import re
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.template.loader import get_template

HOUSE = Path(__file__).resolve().parents[2] / "rapport"
TEMPLATES = sorted(HOUSE.glob("**/templates/**/*.html"))
ICONS = set(re.findall(r'<symbol id="([a-z]+)"', (HOUSE / "ui/static/ui/icons.svg").read_text("utf-8")))
STATE = re.compile(r'{%\s*(?:icon|noteline|mark|state)\s+"([^"]+)"|icon_name="([^"]+)"')


def name_of(path: Path) -> str:
    return str(path.relative_to(HOUSE))


@pytest.fixture(params=TEMPLATES, ids=name_of)
def template(request) -> str:
    return request.param.read_text("utf-8")


def test_there_are_templates():
    assert len(TEMPLATES) > 10


def test_nothing_inline(template):
    """The CSP would drop it: a page that needs it is broken."""
    bare = re.sub(r"{#.*?#}|{% comment %}.*?{% endcomment %}", "", template, flags=re.S)
    for tag in re.findall(r"<[a-z][^>]*>", bare, flags=re.S):
        assert not re.search(r"\sstyle\s*=", tag), tag
        assert not re.search(r"\son[a-z]+\s*=", tag), tag
        assert not re.search(r"""(?:href|src|action)\s*=\s*["']?\s*(?:javascript|data):""", tag), tag
        assert not tag.startswith("<style"), tag
        data_only = 'type="application/json"' in tag
        assert not tag.startswith("<script") or " src=" in tag or data_only, tag


def test_nothing_from_another_host(template):
    assert not re.search(r"""(?:href|src|action|srcset)\s*=\s*["']?(?:https?:)?//""", template)


def test_every_mark_is_in_the_sprite(template):
    from rapport.ui.states import STATES

    for one, other in STATE.findall(template):
        assert (one or other) in ICONS | set(STATES)


def test_every_file_is_there(template):
    for name in re.findall(r"{%\s*static\s+[\"']([^\"']+)", template):
        assert finders.find(name), name


def test_a_form_that_changes_something_has_its_token(template):
    for form in re.findall(r"<form\b.*?</form>", template, flags=re.S):
        if re.search(r'method="post"', form, flags=re.I):
            assert "csrf_token" in form or "csrf" in form, form[:200]


@pytest.mark.parametrize("path", TEMPLATES, ids=name_of)
def test_it_compiles(path):
    get_template(str(path).split("/templates/", 1)[1])
