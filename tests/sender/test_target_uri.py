"""How the URL of a proof is compared (RFC 9449 4.3, RFC 3986 6.2.2 and 6.2.3): one spelling for what is one URL."""

from __future__ import annotations

import pytest

from tallystick.sender.target_uri import normalised

URL = "https://as.example/oauth/token"
SAME = (
    URL + "?query=1",
    URL + "#fragment",
    URL + "?a#b?c",
    URL + "?",
    "HTTPS://as.example/oauth/token",
    "https://AS.Example/oauth/token",
    "https://as.example:443/oauth/token",
    "https://as.example:/oauth/token",
    "https://as.example/oauth/%74oken",
)
OTHERS = (
    "http://as.example/oauth/token",
    "https://as.example:8443/oauth/token",
    "https://as.example:80/oauth/token",
    "https://as.example./oauth/token",
    "https://as.example/oauth/token/",
    "https://as.example//oauth/token",
    "https://as.example/OAuth/token",
    "https://as.example/oauth%2Ftoken",
    "https://as.example/oauth/../oauth/token",
    "https://as.example/oauth/token;x",
    "https://as.example.evil/oauth/token",
    "https://evil.as.example/oauth/token",
)
NONE = (
    *("", "x", "/oauth/token", "//as.example/oauth/token", "https:///oauth/token", "https:/oauth/token"),
    *("ftp://as.example/oauth/token", "javascript:alert(1)", "https://as.example:port/", "https://as.example:99999/"),
    *("https://user@as.example/oauth/token", "https://user:pw@as.example/oauth/token", "https://@as.example/"),
    *(" " + URL, URL + " ", URL + "\n", "https://as.example\\oauth\\token", "https://ås.example/", "https://[::1/"),
    *("https://as.example/\x7f", "https://as.example/a b", "http://as\t.example/"),
)


@pytest.mark.parametrize("url", SAME)
def test_the_same_in_another_spelling(url: str) -> None:
    assert normalised(url) == URL


@pytest.mark.parametrize("url", OTHERS)
def test_another_url(url: str) -> None:
    assert normalised(url) not in (None, URL)


@pytest.mark.parametrize("url", NONE)
def test_what_is_no_url_of_ours(url: str) -> None:
    assert normalised(url) is None


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://as.example", "https://as.example/"),
        ("https://as.example?x", "https://as.example/"),
        ("http://localhost:80/a", "http://localhost/a"),
        ("https://localhost:80/a", "https://localhost:80/a"),
        ("https://[::1]:8443/a", "https://[::1]:8443/a"),
        ("https://[::1]:443/a", "https://[::1]/a"),
        ("https://as.example/auth0%7cx", "https://as.example/auth0%7Cx"),
        ("https://as.example/%7euser%2d", "https://as.example/~user-"),
        ("https://as.example/100%", "https://as.example/100%"),
        ("https://as.example/%zz", "https://as.example/%zz"),
    ],
)
def test_the_one_spelling(url: str, expected: str) -> None:
    assert normalised(url) == expected


def test_normalising_twice_changes_nothing() -> None:
    for url in (*SAME, *OTHERS):
        once = normalised(url)
        assert once is not None
        assert normalised(once) == once
