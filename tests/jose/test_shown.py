"""What is shown of a refused JWT: enough to see what was wrong, and no secret that somebody put into it (B19)."""

from __future__ import annotations

import json
import secrets
from typing import Any

import pytest

from tallystick.jose.shown import TOKEN_CHARS_MAX, shown_jwt, start_of
from tests.forge import Key, b64, compact

KEY = Key("ES256")
ISSUER = "https://as.example/"
CLIENT_ID = "AbCdEfGhIjKlMnOpQrStUvWxYz012345"


def shown(header: dict[str, Any] | None = None, whole: tuple[str, ...] = (), **claims: Any) -> Any:
    return shown_jwt(KEY.assertion(CLIENT_ID, ISSUER, header, **claims), whole)


def test_what_the_server_reads_is_shown() -> None:
    told = shown({"kid": "key of 2027", "typ": "JWT"}, (CLIENT_ID,), iat=1, exp=61, jti="short")
    assert told["jwt_header"] == {"alg": "ES256", "kid": "key of 2027", "typ": "JWT"}
    expected = {"iss": CLIENT_ID, "sub": CLIENT_ID, "aud": ISSUER, "iat": 1, "exp": 61, "jti": "short"}
    assert told["jwt_claims"] == expected


def test_wrong_types_and_missing_members_are_seen() -> None:
    claims = shown(exp="1700000000", aud=["https://a.example/", 5], sub=None, iss=7, nbf=True)["jwt_claims"]
    assert (claims["exp"], claims["aud"], claims["sub"]) == ("1700000000", ["https://a.example/", 5], None)
    assert (claims["iss"], claims["nbf"]) == (7, True)


def test_a_name_that_is_not_ours_is_told_by_how_it_begins() -> None:
    assert shown()["jwt_claims"]["sub"] == "AbCdEfGhIjKl… (32 characters)"


PLACES = ["iss", "sub", "aud", "jti", "exp", "iat", "nbf", "azp", "client_secret", "password", "note"]
SECRETS = {
    "generated": secrets.token_urlsafe(48),
    "chosen, as short as can be": secrets.token_hex(16),
    "a token": KEY.assertion("somebody", "https://elsewhere.example/"),
    "a token after text": "Bearer " + KEY.assertion("somebody", "https://elsewhere.example/"),
    "a key": KEY.public_pem,
}


@pytest.mark.parametrize("secret", SECRETS.values(), ids=SECRETS)
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(
    "wrap", [lambda s: s, lambda s: [s], lambda s: {"a": s}, lambda s: f"https://u:{s}@h.example/{s}?x={s}#{s}"]
)
def test_a_secret_in_any_claim_is_not_shown(secret: str, place: str, wrap: Any) -> None:
    told = repr(shown(**{place: wrap(secret)}))
    assert secret not in told
    assert secret[13:] not in told


@pytest.mark.parametrize("secret", SECRETS.values(), ids=SECRETS)
@pytest.mark.parametrize("place", ["kid", "typ", "cty", "alg", "jwk", "x5u", "zip", "enc", "crit", "note"])
def test_nor_one_in_the_header_nor_one_that_is_a_name(secret: str, place: str) -> None:
    forged = compact({"alg": "ES256", place: secret, secret: 1}, {"iss": "a", secret: secret}, KEY.sign)
    told = repr(shown_jwt(forged))
    assert secret not in told
    assert secret[13:] not in told


def test_short_things_in_members_nobody_reads_are_not_shown_either() -> None:
    claims = shown(password="hunter2", pin=1234, nested={"pin": 99}, list=["hunter2"])["jwt_claims"]
    assert claims["password"] == "(string, 7 characters)"
    assert (claims["pin"], claims["nested"], claims["list"]) == ("(number)", "(object, 1 members)", "(array, 1 items)")


def test_the_signature_is_never_part_of_it() -> None:
    token = KEY.assertion(CLIENT_ID, ISSUER)
    header, payload, signature = token.split(".")
    for odd in (
        token,
        f"{header}.{payload}.{signature}.x",
        f"{signature}.{signature}.{signature}",
        f"{header}.{payload}",
    ):
        assert signature[:16] not in repr(shown_jwt(odd))


def test_what_was_refused_for_its_spelling_is_read_all_the_same() -> None:
    good = json.dumps({"aud": "a", "sub": "s"})
    twice = compact({"alg": "ES256"}, good[:-1].encode() + b', "aud": "b", "aud": "c"}', KEY.sign)
    assert shown_jwt(twice)["jwt_claims"] == {"aud": "(stands 3 times)", "sub": "s"}
    padded = b64(b'{"alg":"none"}') + "==." + b64(good.encode()) + "=."
    assert shown_jwt(padded) == {"jwt_header": {"alg": "none"}, "jwt_claims": {"aud": "a", "sub": "s"}}
    assert shown_jwt(b64(b'{"alg":"dir"}') + ".AA.AA.AA.AA") == {"jwt_header": {"alg": "dir"}}


@pytest.mark.parametrize(
    "junk",
    ["", ".", "..", "a.b.c", "\u00e9.\u00e9", "x" * (TOKEN_CHARS_MAX + 1), b64(b"[" * 5000) + ".AA", b64(b"\xff")],
)
def test_junk_shows_nothing_and_breaks_nothing(junk: str) -> None:
    assert shown_jwt(junk) == {}


def test_size_is_bounded() -> None:
    wide = shown_jwt(compact({"alg": "x"}, {f"n{n}": n for n in range(200)}, KEY.sign))["jwt_claims"]
    assert len(wide) == 33
    assert wide["…"] == "(168 more members)"
    many = shown(aud=[f"https://{n}.example/" for n in range(100)])["jwt_claims"]["aud"]
    assert len(many) == 9
    assert len(repr(shown(aud="https://h.example/" + "a/" * 700))) < 1000


def test_control_characters_steer_no_terminal() -> None:
    assert start_of("\x1b[31mred") == "?[31mred… (8 characters)"
    for odd in ("\u202e", "\ud800", "\x9b"):
        assert shown(aud=f"https://{odd}x/")["jwt_claims"]["aud"] == "https://?x… (2 characters)/"
