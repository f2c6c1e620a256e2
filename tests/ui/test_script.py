"""ui.js in a real browser: forms sent once, drafts kept, pages that follow and take no words away."""

import json
import time
from urllib.parse import unquote_plus

import pytest
from django.contrib.auth.models import AnonymousUser
from django.template import engines
from django.test import RequestFactory
from playwright.sync_api import Browser, Page

from tests.ui.conftest import Stage

pytestmark = pytest.mark.browser


def page_of(main: str, **context: object) -> str:
    request = RequestFactory().get("/")
    request.actor, request.user = None, AnonymousUser()
    source = (
        '{% extends "ui/base.html" %}{% load rapport_ui %}{% block main %}<h1>Page</h1>'
        + main
        + "{% endblock %}"
    )
    return engines["django"].from_string(source).render(context, request)


def opened(browser: Browser, stage: Stage, html: str, **options) -> Page:
    stage.pages["/"] = html
    page = browser.new_context(**options).new_page()
    page.on("pageerror", lambda error: pytest.fail(str(error)))
    page.goto(stage.url + "/")
    return page


def until(condition, seconds: float = 8.0) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.05)
    return False


FORM = (
    '<form method="post" action="/send/" data-draft="/messages/new/" data-draft-url="/drafts/">'
    '{% csrf_token %}<input type="hidden" name="once" value="1">'
    '<label for="t">Words</label><textarea id="t" name="text"></textarea>'
    '<p class="rp-hint" data-draft-note></p><input type="checkbox" name="team" value="1" aria-label="Team">'
    '<button class="rp-btn">Send</button></form>'
)


def test_a_double_click_sends_once(browser, stage):
    def slow(query, body):
        time.sleep(0.6)
        return 200, b"{}"

    stage.answers["/send/"] = slow
    page = opened(browser, stage, page_of(FORM))
    page.locator("button").filter(has_text="Send").dblclick(no_wait_after=True)
    assert until(lambda: "POST /send/" in stage.asked)
    time.sleep(1)
    assert stage.asked.count("POST /send/") == 1
    page.go_back()
    page.locator("button").filter(has_text="Send").click()
    assert until(lambda: stage.asked.count("POST /send/") == 2), "Back and send again works"
    page.context.close()


def test_words_are_kept_while_typing(browser, stage):
    got: list[str] = []
    stage.answers["/drafts/"] = lambda query, body: got.append(body.decode()) or (204, b"")
    page = opened(browser, stage, page_of(FORM))
    page.locator("#t").press_sequentially("Is it the tablet?", delay=5)
    assert until(lambda: got)
    assert len(got) == 1, "one post for a burst of keys"
    assert 'name="place"' in got[0] and "/messages/new/" in got[0]
    text = got[0].split('name="text"')[1].split("\r\n\r\n", 1)[1].split("\r\n--")[0]
    assert json.loads(text) == {"text": ["Is it the tablet?"]}, "no token, no hidden field, nothing unchecked"
    page.wait_for_selector("[data-draft-note]:has-text('Kept as a draft')")
    page.context.close()


def test_words_are_kept_when_the_page_is_left(browser, stage):
    got: list[str] = []
    stage.answers["/drafts/"] = lambda query, body: got.append(body.decode()) or (204, b"")
    stage.pages["/other/"] = page_of("<p>Other</p>")
    page = opened(browser, stage, page_of(FORM))
    page.locator("#t").fill("Quick words")
    page.goto(stage.url + "/other/")
    assert until(lambda: got) and "Quick words" in got[-1]
    page.context.close()


REGION = (
    '<section id="list" data-live-region>'
    '<ul>{% for one in lines %}<li id="l-{{ one }}">{{ one }}</li>{% endfor %}</ul>'
    '<details id="d"><summary>More</summary><p>Inside</p></details>'
    '{% if form %}<form method="post" id="f">{% csrf_token %}'
    '<label for="a">Answer</label><textarea id="a" name="a"></textarea>'
    '<input type="hidden" name="once" value="{{ once }}">'
    '<button class="rp-btn">Send</button></form>{% endif %}'
    "</section><p id='still'>{{ lines|length }}</p>"
)


