"""Catalogues: what pages say, one TOML file per language, one section per page."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

import msgspec
from markupsafe import Markup, escape

_FOLDER = files(__package__) / "locales"
LANGUAGES = ("en", "de")
"""Those with a catalogue, the first being the one that everybody gets who asks for none of them."""


class Catalogue(msgspec.Struct, frozen=True):
    """The texts of one language, by ``section.name``."""

    language: str
    texts: Mapping[str, Markup]

    def text(self, key: str, /, **values: object) -> Markup:
        """The text with its placeholders filled in. Texts and values are escaped, but for values that are markup.

        Raises KeyError for a key that the catalogue has not.
        """
        text = self.texts[key]
        return text.format(**values) if values else text

    def has(self, key: str) -> bool:
        """Whether there is such a text."""
        return key in self.texts


@cache
def load_catalogues() -> Mapping[str, Catalogue]:
    """Language → catalogue, read once in a process: pages and letters ask five times, once half of an opening."""
    return {language: Catalogue(language, _read(_FOLDER / f"{language}.toml")) for language in LANGUAGES}


def _read(file: Traversable) -> dict[str, Markup]:
    return {key: escape(text) for key, text in _flat(tomllib.loads(file.read_text("utf-8")))}


def _flat(table: Mapping[str, object], prefix: str = "") -> Iterator[tuple[str, str]]:
    for name, value in table.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", str(value)
