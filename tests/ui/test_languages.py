"""Which language a page is in (OpenID Connect Core 3.1.2.1, RFC 9110 12.5.4, RFC 4647 3.4)."""

from __future__ import annotations

from time import thread_time

import pytest

from tallystick.ui.languages import language_of


@pytest.mark.parametrize(
    ("ui_locales", "accept_language", "enabled", "chosen"),
    [
        ("", "", [], "en"),
        ("", "", ["de"], "de"),
        ("", "", ["fr", "de-CH"], "de"),
        ("", "en", ["de"], "en"),
        ("", "fr, de-AT;q=0.7, en;q=0.8", [], "en"),
        ("", "en;q=0.2,de;q=0.9", [], "de"),
        ("", "de;q=0, en;q=0.1", [], "en"),
        ("", "*", ["de"], "de"),
        ("fr de", "en", [], "de"),
        ("DE-de", "en", [], "de"),
        ("fr", "de", [], "de"),
        ("", "deutsch, de_DE, d e", [], "en"),
        ("", "de;q=nan, en;q=9", ["de"], "de"),
        ("", "\xff\xfe, de", [], "de"),
        ("", "x," * 600 + "de", [], "en"),
        ("", ", " * 40 + "de", [], "en"),
        ("../../etc/passwd", "de;level=1", [], "en"),
    ],
)
def test_application_then_browser_then_tenant_then_english(
    ui_locales: str, accept_language: str, enabled: list[str], chosen: str
) -> None:
    assert language_of(ui_locales, accept_language, enabled) == chosen


@pytest.mark.parametrize("header", ["a-" * 30_000, "de;q=" + "0" * 60_000, "," * 60_000, "a;" + " " * 60_000 + "q"])
def test_a_long_header_takes_no_time(header: str) -> None:
    begun_s = thread_time()
    for _ in range(20):
        language_of(header, header, [])
    assert thread_time() - begun_s < 0.5
