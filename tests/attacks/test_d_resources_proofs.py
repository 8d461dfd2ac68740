"""Attacks 29 and 30 where access tokens are taken: each way in which a proof can be none, and the ways in which it may
vary. The negatives are those of OpenID's `fapi2-security-profile-final-dpop-negative-tests`, and more of their kind."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace

from tallystick.sdk.dpop import DpopKey
from tests.attacks.bound_resources import DOMAIN, KEY, OTHER_KEY, Resource, ath_of, public_jwk, userinfo_of
from tests.authorization.asking import set_tenant
from tests.forge import LEFT_OUT, Key, b64, compact
from tests.inprocess import InProcess
from tests.people import person
from tests.sender.holder import TOKEN, post, proof_for
from tests.tokens.allowed import CALLBACK, allowed

Make = Callable[[Resource], str]
RSA = Key("RS256")
SECRET = "k" * 32


def spoilt(**claims: Any) -> Make:
    return lambda it: it.proof(**claims)


def headed(**header: Any) -> Make:
    return lambda it: it.proof(header=header)


def by_secret(it: Resource) -> str:
    """RFC 9449 4.3 (5): an algorithm that is symmetric."""
    jwk = {"kty": "oct", "k": b64(SECRET.encode())}
    header = {"alg": "HS256", "typ": "dpop+jwt", "jwk": jwk}
    return compact(header, it.claims(), lambda text: hmac.digest(SECRET.encode(), text, "sha256"))


def unsigned(it: Resource) -> str:
    return compact({"alg": "none", "typ": "dpop+jwt", "jwk": public_jwk(KEY)}, it.claims(), lambda _: b"")


def badly_signed(it: Resource) -> str:
    return it.proof(OTHER_KEY, header={"jwk": public_jwk(KEY)})


def with_private_key(it: Resource) -> str:
    number = KEY.private.private_numbers().private_value  # type: ignore[union-attr]  # an elliptic one
    return it.proof(header={"jwk": {**public_jwk(KEY), "d": b64(number.to_bytes(32, "big"))}})


NEGATIVES: dict[str, tuple[Make, str]] = {
    "no JWT": (lambda _: "proof", "jwt.parts"),
    "malformed JWT": (lambda it: it.proof()[:-3] + "=", "jwt.base64"),
    "trailing bytes": (lambda it: it.proof() + ".x", "jwt.parts"),
    "typ missing": (headed(typ=LEFT_OUT), "dpop.typ"),
    "typ of another JWT": (headed(typ="JWT"), "dpop.typ"),
    "alg missing": (headed(alg=LEFT_OUT), "jwt.alg"),
    "jwk missing": (headed(jwk=LEFT_OUT), "dpop.jwk"),
    "jti missing": (spoilt(jti=LEFT_OUT), "dpop.jti"),
    "jti of another type": (spoilt(jti=5), "jwt.claim.jti"),
    "htm missing": (spoilt(htm=LEFT_OUT), "dpop.htm"),
    "htu missing": (spoilt(htu=LEFT_OUT), "dpop.htu"),
    "iat missing": (spoilt(iat=LEFT_OUT), "dpop.iat"),
    "ath missing": (spoilt(ath=LEFT_OUT), "dpop.ath"),
    "RS256": (lambda it: it.proof(RSA), "dpop.alg"),
    "none": (unsigned, "jwt.alg"),
    "HS256": (by_secret, "jwt.alg"),
    "bad signature": (badly_signed, "jwt.signature"),
    "private key in jwk": (with_private_key, "dpop.jwk_refused"),
    "htm of another method": (spoilt(htm="POST"), "dpop.htm"),
    "htm in small letters": (spoilt(htm="get"), "dpop.htm"),
    "htu of another URL": (lambda it: it.proof(htu=it.house.issuer + it.path + "/x"), "dpop.htu"),
    "htu of another host": (lambda it: it.proof(htu="https://evil.example/" + it.path), "dpop.htu"),
    "htu in capitals": (lambda it: it.proof(htu=it.house.issuer + it.path.upper()), "dpop.htu"),
    "htu of another port": (lambda it: it.proof(htu=f"https://localhost:8445/{it.path}"), "dpop.htu"),
    "htu over http": (lambda it: it.proof(htu=f"http://localhost:8443/{it.path}"), "dpop.htu"),
    "htu of another type": (spoilt(htu=5), "jwt.claim.htu"),
    "htu of a host that was not asked": (lambda it: it.proof(htu=f"https://{DOMAIN}/{it.path}"), "dpop.htu"),
    "iat an hour ago": (lambda it: it.proof(iat=it.now_s - 3600), "dpop.iat_past"),
    "iat in an hour": (lambda it: it.proof(iat=it.now_s + 3600), "dpop.iat_future"),
    "iat as text": (lambda it: it.proof(iat=str(it.now_s)), "jwt.claim.iat"),
    "ath of another token": (lambda it: it.proof(ath=ath_of(it.unbound)), "dpop.ath"),
    "over": (lambda it: it.proof(exp=it.now_s - 60), "dpop.exp"),
    "not yet": (lambda it: it.proof(nbf=it.now_s + 60), "dpop.nbf"),
    "unknown crit": (headed(crit=["x"], x=1), "jwt.crit"),
}
"""How a proof can be wrong → which check says so; each is `invalid_dpop_proof` (RFC 9449 7.1)."""


@pytest.mark.parametrize("case", NEGATIVES)
def test_d30_what_is_no_proof_of_this_request(resource: Resource, case: str) -> None:
    make, check = NEGATIVES[case]
    answer = resource.call(make(resource))
    row = resource.refused(answer, "invalid_dpop_proof", check)
    assert answer.headers["www-authenticate"].startswith("DPoP ")
    assert "RS256" not in answer.headers["www-authenticate"]
    assert 'algs="' in answer.headers["www-authenticate"]
    assert row.details.keys() >= {"proof_header", "proof_claims"}


POSITIVES: dict[str, Make] = {
    "plain": spoilt(),
    "upper-case host and scheme": lambda it: it.proof(htu=f"HTTPS://LOCALHOST:8443/{it.path}"),
    "query and fragment": lambda it: it.proof(htu=f"{it.house.issuer}{it.path}?a=b#c"),
    "the name for certificates": lambda it: it.proof(htu=it.house.tenant.mtls_url(it.path)),
    "extra claims": spoilt(iss="anybody", sub="anybody", foo={"bar": [1]}),
    "extra header parameters": headed(kid="x", jku="https://evil.example/", foo=1),
    "typ as a whole media type": headed(typ="application/DPoP+JWT"),
    "10 s old": lambda it: it.proof(iat=it.now_s - 10),
    "8 s ahead": lambda it: it.proof(iat=it.now_s + 8),
    "with nbf and exp": lambda it: it.proof(nbf=it.now_s, exp=it.now_s + 30),
}


@pytest.mark.parametrize("case", POSITIVES)
def test_d30_what_may_vary(resource: Resource, case: str) -> None:
    answer = resource.call(POSITIVES[case](resource))
    assert answer.status == 200, answer.content


@pytest.mark.parametrize("port", ["", ":443"])
def test_d30_the_default_port_may_be_said(resource: Resource, port: str) -> None:
    proof = resource.proof(htu=f"https://{DOMAIN}{port}/{resource.path}")
    assert resource.call(proof, host=DOMAIN.encode()).status == 200


def test_d30_two_proofs_are_none(resource: Resource) -> None:
    good = resource.proof()
    for proofs in ((good, good), (good, resource.proof()), (good, "")):
        resource.refused(resource.call(*proofs), "invalid_dpop_proof", "dpop.once")
    # None of them was used up.
    assert resource.call(good).status == 200


def test_d29_a_proof_is_used_once(resource: Resource) -> None:
    proof = resource.proof()
    assert resource.call(proof).status == 200
    resource.refused(resource.call(proof), "invalid_dpop_proof", "dpop.replayed")
    # The same claims, signed again: the jti is what counts.
    jti = f"the very same at {resource.path}"
    assert resource.call(resource.proof(jti=jti)).status == 200
    resource.refused(resource.call(resource.proof(jti=jti, foo=1)), "invalid_dpop_proof", "dpop.replayed")


def test_d29_nobody_burns_anothers_proof(resource: Resource) -> None:
    """attacks.md 3: another key with the same jti, and what fails for another reason, use nothing up."""
    jti = f"mine at {resource.path}"
    wrong = (resource.proof(OTHER_KEY, jti=jti), resource.proof(jti=jti, htm="PUT"), resource.proof(jti=jti, ath="x"))
    for proof in wrong:
        assert resource.call(proof).status == 401
    resource.refused(resource.call(resource.proof(jti=jti), scheme="Bearer"), "invalid_token", "possession.scheme")
    assert resource.call(resource.proof(jti=jti)).status == 200


def test_a_proof_is_held_to_the_profile_of_the_tokens_application(house: InProcess) -> None:
    """FAPI 2 Security Profile 5.4.1: PS384 is no algorithm of it, also of a key that a token was bound to before."""
    resource = userinfo_of(house)
    es384 = DpopKey.generate("ES384")
    key = Key("ES384", private=es384.private_key)
    app = allowed(house, person(house, "es384@example.org"))
    form = {"grant_type": "authorization_code", "redirect_uri": CALLBACK, **app.proof, "code": app.code()}
    token = post(house, TOKEN, form, proof_for(house, es384)).json()["access_token"]
    resource = replace(resource, token=token)
    assert resource.call(resource.proof(key)).status == 200
    set_tenant(house, compliance_level_floor="fapi2_security")
    resource.refused(resource.call(resource.proof(key)), "invalid_dpop_proof", "dpop.alg")
