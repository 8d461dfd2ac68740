"""Why a request was refused, found here by the server's own rules: the check, what was there, and what to do."""

from __future__ import annotations

from typing import Any

import pytest

from tallystick.cli.refused_request import end_of, why_refused
from tallystick.jose import base64url
from tallystick.sdk.dpop import DpopKey
from tallystick.sdk.introspecting import Received

KEY, OTHER = DpopKey.generate(), DpopKey.generate()
URL = "https://api.example/things"
NOW_MS = 1_790_000_000_000


def jwt(cnf: str, exp: str = "null") -> str:
    """A token that nobody verifies here."""
    parts = (b'{"alg":"ES256"}', f'{{"cnf":{cnf},"exp":{exp}}}'.encode(), b"signature")
    return ".".join(map(base64url.encode, parts))


BOUND = jwt(f'{{"jkt":"{KEY.jkt}"}}')


def dpop(key: DpopKey = KEY, method: str = "GET", url: str = URL, token: str = BOUND, **more: Any) -> Received:
    """A request with a proof."""
    now_ms = NOW_MS - more.pop("past_ms", 0)
    return Received("GET", f"{URL}?q=1", "DPoP", key.proof(method, url, now_ms=now_ms, access_token=token, **more))


@pytest.mark.parametrize(
    ("received", "check"),
    [
        (dpop(OTHER), "possession.key (jkt "),
        (dpop(method="POST"), "dpop.htm (htm POST, expected GET)"),
        (dpop(url=f"{URL}/other"), "dpop.htu ("),
        (dpop(token="other"), "dpop.ath"),
        (dpop(past_ms=120_000), "dpop.iat_past (seconds_past "),
        (Received("GET", URL, "DPoP", BOUND), "dpop.typ"),
        (Received("GET", URL, "DPoP", "nonsense"), "jwt.parts"),
        (Received("GET", URL, "DPoP"), "possession.proof_missing: "),
        (Received("GET", URL), "possession.scheme (bound_by jkt, scheme bearer)"),
    ],
)
def test_the_check_that_fails_is_named(received: Received, check: str) -> None:
    assert why_refused(BOUND, received, NOW_MS).startswith(check)


def test_nothing_is_said_where_all_of_it_holds() -> None:
    assert why_refused(BOUND, dpop(), NOW_MS) == ""
    assert why_refused(jwt("null"), Received("GET", URL), NOW_MS) == ""


def test_a_token_that_says_much_is_read_as_the_server_reads_it() -> None:
    details = ",".join(f'"m{number}":0' for number in range(200))
    assert why_refused(jwt(f'{{"jkt":"{KEY.jkt}"}},"much":{{{details}}}'), Received("GET", URL), NOW_MS).startswith(
        "possession.scheme (bound_by jkt, scheme bearer)"
    )


def test_of_an_opaque_token_the_proof_alone_can_be_judged() -> None:
    assert why_refused("opaque", dpop(method="POST", token="opaque"), NOW_MS).startswith("dpop.htm")
    assert why_refused("opaque", dpop(OTHER, token="opaque"), NOW_MS) == ""
    assert why_refused("opaque", Received("GET", URL), NOW_MS) == ""


def test_a_certificate_is_compared_and_one_that_is_none_is_told() -> None:
    by_certificate = jwt('{"x5t#S256":"abc"}')
    assert why_refused(by_certificate, Received("GET", URL), NOW_MS).startswith(
        "possession.certificate (has_certificate no)"
    )
    unreadable = Received("GET", URL, certificate="nonsense")
    assert why_refused(by_certificate, unreadable, NOW_MS).startswith("certificate.handed_on")


def test_the_end_of_a_token_is_told_once_it_has_come() -> None:
    now_s = NOW_MS // 1000
    assert end_of(jwt("null", str(now_s)), NOW_MS) == "by its own exp it was over at 2026-09-21 14:13:20 UTC"
    for exp in (str(now_s + 1), '"1"', "0", "null", "1e300"):
        assert end_of(jwt("null", exp), NOW_MS) == ""
    assert end_of("opaque", NOW_MS) == ""
