"""RFC 6749 2.3: exactly one method in a request; each refusal under the name that the log tells."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import pytest

from tallystick.clientauth.presented import (
    JWT_BEARER,
    PresentedAssertion,
    PresentedNothing,
    PresentedSecret,
    presented,
)
from tallystick.errors import OAuthError
from tests.clientauth.evidence import CLIENT_ID, assertion
from tests.forge import LEFT_OUT, Key

GOOD = b"Basic " + b64encode(b"id:secret")
ASSERTION = assertion(Key("ES256"))
ASSERTED = {
    "client_assertion_type": JWT_BEARER,
    "client_assertion": Key("ES256").assertion("id", "https://server.example/", jti="canary"),
}
BOTH = {"client_assertion_type": JWT_BEARER, "client_assertion": ASSERTION}


def basic(pair: bytes) -> bytes:
    return b"Basic " + b64encode(pair)


REFUSED: dict[str, tuple[list[bytes], dict[str, str], str, str]] = {
    "nothing": ([], {}, "invalid_client", "presented.nothing"),
    "two headers": ([GOOD, GOOD], {}, "invalid_request", "presented.one_header"),
    "secret and assertion": (
        [],
        {**BOTH, "client_id": "id", "client_secret": "s"},
        "invalid_request",
        "presented.one_method",
    ),
    "header and secret": ([GOOD], {"client_id": "id", "client_secret": "s"}, "invalid_request", "presented.one_method"),
    "header and assertion": ([GOOD], BOTH, "invalid_request", "presented.one_method"),
    "type without assertion": (
        [],
        {"client_id": "id", "client_assertion_type": JWT_BEARER},
        "invalid_request",
        "presented.assertion_missing",
    ),
    "type beside a header": (
        [GOOD],
        {"client_assertion_type": JWT_BEARER},
        "invalid_request",
        "presented.assertion_missing",
    ),
    "assertion without type": ([], {"client_assertion": ASSERTION}, "invalid_client", "presented.assertion_type"),
    "assertion of another type": (
        [],
        {**BOTH, "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:saml2-bearer"},
        "invalid_client",
        "presented.assertion_type",
    ),
    "type in capitals": (
        [],
        {**BOTH, "client_assertion_type": JWT_BEARER.upper()},
        "invalid_client",
        "presented.assertion_type",
    ),
    "another scheme": ([b"Bearer abc"], {}, "invalid_client", "presented.scheme"),
    "no scheme": ([b64encode(b"id:secret")], {}, "invalid_client", "presented.scheme"),
    "no base64": ([b"Basic !!!!"], {}, "invalid_client", "presented.basic_base64"),
    "base64 with a line break": (
        [b"Basic " + b64encode(b"id:secret") + b"\n"],
        {},
        "invalid_client",
        "presented.basic_base64",
    ),
    "no colon": ([basic(b"idsecret")], {}, "invalid_client", "presented.basic_colon"),
    "empty id": ([basic(b":secret")], {}, "invalid_client", "presented.basic_client_id"),
    "another id beside": ([GOOD], {"client_id": "other"}, "invalid_client", "presented.client_id_differs"),
    "id in capitals beside": ([GOOD], {"client_id": "ID"}, "invalid_client", "presented.client_id_differs"),
    "another id beside an assertion": (
        [],
        {**BOTH, "client_id": "other"},
        "invalid_client",
        "presented.client_id_differs",
    ),
    "assertion of a subject that is too long": (
        [],
        {**BOTH, "client_assertion": assertion(Key("ES256"), sub="x" * 65)},
        "invalid_client",
        "jwt.claim.sub",
    ),
    "assertion that is none": ([], {**BOTH, "client_assertion": "a.b"}, "invalid_client", "jwt.parts"),
    "broken percent": ([basic(b"id:%4")], {}, "invalid_client", "presented.basic_percent"),
    "broken percent in the id": ([basic(b"i%zz:s")], {}, "invalid_client", "presented.basic_percent"),
    "no UTF-8": ([basic(b"id:%ff")], {}, "invalid_client", "presented.basic_utf8"),
}


@pytest.mark.parametrize(("headers", "parameters", "code", "check"), REFUSED.values(), ids=REFUSED)
def test_a11_anything_but_one_method_is_refused(
    headers: list[bytes], parameters: dict[str, str], code: str, check: str
) -> None:
    with pytest.raises(OAuthError) as refusal:
        presented(headers, parameters)
    assert (refusal.value.code, refusal.value.check) == (code, check)


def test_each_method_is_sorted_by_how_it_is_shown() -> None:
    assert presented([], {"client_id": "id"}) == PresentedNothing(client_id="id")
    assert presented([], {"client_id": "id", "client_secret": "s"}) == PresentedSecret(
        client_id="id", secret="s", method="client_secret_post"
    )
    for beside in ({}, {"client_id": CLIENT_ID}):
        shown = presented([], {**BOTH, **beside})
        assert isinstance(shown, PresentedAssertion)
        assert shown.client_id == CLIENT_ID


@pytest.mark.parametrize("header", [GOOD, GOOD.replace(b"Basic", b"bAsIC"), GOOD.replace(b" ", b"  ")])
@pytest.mark.parametrize("beside", [{}, {"client_id": "id"}])
def test_basic_and_the_same_id_in_the_body_are_one_method(header: bytes, beside: dict[str, str]) -> None:
    assert presented([header], beside) == PresentedSecret(client_id="id", secret="secret", method="client_secret_basic")


def test_rfc6749_2_3_1_both_halves_are_form_encoded_and_the_first_colon_parts_them() -> None:
    shown = presented([basic(b"a%3Ab+c:d%2B:+e%C3%A9")], {})
    assert isinstance(shown, PresentedSecret)
    assert (shown.client_id, shown.secret) == ("a:b c", "d+: e\u00e9")


def test_b19_reprs_keep_secrets_and_assertions_out() -> None:
    assert "canary" not in repr(presented([basic(b"id:canary")], {}))
    shown = repr(presented([], BOTH))
    assert not [part for part in ASSERTION.split(".") if part in shown]


NO_ALGORITHMS: list[Any] = ["none", "None", "NONE", "HS256", "es256", None, 5, LEFT_OUT]
NO_NAMES: list[Any] = [5, None, ["JWT"], {}, "x" * 257]
HEADERS: list[tuple[dict[str, Any], str]] = [
    *(({"alg": alg}, "jwt.alg") for alg in NO_ALGORITHMS),
    *(({name: value}, f"jwt.{name}") for name in ("typ", "kid", "cty") for value in NO_NAMES),
]


@pytest.mark.parametrize(("header", "check"), HEADERS)
def test_a6_a_header_is_refused_before_anybody_looks_for_a_key(header: dict[str, Any], check: str) -> None:
    with pytest.raises(OAuthError) as refusal:
        presented([], {**BOTH, "client_assertion": assertion(Key("ES256"), header)})
    assert refusal.value.check == check


def test_a12_a_strangers_long_algorithm_does_not_fill_the_log() -> None:
    with pytest.raises(OAuthError) as refusal:
        presented([], {**BOTH, "client_assertion": assertion(Key("ES256"), {"alg": "E" * 1000})})
    assert refusal.value.check == "jwt.alg"
    assert len(repr(refusal.value.evidence)) < 100
