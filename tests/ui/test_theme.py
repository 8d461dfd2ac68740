"""A tenant's colour is readable wherever it is used, in light and in dark (WCAG 2.2 1.4.3, 1.4.11)."""

from __future__ import annotations

import re
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallystick.ui.colours import BLACK, WHITE, colour_of, contrast, ink_on
from tallystick.ui.theme import DARK, LIGHT, theme_css

COLOURS = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")


def properties(css: str) -> dict[str, str]:
    return dict(re.findall(r"--([a-z-]+):\s*(#[0-9a-f]{6});", css))


def schemes(css: str) -> tuple[dict[str, str], dict[str, str]]:
    light, dark = css.split("@media", 1)
    return properties(light), properties(dark)


@given(COLOURS, st.none() | COLOURS)
def test_every_colour_of_a_tenant_is_readable(primary: str, background: str | None) -> None:
    for surface, has in zip((LIGHT, DARK), schemes(theme_css(primary, background)), strict=True):
        assert contrast(has["on-accent"], has["accent"]) >= 4.5
        assert contrast(has["on-accent"], has["accent-hover"]) >= 4.5
        assert contrast(has["accent-ink"], surface.card) >= 4.5
        assert contrast(has["accent-edge"], surface.card) >= 3
        if "ground-ink" in has:
            assert contrast(has["ground-ink"], has["ground"]) >= 4.5


def test_the_style_sheet_has_the_colours_that_contrasts_were_computed_for() -> None:
    css = (files("tallystick.ui") / "assets" / "style.css").read_text()
    light, dark = (properties(part) for part in css.split("@media (prefers-color-scheme: dark)", 1))
    for surface, has in ((LIGHT, light), (DARK, dark)):
        assert (has["ground"], has["card"]) == (surface.ground, surface.card)
        for ink, ground in (
            ("ink", "card"),
            ("ink-quiet", "card"),
            ("ink-quiet", "wash"),
            ("ground-ink", "ground"),
            ("danger", "card"),
            ("danger", "danger-wash"),
            ("ink-quiet", "danger-wash"),
            ("good", "good-wash"),
        ):
            assert contrast(has[ink], has[ground]) >= 4.5, (ink, ground)
        assert contrast(has["field-line"], has["card"]) >= 3


def test_black_and_white() -> None:
    assert (contrast(BLACK, WHITE), ink_on("#ffff00"), ink_on("#000080")) == (21, BLACK, WHITE)


@pytest.mark.parametrize(
    "text", ["red", "#12", "#12345", "#1234567", "#xyzxyz", "#123;}", "", None, 7, "#\uff11\uff12\uff13"]
)
def test_only_hex_becomes_a_colour(text: object) -> None:
    assert colour_of(text) is None


def test_short_colours_are_widened() -> None:
    assert colour_of("#AbC") == "#aabbcc"