def live(stage: Stage, browser: Browser, **context) -> Page:
    """A page with live topics whose record is at state 1."""
    stage.answers["/live/"] = lambda query, body: (204, b"") if "s=1" in query else (200, b'{"s": "1"}')
    return opened(
        browser, stage, page_of(REGION, live="signed", live_state="1", lines=["one"], once="x", **context)
    )


def change(stage: Stage, state: str = "2", **context) -> None:
    stage.pages["/"] = page_of(REGION, live="signed", live_state=state, **context)
    stage.answers["/live/"] = lambda query, body: (
        (204, b"") if query.endswith(f"s={state}") else (200, json.dumps({"s": state}).encode())
    )


def test_the_page_follows_the_record_and_says_so_once(browser, stage):
    page = live(stage, browser)
    change(stage, lines=["one", "two"], once="y")
    page.wait_for_selector("#l-two", timeout=9000)
    assert page.locator("#still").inner_text() == "1", "only marked regions change"
    assert until(lambda: page.evaluate("document.getElementById('rp-said').textContent.includes('new')"))
    assert page.evaluate("document.body.dataset.liveState") == "2"
    page.context.close()


def test_typing_focus_caret_and_open_parts_stay(browser, stage):
    page = live(stage, browser, form=True)
    page.locator("summary").click()
    page.locator("#a").fill("Dear Amina, it is")
    page.evaluate("document.getElementById('a').setSelectionRange(4, 9)")
    change(stage, lines=["zero", "one"], form=True, once="y")
    page.wait_for_selector("#l-zero", timeout=9000)
    assert page.locator("#a").input_value() == "Dear Amina, it is"
    caret = "(() => { const a = document.activeElement; return [a.id, a.selectionStart, a.selectionEnd]; })()"
    assert page.evaluate(caret) == ["a", 4, 9]
    assert page.locator("details").get_attribute("open") is not None
    assert page.locator("[name=once]").input_value() == "y", "the fresh once-token came along"
    order = page.locator("#list li").all_inner_texts()
    assert order == ["zero", "one"]
    page.context.close()


def test_words_stay_even_when_the_form_is_gone(browser, stage):
    """A colleague took the concern: the list changes, what is being written does not vanish."""
    page = live(stage, browser, form=True)
    page.locator("#a").fill("Half an answer")
    change(stage, lines=["two"])
    page.wait_for_selector("#l-two", timeout=9000)
    assert page.locator("#a").input_value() == "Half an answer"
    page.context.close()


def test_a_row_that_left_is_gone(browser, stage):
    page = live(stage, browser, form=True)
    change(stage, lines=[], form=True, once="z")
    page.wait_for_selector("#l-one", state="detached", timeout=9000)
    page.context.close()


def test_the_end_of_a_sign_in_is_said_and_the_words_stay(browser, stage):
    page = live(stage, browser, form=True)
    page.locator("#a").fill("Half an answer")
    stage.answers["/live/"] = lambda query, body: (401, b"")
    page.wait_for_selector("[role=alert]:has-text('You are signed out')", timeout=9000)
    asked = len(stage.asked)
    time.sleep(5)
    assert len(stage.asked) == asked, "it asks no more"
    assert page.locator("#a").input_value() == "Half an answer"
    page.context.close()


def test_a_page_out_of_sight_does_not_ask_and_errors_slow_it(browser, stage):
    page = live(stage, browser)
    stage.answers["/live/"] = lambda query, body: (503, b"")
    assert until(lambda: sum("/live/" in one for one in stage.asked) >= 1, 9)
    first = sum("/live/" in one for one in stage.asked)
    time.sleep(5)
    assert sum("/live/" in one for one in stage.asked) <= first + 1, "eight seconds after the first error"
    assert "t=signed" in unquote_plus(" ".join(stage.asked))
    page.context.close()


