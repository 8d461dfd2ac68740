"""The theme: a tenant's colours as custom properties for the style sheet, readable in light and in dark."""

from __future__ import annotations

import msgspec

from .colours import SHAPE_CONTRAST, TEXT_CONTRAST, ink_on, luminance, mixed, readable

PRIMARY = "#1f5c4d"
"""Where a tenant has no colour of its own."""


class Surface(msgspec.Struct, frozen=True):
    """What is coloured upon. The same values stand in `assets/style.css`, and a test compares them."""

    ground: str
    card: str


LIGHT = Surface("#f3f2ee", "#ffffff")
DARK = Surface("#14181a", "#1d2326")
_DARK_LUMINANCE_MAX = 0.1
LINK_CONTRAST = 5.5
"""More than must be, for thin underlined letters."""


def theme_css(primary: str, background: str | None = None) -> str:
    """The style sheet of one tenant; the colours are ``#rrggbb``. A light background is left out of the dark scheme."""
    is_dark = background is not None and luminance(background) <= _DARK_LUMINANCE_MAX
    light = _with_ground(LIGHT, background)
    dark = _with_ground(DARK, background if is_dark else None)
    light, dark = light + _accents(primary, LIGHT), dark + _accents(primary, DARK)
    return f":root{{{light}}}\n@media (prefers-color-scheme:dark){{:root{{{dark}}}}}\n"


def _with_ground(surface: Surface, background: str | None) -> str:
    if background is None:
        return f"--ground:{surface.ground};"
    quiet = readable(mixed(ink_on(background), background, 0.35), (background,), TEXT_CONTRAST)
    return f"--ground:{background};--ground-ink:{quiet};"


def _accents(primary: str, surface: Surface) -> str:
    accent = primary if surface is LIGHT else readable(primary, (surface.card,), SHAPE_CONTRAST)
    ink = ink_on(accent)
    # Under the pointer a little towards the ink's opposite, so that the text on it gains.
    hover = mixed(accent, "#000000" if ink == "#ffffff" else "#ffffff", 0.14)
    values = {
        "accent": accent,
        "accent-hover": hover,
        "on-accent": ink,
        "accent-edge": readable(accent, (surface.card,), SHAPE_CONTRAST),
        "accent-ink": readable(primary, (surface.card, surface.ground), LINK_CONTRAST),
    }
    return "".join(f"--{name}:{value};" for name, value in values.items())
