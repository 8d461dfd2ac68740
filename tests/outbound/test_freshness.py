"""How long an answer may be used again: RFC 9111 4.2, 5.2.2."""

from __future__ import annotations

import pytest

from tallystick.outbound.freshness import fresh_ms


@pytest.mark.parametrize(
    ("headers", "fresh_s"),
    [
        ({}, 60),
        ({"cache-control": ""}, 60),
        ({"cache-control": "public, max-age=600"}, 600),
        ({"cache-control": 'PUBLIC,Max-Age = "600"'}, 600),
        ({"cache-control": "max-age=600", "age": "100"}, 500),
        ({"cache-control": "max-age=600", "age": "soon"}, 600),
        ({"cache-control": "max-age=600", "age": "700"}, 10),
        ({"cache-control": "max-age=1"}, 10),
        ({"cache-control": "no-store, max-age=600"}, 10),
        ({"cache-control": "no-cache"}, 10),
        ({"cache-control": 'no-cache="set-cookie", max-age=600'}, 10),
        ({"cache-control": "max-age=999999999999999999999"}, 3600),
        ({"cache-control": "max-age=-1"}, 60),
        ({"cache-control": "max-age=²"}, 60),
        ({"cache-control": "x-max-age=600"}, 60),
    ],
)
def test_an_answer_says_within_bounds_how_long_it_is_fresh(headers: dict[str, str], fresh_s: int) -> None:
    assert fresh_ms(headers, ms_min=10_000, ms_max=3_600_000, unsaid_ms=60_000) == 1000 * fresh_s