LINES = (
    '<ul data-lines="concern">{% chip 1 "Can I fly?" %}</ul>'
    '<template data-line="concern">{% chip "__n__" "" %}</template>'
    '<button class="rp-link" type="button" data-add="concern">Add one more</button>'
)


def test_a_line_is_added_named_and_focused(browser, stage):
    page = opened(browser, stage, page_of(LINES))
    page.locator("[data-add]").click()
    page.keyboard.type("May I swim?")
    assert page.locator("#concern-2").input_value() == "May I swim?"
    assert page.locator("[name=keep-2]").is_checked()
    assert page.locator("[data-words]").nth(1).inner_text() == "May I swim?"
    page.context.close()


def test_an_empty_line_is_used_before_another_comes(browser, stage):
    page = opened(browser, stage, page_of(LINES))
    page.locator("[data-add]").click()
    page.locator("[data-add]").click()
    assert page.locator(".rp-chip").count() == 2
    page.context.close()


def test_a_chip_can_be_changed_without_script(browser, stage):
    page = opened(browser, stage, page_of(LINES), java_script_enabled=False)
    page.locator("summary").click()
    page.locator("#concern-1").fill("Can I swim?")
    assert page.locator("#concern-1").input_value() == "Can I swim?"
    page.context.close()


def test_htmx_comes_only_where_it_is_used(browser, stage):
    stage.answers["/part/"] = lambda query, body: (200, b"<p id='got'>Here</p>")
    page = opened(browser, stage, page_of("<p>Plain</p>"))
    page.wait_for_load_state("networkidle")
    assert not any("htmx" in one for one in stage.asked)
    page.context.close()
    wrongs: list[str] = []
    stage.pages["/"] = page_of('<button hx-get="/part/" hx-target="#to">Go</button><div id="to"></div>')
    page = browser.new_context().new_page()
    page.on("console", lambda message: message.type == "error" and wrongs.append(message.text))
    page.goto(stage.url + "/")
    assert until(lambda: page.evaluate("!!globalThis.htmx"))
    page.locator("button").filter(has_text="Go").click()
    page.wait_for_selector("#got")
    assert wrongs == []
    page.context.close()


PART = (
    '<form method="post" action="/send/">{% csrf_token %}<label for="t">Words</label>'
    '<textarea id="t" name="t" hx-post="/part/" hx-target="#part" hx-trigger="change"></textarea>'
    '<div id="part"><ul data-lines="concern">{% chip 1 "Can I fly?" %}</ul></div>'
    '<div id="end"><input type="file" name="file" aria-label="File"></div>'
    '<template data-line="concern">{% chip "__n__" "" %}</template>'
    '<button class="rp-link" type="button" data-add="concern">Add one more</button></form>'
)


def test_what_htmx_brings_takes_no_words_away(browser, stage):
    """Leaving the text asks for its questions anew, while the person already types one more."""
    fresh = engines["django"].from_string(
        '{% load rapport_ui %}<ul data-lines="concern">{% chip 1 "Can I fly in May?" %}</ul>'
        '<div hx-swap-oob="innerHTML:#end"><input type="file" name="file" aria-label="File">'
        '<p id="new">New</p></div>'
    )

    def slow(query, body):
        time.sleep(1.5)
        return 200, fresh.render({}).encode()

    stage.answers["/part/"] = slow
    page = opened(browser, stage, page_of(PART))
    assert until(lambda: page.evaluate("!!globalThis.htmx"))
    page.locator("[name=file]").set_input_files({"name": "a.png", "mimeType": "image/png", "buffer": b"x"})
    page.locator("#t").fill("Can I fly in May? And swim?")
    page.locator("[data-add]").click()
    page.keyboard.type("And may I")
    page.wait_for_selector("#new")
    page.keyboard.type(" swim?")
    assert page.locator("#concern-2").input_value() == "And may I swim?"
    assert page.locator("#concern-1").input_value() == "Can I fly in May?", "what nobody touched is fresh"
    assert page.evaluate("document.querySelector('[name=file]').files.length") == 1
    page.context.close()
