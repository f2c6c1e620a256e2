"""The look in a real browser: axe, both themes, phone and desk, large text, right to left, focus, weight."""

import pytest
from django.test import RequestFactory
from playwright.sync_api import Browser, Page

from rapport.ui.errors import TROUBLES, plain
from rapport.ui.gallery import samples
from tests.browser.axe import findings
from tests.ui.conftest import Stage, shown

pytestmark = pytest.mark.browser
SIZES = [(390, 844), (1280, 900)]
SCHEMES = ["light", "dark"]


def gallery(kind: str = "patient", query: str = "") -> str:
    context = samples(RequestFactory().get("/ui/" + query))
    return shown("ui/gallery.html", "/ui/", kind, **context)


def trouble(status: int) -> str:
    facts = TROUBLES[status]
    return shown("ui/error.html", title=facts.title, words=facts.words, step=facts.step, href=facts.href)


def opened(
    browser: Browser, stage: Stage, html: str, width: int = 1280, height: int = 900, **options
) -> Page:
    stage.pages["/"] = html
    page = browser.new_context(viewport={"width": width, "height": height}, **options).new_page()
    page.wrongs = []
    page.on("console", lambda message: message.type == "error" and page.wrongs.append(message.text))
    page.on("pageerror", lambda error: page.wrongs.append(str(error)))
    page.on("request", lambda one: one.url.startswith(stage.url) or page.wrongs.append(one.url))
    page.goto(stage.url + "/")
    page.wait_for_load_state("networkidle")
    return page


def closed(page: Page) -> None:
    assert page.wrongs == []
    page.context.close()


PAGES = {
    "gallery of a patient": lambda: gallery(),
    "gallery of staff": lambda: gallery("staff"),
    "help": lambda: shown("ui/help.html", "/help/", ""),
    "help in a demo": lambda: shown("ui/help.html", "/help/", demo=True),
    "not here": lambda: trouble(404),
    "too many tries": lambda: trouble(429),
    "broken": lambda: plain(RequestFactory().get("/"), 500).content.decode(),
}


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize(("width", "height"), SIZES)
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing(browser, stage, name, width, height, scheme):
    page = opened(browser, stage, PAGES[name](), width, height, color_scheme=scheme)
    assert findings(page) == []
    closed(page)


@pytest.mark.parametrize("chosen", SCHEMES)
def test_the_reader_overrules_the_device(browser, stage, chosen):
    other = {"light": "dark", "dark": "light"}[chosen]
    page = opened(browser, stage, shown("ui/help.html", theme=chosen), color_scheme=other)
    paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert paper == {"light": "rgb(251, 248, 243)", "dark": "rgb(21, 27, 29)"}[chosen]
    closed(page)


@pytest.mark.parametrize("width", [320, 390, 640, 800, 1000])
@pytest.mark.parametrize("direction", ["", "?dir=rtl"])
def test_nothing_leaves_the_page_sideways(browser, stage, width, direction):
    """320 px is 1280 at 400 %: one column, no scrolling to the side."""
    page = opened(browser, stage, gallery("patient", direction), width, 800)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    closed(page)


def test_text_may_be_widened(browser, stage):
    """WCAG 1.4.12: wider lines, letters and words cut nothing off."""
    page = opened(browser, stage, gallery(), 390, 844)
    page.evaluate(
        """() => {
            const sheet = new CSSStyleSheet();
            sheet.replaceSync(`* { line-height: 1.5 !important; letter-spacing: 0.12em !important;
                                   word-spacing: 0.16em !important }`);
            document.adoptedStyleSheets = [sheet];
        }"""
    )
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    cut = page.evaluate(
        """() => [...document.querySelectorAll('a, button, p, h1, h2, h3, label')].filter((one) => {
            const style = getComputedStyle(one);
            const hidden = style.overflow === 'hidden' && !one.closest('.rp-hide');
            return hidden && one.scrollHeight > one.clientHeight + 1;
        }).map((one) => one.outerHTML)"""
    )
    assert cut == []
    closed(page)


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_targets_are_large(browser, stage, width, height):
    """44 px for what stands alone; links in a sentence are as high as their line."""
    page = opened(browser, stage, gallery("staff"), width, height)
    small = page.evaluate(
        """() => [...document.querySelectorAll(
                'button, summary, .rp-btn, .rp-link, .rp-nav a, .rp-tabs a, .rp-choice, .rp-brand')]
            .filter((one) => one.getClientRects().length && one.getBoundingClientRect().height < 43.5)
            .map((one) => one.outerHTML.slice(0, 120))"""
    )
    assert small == []
    closed(page)


def test_focus_is_seen_and_not_covered(browser, stage):
    page = opened(browser, stage, gallery(), 390, 700)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "rp-skip"
    assert page.locator(".rp-skip").bounding_box()["y"] >= 0
    for _ in range(60):
        page.keyboard.press("Tab")
        seen = page.evaluate(
            """() => {
                const one = document.activeElement, box = one.getBoundingClientRect();
                const style = getComputedStyle(one);
                const nav = document.querySelector('.rp-nav').getBoundingClientRect();
                const under = !one.closest('.rp-nav') && Math.min(box.bottom, box.top + 44) > nav.top + 1;
                return {tag: one.outerHTML.slice(0, 90), ring: style.outlineStyle === 'solid', under};
            }"""
        )
        assert seen["ring"] and not seen["under"], seen
    closed(page)


def test_a_page_is_light(browser, stage):
    """The look itself: all but the page's own words, uncompressed."""
    sizes = {}
    stage.pages["/"] = shown("ui/help.html", "/help/")
    page = browser.new_context().new_page()
    page.on("response", lambda one: sizes.update({one.url: len(one.body())}) if one.ok else None)
    page.goto(stage.url + "/")
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(300)
    assert len(sizes) <= 12, sizes
    assert sum(sizes.values()) <= 96 * 1024, sizes
    page.context.close()
