"""Attacks on the envelope: attacks.md 6 (confusion), 7 (key smuggling), 8 (crit, serialisation), 12 (exhaustion)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallystick.jose import jwt
from tallystick.jose.algorithms import ALGORITHMS
from tallystick.jose.claims import VerifiedClaims
from tallystick.jose.keys import jwk_of, pem_of
from tallystick.jose.private_keys import generate_private_key, public_key_for
from tallystick.jose.refusals import JwtRefused

PRIVATE = {alg: generate_private_key(alg) for alg in ("RS256", "ES256", "Ed25519")}
PUBLIC = {alg: public_key_for(key) for alg, key in PRIVATE.items()}


def b64(data: bytes | str) -> str:
    return base64.urlsafe_b64encode(data.encode() if isinstance(data, str) else data).rstrip(b"=").decode()


def signed(header: str | dict[str, Any], payload: str = '{"iss":"a"}', alg: str = "ES256") -> str:
    """A token over exactly these texts, correctly signed."""
    text = header if isinstance(header, str) else json.dumps(header)
    signing_input = f"{b64(text)}.{b64(payload)}"
    signer = "RS256" if alg.startswith(("RS", "PS")) else alg
    return f"{signing_input}.{b64(ALGORITHMS[alg].sign(PRIVATE[signer], signing_input.encode()))}"


GOOD = signed({"alg": "ES256", "typ": "JWT"})
HEADER, PAYLOAD, SIGNATURE = GOOD.split(".")


def refusal(token: str, **limits: int) -> str:
    with pytest.raises(JwtRefused) as refused:
        jwt.verify(jwt.parse(token, **limits), PUBLIC["ES256"], "ES256")
    assert SIGNATURE[:20] not in repr((refused.value, refused.value.evidence))
    return refused.value.check


def test_the_good_token_is_good() -> None:
    assert jwt.verify(jwt.parse(GOOD), PUBLIC["ES256"], "ES256").string("iss") == "a"


@pytest.mark.parametrize(
    "alg", ["none", "None", "nOnE", "NONE", "", "HS256", "hs256", "es256", "ES256 ", "RSA-OAEP", "dir"]
)
def test_6_alg_that_does_not_exist_here(alg: str) -> None:
    for signature in (SIGNATURE, ""):
        assert refusal(f"{b64(json.dumps({'alg': alg}))}.{PAYLOAD}.{signature}") == "jwt.alg"


@pytest.mark.parametrize("alg", [None, 1, True, ["ES256"], {"alg": "ES256"}, "E" * 17])
def test_6_alg_of_the_wrong_type_or_size(alg: object) -> None:
    assert refusal(f"{b64(json.dumps({'alg': alg}))}.{PAYLOAD}.{SIGNATURE}") == "jwt.alg"


def test_6_alg_missing() -> None:
    assert refusal(f"{b64('{}')}.{PAYLOAD}.{SIGNATURE}") == "jwt.alg"


@pytest.mark.parametrize("spelling", ["pem", "jwk", "der", "nothing"])
def test_6_public_key_as_hmac_secret(spelling: str) -> None:
    pem, jwk = pem_of(PUBLIC["RS256"]), json.dumps(jwk_of(PUBLIC["RS256"]))
    der = base64.b64decode("".join(pem.splitlines()[1:-1]))
    secret = {"pem": pem.encode(), "jwk": jwk.encode(), "der": der, "nothing": b""}[spelling]
    signing_input = f"{b64(json.dumps({'alg': 'HS256'}))}.{PAYLOAD}"
    token = f"{signing_input}.{b64(hmac.new(secret, signing_input.encode(), hashlib.sha256).digest())}"
    with pytest.raises(JwtRefused) as refused:
        jwt.verify(jwt.parse(token), PUBLIC["RS256"], "RS256")
    assert refused.value.check == "jwt.alg"


@pytest.mark.parametrize(
    ("sent", "registered"), [("RS256", "PS256"), ("PS256", "RS256"), ("RS256", "RS384"), ("RS512", "RS256")]
)
def test_6_another_algorithm_than_registered(sent: str, registered: str) -> None:
    token = signed({"alg": sent}, alg=sent)
    jwt.verify(jwt.parse(token), PUBLIC["RS256"], sent)
    with pytest.raises(JwtRefused) as refused:
        jwt.verify(jwt.parse(token), PUBLIC["RS256"], registered)
    assert refused.value.check == "jwt.alg"


@pytest.mark.parametrize(
    ("alg", "key"), [("ES256", "RS256"), ("ES256", "Ed25519"), ("RS256", "ES256"), ("ES384", "ES256")]
)
def test_6_algorithm_that_does_not_fit_the_key(alg: str, key: str) -> None:
    with pytest.raises(JwtRefused) as refused:
        jwt.verify(jwt.parse(f"{b64(json.dumps({'alg': alg}))}.{PAYLOAD}.{SIGNATURE}"), PUBLIC[key], alg)
    assert refused.value.check == "jwt.key"


@pytest.mark.parametrize("member", ["jwk", "jku", "x5u", "x5c"])
def test_7_keys_in_the_header_are_never_used(member: str) -> None:
    stranger = generate_private_key("ES256")
    value: Any = jwk_of(public_key_for(stranger)) if member == "jwk" else ["https://evil.example"]
    signing_input = f"{b64(json.dumps({'alg': 'ES256', member: value}))}.{PAYLOAD}"
    token = f"{signing_input}.{b64(ALGORITHMS['ES256'].sign(stranger, signing_input.encode()))}"
    assert refusal(token) == "jwt.signature"


@pytest.mark.parametrize("kid", [1, None, ["a"], {"a": 1}, "k" * 257])
def test_7_kid_of_the_wrong_type_or_size(kid: object) -> None:
    assert refusal(signed({"alg": "ES256", "kid": kid})) == "jwt.kid"


@pytest.mark.parametrize("member", ["crit", "b64", "zip"])
@pytest.mark.parametrize("value", [[], ["exp"], None, True, False, "DEF"])
def test_8_extensions_that_must_be_understood(member: str, value: object) -> None:
    assert refusal(signed({"alg": "ES256", member: value})) == f"jwt.{member}"


# Templates, since each run makes new keys: H, P and S stand for the parts of a good token, {…} is encoded.
@pytest.mark.parametrize(
    ("template", "check"),
    [
        ("", "jwt.parts"),
        (".", "jwt.parts"),
        ("..", "jwt.json"),
        ("H.P", "jwt.parts"),
        ("H.P.S.", "jwt.parts"),
        ("H.P.S.AA.AA", "jwt.parts"),
        ('<"payload":"P","protected":"H","signature":"S">', "jwt.parts"),
        ("H.P.S=", "jwt.base64"),
        ("H.P.S==", "jwt.base64"),
        ("H.P.S\n", "jwt.base64"),
        (" H.P.S", "jwt.base64"),
        ("H.P .S", "jwt.base64"),
        ("H.P.S+/", "jwt.base64"),
        ("H.P.SAAA", "jwt.base64"),
        ("H.P.SA", "jwt.signature"),
        ("H.P.SAA", "jwt.signature"),
        ("H.P.S\u00e9", "jwt.base64"),
        ("H.P.", "jwt.signature"),
        ("H.P.AAAA", "jwt.signature"),
        ("{[]}.P.S", "jwt.json"),
        ("H.{[]}.S", "jwt.json"),
        ("H.{null}.S", "jwt.json"),
        ("H.{<> <>}.S", "jwt.json"),
        ("H.{\ufeff<>}.S", "jwt.json"),
        ("H.e_99.S", "jwt.json"),
    ],
)
def test_8_only_the_one_canonical_spelling(template: str, check: str) -> None:
    parts = {"H": HEADER, "P": PAYLOAD, "S": SIGNATURE}
    token = re.sub(r"(?<![A-Za-z_0-9\"])[HPS](?![a-z_])|(?<=\")[HPS](?=\")", lambda found: parts[found[0]], template)
    token = re.sub(r"{(.*)}", lambda found: b64(found[1].replace("<", "{").replace(">", "}")), token)
    assert refusal(token) == check


def test_8_unused_bits_of_the_last_character_are_zero() -> None:
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    other = alphabet[alphabet.index(GOOD[-1]) ^ 1]
    assert refusal(GOOD[:-1] + other) == "jwt.base64"


@pytest.mark.parametrize(
    "payload",
    [
        '{"iss":"a","iss":"b"}',
        '{"iss":"a","iss":"a"}',
        '{"iss":"a","\\u0069ss":"b"}',
        '{"a":{"b":1,"b":2}}',
        '{"a":[{"b":1,"b":2}]}',
        '{"a":1,"a":2,"b":"\\u003a"}',
    ],
)
def test_duplicate_members_at_any_depth(payload: str) -> None:
    assert refusal(signed({"alg": "ES256"}, payload)) == "jwt.duplicate_member"


def test_duplicate_alg_in_the_header() -> None:
    assert refusal(signed('{"alg":"ES256","alg":"none"}')) == "jwt.duplicate_member"


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", "9" * 18, "-" + "9" * 17, "9" * 1000])
def test_5_numbers_that_are_none(number: str) -> None:
    assert refusal(signed({"alg": "ES256"}, f'{{"exp":{number}}}')) == "jwt.number"


def nested(levels: int) -> str:
    return '{"a":' + "[" * (levels - 1) + "]" * (levels - 1) + "}"


def test_12_depth() -> None:
    jwt.parse(signed({"alg": "ES256"}, nested(8)))
    assert refusal(signed({"alg": "ES256"}, nested(9))) == "jwt.depth"
    assert refusal(signed({"alg": "ES256"}, nested(600))) == "jwt.depth"
    assert refusal(signed({"alg": "ES256"}, nested(50_000)), size_bytes_max=1_000_000) == "jwt.depth"
    jwt.parse(signed({"alg": "ES256"}, '{"a":"[[[[[[[[[[[[[[[["}'))


def members(count: int) -> str:
    return json.dumps({f"m{number}": 0 for number in range(count)})


def test_12_number_of_members() -> None:
    jwt.parse(signed({"alg": "ES256"}, members(128)), size_bytes_max=8192)
    assert refusal(signed({"alg": "ES256"}, members(129)), size_bytes_max=8192) == "jwt.members"


def test_12_size() -> None:
    token = signed({"alg": "ES256"}, json.dumps({"iss": "a" * 1380}))
    assert refusal(token + "A" * (2049 - len(token))) == "jwt.size"
    jwt.parse(token, size_bytes_max=len(token))
    assert refusal(token, size_bytes_max=len(token) - 1) == "jwt.size"


@pytest.mark.parametrize("text", ["\\u0000", "\\ud800", "\\udc00\\ud800"])
def test_text_that_no_database_or_encoding_holds(text: str) -> None:
    assert refusal(signed({"alg": "ES256"}, f'{{"iss":"{text}"}}')) == "jwt.json"
    assert refusal(signed({"alg": "ES256"}, f'{{"{text}":1}}')) == "jwt.json"


@pytest.mark.parametrize("value", ["1", "true", "null", "[]", "{}", '""', '"a\\u0007"', '"a\\n"'])
def test_string_claims_are_strings(value: str) -> None:
    claims = jwt.parse(signed({"alg": "ES256"}, f'{{"iss":{value}}}')).claims
    with pytest.raises(JwtRefused) as refused:
        claims.string("iss")
    assert refused.value.check == "jwt.claim.iss"


def test_string_claims_have_a_length() -> None:
    claims = jwt.parse(signed({"alg": "ES256"}, '{"jti":"12345"}')).claims
    assert claims.string("jti", chars_max=5) == "12345"
    assert claims.string("nothing") is None
    with pytest.raises(JwtRefused):
        claims.string("jti", chars_max=4)


@pytest.mark.parametrize("value", ["true", "false", '"1"', "null", "[]", "{}", "9007199254740993", "-1e300", "1e16"])
def test_5_numeric_dates_are_numbers_in_range(value: str) -> None:
    claims = jwt.parse(signed({"alg": "ES256"}, f'{{"exp":{value}}}')).claims
    with pytest.raises(JwtRefused) as refused:
        claims.numeric_date_ms("exp")
    assert refused.value.check == "jwt.claim.exp"


@pytest.mark.parametrize(
    ("value", "ms"),
    [("0", 0), ("1.5", 1500), ("-1", -1000), ("1.7e9", 1_700_000_000_000), ("1700000000.9999", 1_700_000_000_999)],
)
def test_numeric_dates_may_be_fractions(value: str, ms: int) -> None:
    assert jwt.parse(signed({"alg": "ES256"}, f'{{"exp":{value}}}')).claims.numeric_date_ms("exp") == ms


@pytest.mark.parametrize(
    ("value", "audience"), [('"a"', "a"), ('["a"]', ("a",)), ('["a","b"]', ("a", "b")), ("[]", ())]
)
def test_audience_tells_one_string_from_an_array(value: str, audience: object) -> None:
    assert jwt.parse(signed({"alg": "ES256"}, f'{{"aud":{value}}}')).claims.audience() == audience


@pytest.mark.parametrize("value", ["1", "null", "[1]", '["a",null]', '[["a"]]', "{}", '""'])
def test_audience_of_the_wrong_type(value: str) -> None:
    with pytest.raises(JwtRefused):
        jwt.parse(signed({"alg": "ES256"}, f'{{"aud":{value}}}')).claims.audience()


@pytest.mark.parametrize(
    ("typ", "compared"), [("JWT", "jwt"), ("jwt", "jwt"), ("application/at+jwt", "at+jwt"), ("dpop+jwt", "dpop+jwt")]
)
def test_45_typ_is_compared_as_a_media_type(typ: str, compared: str) -> None:
    assert jwt.parse(signed({"alg": "ES256", "typ": typ})).typ == compared


def test_only_verification_makes_verified_claims() -> None:
    with pytest.raises(TypeError):
        VerifiedClaims({"iss": "a"}, PUBLIC["ES256"], object())


def test_reprs_keep_values_and_signatures_out() -> None:
    token = jwt.parse(GOOD)
    assert repr(token) == "UnverifiedJwt(alg='ES256')"
    assert repr(token.claims) == "UnverifiedClaims(iss)"


SEGMENT = st.one_of(st.binary(max_size=60).map(b64), st.text(max_size=20))
JSON_SEGMENT = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
).map(lambda value: b64(json.dumps(value)))
HEADERS = st.sampled_from([HEADER, b64('{"alg":"Ed25519"}'), b64('{"alg":"RS256","kid":"a"}')])


@given(st.one_of(st.text(), st.binary().map(lambda data: data.decode("latin-1"))))
def test_any_text_is_parsed_or_refused(token: str) -> None:
    with suppress(JwtRefused):
        jwt.parse(token)


@given(HEADERS | SEGMENT | JSON_SEGMENT, JSON_SEGMENT | SEGMENT, SEGMENT)
def test_anything_in_three_parts_is_verified_or_refused(header: str, payload: str, signature: str) -> None:
    for alg, key in PUBLIC.items():
        with pytest.raises(JwtRefused):
            jwt.verify(jwt.parse(f"{header}.{payload}.{signature}"), key, alg)
    try:
        claims = jwt.parse(f"{HEADER}.{payload}.{SIGNATURE}").claims
    except JwtRefused:
        return
    for read in (claims.string, claims.numeric_date_ms):
        for name in claims.members:
            with suppress(JwtRefused):
                read(name)
