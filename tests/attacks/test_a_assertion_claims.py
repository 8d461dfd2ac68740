"""A5 life, A10 identity, A8 envelope, A12 exhaustion: what an assertion may say and how large it may be."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from tests.administrator import Administrator
from tests.application import Application
from tests.attacks.expect import accepted, refused, refused_for
from tests.forge import LEFT_OUT, Key, b64, compact, good_claims

LIFE_REFUSED = {
    "exp missing": ({"exp": LEFT_OUT}, "private_key_jwt.exp_missing"),
    "exp just past the skew": ({"exp": -11, "iat": -60}, "private_key_jwt.exp_past"),
    "exp five minutes past": ({"exp": -300, "iat": -360}, "private_key_jwt.exp_past"),
    "exp six minutes ahead": ({"exp": 360}, "private_key_jwt.exp_far"),
    "exp six minutes ahead, without iat": ({"exp": 360, "iat": LEFT_OUT}, "private_key_jwt.exp_far"),
    "exp a year ahead": ({"exp": 31_536_000}, "private_key_jwt.exp_far"),
    "exp a year ahead, iat too": ({"exp": 31_536_060, "iat": 31_536_000}, "private_key_jwt.iat_future"),
    "iat 61 s ahead": ({"iat": 61, "exp": 120}, "private_key_jwt.iat_future"),
    "nbf 61 s ahead": ({"nbf": 61, "exp": 120}, "private_key_jwt.nbf_future"),
}
LIFE_ACCEPTED = {
    "iat 8 s ahead": {"iat": 8, "exp": 60},
    "nbf 8 s ahead": {"nbf": 8, "exp": 60},
    "exp 5 s past": {"exp": -5, "iat": -60},
    "five minutes": {"exp": 299},
    "without iat": {"iat": LEFT_OUT},
    "fractions of a second": {"iat": -0.5, "exp": 60.25},
}
NUMBERS_REFUSED = [
    '"1700000000"',
    "true",
    "null",
    "[1]",
    "1e400",
    "-1e400",
    "NaN",
    "Infinity",
    "99999999999999999999",
    "{}",
]


def shifted(moves: dict[str, Any]) -> dict[str, Any]:
    """Offsets in seconds as times."""
    now = int(time.time())
    return {name: value if value is LEFT_OUT else now + value for name, value in moves.items()}


@pytest.mark.parametrize(("moves", "check"), LIFE_REFUSED.values(), ids=LIFE_REFUSED)
def test_a5_life_is_short(admin: Administrator, keyed: Application, moves: dict[str, Any], check: str) -> None:
    refused_for(admin, keyed.by_assertion(keyed.good_assertion(**shifted(moves))), check)


@pytest.mark.parametrize("moves", LIFE_ACCEPTED.values(), ids=LIFE_ACCEPTED)
def test_a5_small_skew_is_forgiven(keyed: Application, moves: dict[str, Any]) -> None:
    accepted(keyed.by_assertion(keyed.good_assertion(**shifted(moves))))


@pytest.mark.parametrize("claim", ["exp", "iat", "nbf"])
@pytest.mark.parametrize("number", NUMBERS_REFUSED)
def test_a5_dates_that_are_no_dates(keyed: Application, claim: str, number: str) -> None:
    claims = {**good_claims(keyed.client_id, keyed.server.issuer), claim: "HERE"}
    refused(keyed.by_assertion(keyed.key.jwt(json.dumps(claims).replace('"HERE"', number).encode())))


@pytest.mark.parametrize("value", [LEFT_OUT, "", "someone-else", None, 5, ["{client_id}"], "{client_id} ", "{upper}"])
@pytest.mark.parametrize("claim", ["iss", "sub"])
def test_a10_iss_and_sub_are_the_client(keyed: Application, claim: str, value: Any) -> None:
    if isinstance(value, str):
        value = value.format(client_id=keyed.client_id, upper=keyed.client_id.swapcase())
    refused(keyed.by_assertion(keyed.good_assertion(**{claim: value})))


def test_a10_client_id_beside_the_assertion_must_be_the_same(
    admin: Administrator, keyed: Application, secret: Application
) -> None:
    accepted(keyed.by_assertion(client_id=keyed.client_id))
    refused_for(admin, keyed.by_assertion(client_id=secret.client_id), "presented.client_id_differs")


def test_a10_only_the_proven_client_is_used_afterwards(admin: Administrator, keyed: Application, audience: str) -> None:
    stranger = admin.key_application("ES256", audience)
    # The stranger's key, the victim's name: refused whichever of the two the claims say.
    refused(keyed.by_assertion(stranger.key.assertion(keyed.client_id, keyed.server.issuer)))
    refused(keyed.by_assertion(stranger.key.assertion(stranger.client_id, keyed.server.issuer, sub=keyed.client_id)))


@pytest.mark.parametrize("jti", [LEFT_OUT, "", None, 7, "x" * 65, ["a"], "a\u0000b"])
def test_a2_jti_is_a_short_string(keyed: Application, jti: Any) -> None:
    refused(keyed.by_assertion(keyed.good_assertion(jti=jti)))


@pytest.mark.parametrize("name", ["crit", "b64", "zip"])
@pytest.mark.parametrize("value", [["exp"], [], False, True, "DEF", None])
def test_a8_extensions_nobody_understands(admin: Administrator, keyed: Application, name: str, value: Any) -> None:
    answer = keyed.by_assertion(keyed.key.assertion(keyed.client_id, keyed.server.issuer, header={name: value}))
    refused_for(admin, answer, f"jwt.{name}")


def envelopes(good: str) -> dict[str, str]:
    """One good assertion, spelled in ways that only one decoder takes for it."""
    header, payload, signature = good.split(".")
    general = {"payload": payload, "signatures": [{"protected": header, "signature": signature}]}
    return {
        "json flattened": json.dumps({"payload": payload, "protected": header, "signature": signature}),
        "json general": json.dumps(general),
        "detached": f"{header}..{signature}",
        "four parts": f"{good}.",
        "five parts": f"{header}.{payload}.{signature}.a.b",
        "two parts": f"{header}.{payload}",
        "padding": f"{header}=.{payload}.{signature}",
        "signature padded": f"{good}==",
        "trailing byte": f"{good}A",
        "trailing newline": f"{good}\n",
        "leading space": f" {good}",
        "standard alphabet": f"{header}.{payload}.{signature[:-1]}+",
        "spare bits": f"{header}.{payload}.{signature[:-1]}{chr(ord(signature[-1]) + 1)}",
        "empty signature": f"{header}.{payload}.",
        "unicode": f"{good}\u00e9",
    }


@pytest.mark.parametrize("spelling", envelopes("a.b.AA").keys())
def test_a8_only_the_one_canonical_spelling(keyed: Application, spelling: str) -> None:
    refused(keyed.by_assertion(envelopes(keyed.good_assertion())[spelling]))


@pytest.mark.parametrize(
    "payload", [b"", b"[]", b"null", b'"x"', b"{", b'{"a":1}x', b"\xff", b"\xef\xbb\xbf{}"], ids=repr
)
def test_a8_payload_is_a_json_object(keyed: Application, payload: bytes) -> None:
    refused(keyed.by_assertion(keyed.key.jwt(payload)))


@pytest.mark.parametrize("member", ["aud", "sub", "exp", "jti"])
def test_a8_duplicate_members(admin: Administrator, keyed: Application, member: str) -> None:
    claims = good_claims(keyed.client_id, keyed.server.issuer)
    twice = json.dumps(claims)[:-1] + f', "{member}": {json.dumps(claims[member])}}}'
    assertion = keyed.key.jwt(twice.encode())
    answer = keyed.by_assertion(assertion)
    refused_for(admin, answer, "jwt.duplicate_member")


def test_a12_huge_and_deep_ones_are_cut_off(admin: Administrator, keyed: Application) -> None:
    refused_for(admin, keyed.by_assertion(keyed.good_assertion(padding="x" * 3000)), "jwt.size")
    refused_for(admin, keyed.by_assertion("." * 2000), "jwt.parts")
    deep = b'{"a":' * 400 + b"1" + b"}" * 400
    refused(keyed.by_assertion(keyed.key.jwt(deep)))
    refused(keyed.by_assertion(b64(b"[" * 1000) + "." + b64(b"[" * 300) + ".AA"))


def test_a12_expensive_keys_and_wrappings_are_not_even_tried(keyed: Application) -> None:
    for alg in ("PBES2-HS256+A128KW", "RSA-OAEP-256", "dir"):
        header = {"alg": alg, "enc": "A256GCM", "p2c": 2**31 - 1, "p2s": "AAAA", "zip": "DEF"}
        refused(keyed.by_assertion(compact(header, {}, lambda _: b"")))
        refused(keyed.by_assertion(b64(json.dumps(header).encode()) + ".AA.AA.AA.AA"))


def test_a13_a_key_of_nobody(keyed: Application) -> None:
    refused(keyed.by_assertion(Key("ES256").assertion(keyed.client_id, keyed.server.issuer)))
