"""Contrast of the tokens, by computation, in both themes: WCAG 2.2 AA with room to spare."""

import re
from pathlib import Path

import pytest

CSS = (Path(__file__).resolve().parents[2] / "rapport/ui/static/ui/tokens.css").read_text("utf-8")


def tokens(selector: str) -> dict[str, str]:
    block = CSS.split(selector, 1)[1].split("}", 1)[0]
    return dict(re.findall(r"--([a-z-]+):\s*(#[0-9a-f]{6})", block))


LIGHT = tokens(":root {")
DARK = tokens(':root[data-theme="dark"] {')
DEVICE = tokens(':root:not([data-theme="light"]) {')
THEMES = {"light": LIGHT, "dark": DARK}

#: words on surfaces: 4.5 is the law, 6 is ours
WORDS = [
    *((ink, under) for ink in ("ink", "ink-soft", "act") for under in ("paper", "sheet", "shade")),
    ("act", "act-wash"),
    ("act-strong", "act-wash"),
    ("on-act", "act"),
    ("on-act", "act-strong"),
    *((f"{tone}-ink", f"{tone}-wash") for tone in ("wait", "heard", "alarm")),
    *((f"{tone}-ink", "paper") for tone in ("wait", "heard", "alarm")),
    *((ink, f"{tone}-wash") for ink in ("ink", "ink-soft", "act") for tone in ("wait", "heard", "alarm")),
    ("paper", "ink"),
]
#: shapes and borders on surfaces: 3 is the law
SHAPES = [
    *((shape, under) for shape in ("edge", "wait", "heard", "alarm", "act") for under in ("paper", "sheet")),
    ("edge", "shade"),
    ("wait", "wait-wash"),
    ("heard", "heard-wash"),
    ("alarm", "alarm-wash"),
    ("focus-halo", "focus"),
]


def light_of(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted((light_of(one), light_of(other)))
    return (high + 0.05) / (low + 0.05)


def test_the_device_and_the_choice_give_the_same_night():
    assert DARK == DEVICE and set(DARK) == set(LIGHT)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(("ink", "under"), WORDS)
def test_words(theme, ink, under):
    colours = THEMES[theme]
    assert contrast(colours[ink], colours[under]) >= 5.2


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(("shape", "under"), SHAPES)
def test_shapes(theme, shape, under):
    colours = THEMES[theme]
    assert contrast(colours[shape], colours[under]) >= 3.3


@pytest.mark.parametrize("theme", THEMES)
def test_the_focus_ring_shows_on_every_surface(theme):
    """A dark ring in a light halo: one of the two stands out everywhere."""
    colours = THEMES[theme]
    for under in ("paper", "sheet", "shade", "act", "wait-wash", "alarm-wash", "heard-wash"):
        assert max(contrast(colours[ring], colours[under]) for ring in ("focus", "focus-halo")) >= 3
