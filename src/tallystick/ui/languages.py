"""The language of a page: what the application asks for, else the browser, else the tenant, else English.

Tags are looked up as RFC 4647 3.4 has it: ``de-AT`` finds ``de``. What is read is bounded, and nothing of it is kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from .catalogues import LANGUAGES

CHARS_MAX = 1_000
"""Of a header or parameter; what stands behind is not looked at."""
TAGS_MAX = 32
_RANGE = re.compile(r"([A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8}){0,6})(?:[ \t]*;[ \t]*q=([01](?:\.[0-9]{0,3})?))?", re.ASCII)
"""RFC 9110 12.5.4. The wildcard is left out: it asks for nothing in particular."""


def language_of(ui_locales: str, accept_language: str, enabled_locales: Iterable[str]) -> str:
    """The first language asked for that there is a catalogue of.

    ``ui_locales``: tags in the order of preference, with spaces between (OpenID Connect Core 3.1.2.1).
    """
    wanted = (*ui_locales[:CHARS_MAX].split()[:TAGS_MAX], *_accepted(accept_language), *enabled_locales)
    return next((language for tag in wanted if (language := _known(tag))), LANGUAGES[0])


def _accepted(header: str) -> Iterator[str]:
    """Tags of an ``Accept-Language`` header, the most wanted first."""
    ranges = (_RANGE.fullmatch(part.strip(" \t")) for part in header[:CHARS_MAX].split(",")[:TAGS_MAX])
    weighted = [(float(found[2] or 1), found[1]) for found in ranges if found]
    # Sorting keeps the order of what is wanted alike.
    return (tag for weight, tag in sorted(weighted, key=lambda one: -one[0]) if 0 < weight <= 1)


def _known(tag: str) -> str | None:
    primary = tag[:20].partition("-")[0].lower()
    return primary if primary in LANGUAGES else None
