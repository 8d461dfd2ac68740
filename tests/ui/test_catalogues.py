"""Every language says everything, with the same placeholders, and every page finds its words."""

from __future__ import annotations

import re
from pathlib import Path
from string import Formatter

import pytest
from markupsafe import Markup

from tallystick import ui
from tallystick.ui.catalogues import LANGUAGES, Catalogue, load_catalogues
from tallystick.ui.render import TEMPLATES

UI = Path(ui.__file__).parent
CATALOGUES = load_catalogues()
FULL_KEY = re.compile(r"""\bt\(\s*"([a-z0-9_.]+)"\s*[,)]""")
PREFIX = re.compile(r"""\b(?:t|has_text)\(\s*"([a-z0-9_.]+\.)"\s*~""")


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_catalogue_has_the_same_keys_and_placeholders(language: str) -> None:
    english = {key: placeholders(text) for key, text in CATALOGUES["en"].texts.items()}
    assert {key: placeholders(text) for key, text in CATALOGUES[language].texts.items()} == english


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_is_empty_or_left_untranslated(language: str) -> None:
    texts = CATALOGUES[language].texts
    assert [key for key, text in texts.items() if not text.strip()] == []
    same = [key for key, text in texts.items() if language != "en" and text == CATALOGUES["en"].texts[key]]
    assert [key for key in same if " " in texts[key]] == []


@pytest.mark.parametrize("template", TEMPLATES.list_templates())
def test_every_template_compiles_and_names_texts_that_there_are(template: str) -> None:
    TEMPLATES.get_template(template)
    assert TEMPLATES.loader is not None
    source = TEMPLATES.loader.get_source(TEMPLATES, template)[0]
    texts = CATALOGUES["en"].texts
    assert [key for key in FULL_KEY.findall(source) if key not in texts] == []
    assert [prefix for prefix in PREFIX.findall(source) if not any(key.startswith(prefix) for key in texts)] == []


@pytest.mark.parametrize("template", TEMPLATES.list_templates())
def test_nothing_is_inline_and_no_template_leaves_escaping(template: str) -> None:
    """A page's policy would stop an inline style or script; and what switches escaping off is not needed."""
    assert TEMPLATES.loader is not None
    source = TEMPLATES.loader.get_source(TEMPLATES, template)[0]
    # A mail reader knows no style sheets of ours, and has no policy of ours to offend.
    styles = r"\bstyle=|<style" if not template.startswith("mail/") else r"<link"
    assert re.findall(styles + r"|\bon[a-z]+=|\|\s*safe|autoescape|javascript:", source) == []
    assert re.findall(r"<script(?![^>]*\bsrc=)", source) == []


def test_every_text_is_named_somewhere() -> None:
    """Whole; or by its beginning, which a code completes; or by its group, with whose name the ending goes."""
    files = [file for kind in ("*.py", "*.html") for file in UI.rglob(kind)]
    quoted = set(re.findall(r"""["'](\.?[a-z0-9_.]+)["'{]""", "\n".join(file.read_text("utf-8") for file in files)))
    beginnings = tuple(one for one in quoted if one.endswith((".", "_")))
    unnamed = [key for key in CATALOGUES["en"].texts if key not in quoted and not key.startswith(beginnings)]
    groups = ((key, *key.rpartition(".")) for key in unnamed)
    assert [key for key, group, dot, rest in groups if not {group, dot + rest} <= quoted] == []


def test_values_in_a_text_are_escaped() -> None:
    catalogue = Catalogue("en", {"a.b": Markup("for {who} &amp; you")})
    assert catalogue.text("a.b", who="<b>") == "for &lt;b&gt; &amp; you"
