"""Colours: whether one can be read on another, and what to make of one that cannot (WCAG 2.2, 1.4.3 and 1.4.11)."""

from __future__ import annotations

import re
from collections.abc import Iterable

TEXT_CONTRAST = 4.5
SHAPE_CONTRAST = 3.0
"""For what must be seen, not read: the edge of a button, the ring of the focus."""
BLACK, WHITE = "#000000", "#ffffff"
_HEX = re.compile(r"#(?:[0-9a-f]{3}|[0-9a-f]{6})", re.ASCII)
_STEPS = 40


def colour_of(text: object) -> str | None:
    """``#rrggbb`` in lower case, or None for what is no such colour."""
    if not isinstance(text, str) or not _HEX.fullmatch(text.lower()):
        return None
    digits = text.lower()[1:]
    return "#" + (digits if len(digits) == 6 else "".join(digit * 2 for digit in digits))


def contrast(one: str, other: str) -> float:
    """The contrast of two colours: 1 to 21."""
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: str) -> float:
    """Relative luminance: 0 for black, 1 for white."""
    red, green, blue = (_linear(channel / 255) for channel in _channels(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def ink_on(colour: str) -> str:
    """Black or white, whichever can be read better on this colour. The better one always has 4.5 at least."""
    return max((WHITE, BLACK), key=lambda ink: contrast(ink, colour))


def readable(colour: str, grounds: Iterable[str], least: float) -> str:
    """The colour itself, or the nearest darker or lighter shade that stands out from every ground as asked.

    All grounds are light, or all are dark.
    """
    grounds = tuple(grounds)
    towards = ink_on(grounds[0])
    for step in range(_STEPS + 1):
        shade = mixed(colour, towards, step / _STEPS)
        if all(contrast(shade, ground) >= least for ground in grounds):
            return shade
    return towards


def mixed(colour: str, other: str, share: float) -> str:
    """``share`` of the other colour in this one."""
    pairs = zip(_channels(colour), _channels(other), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


def _channels(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else float(((channel + 0.055) / 1.055) ** 2.4)
