"""An API that trusts several issuers: nothing of the one opens it in the name of the other."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

import pytest

from tallystick.jose import jwe, jwt
from tallystick.jose.private_keys import generate_private_key, public_key_for
from tallystick.sdk.api import (
    Decryption,
    Introspection,
    ProtectedResource,
    ResourceMetadata,
    TokenVerifier,
    TrustedIssuers,
)
from tallystick.sdk.api.fetching import Answer, Ask
from tallystick.sdk.api.refusals import TokenRefused
from tallystick.sdk.dpop import DpopKey
from tallystick.sdk.methods import ClientSecretBasic
from tests.forge import LEFT_OUT, Key

from .issuer import API, BASE, INTROSPECT, ISSUER, JWKS, METADATA, Issuer, asked, bearer, check_of

OLD = "https://old.example/"
OLD_METADATA, OLD_JWKS = f"{OLD}.well-known/oauth-authorization-server", f"{OLD}jwks"


class Two:
    """The new server, the old one, and the way to both."""

    def __init__(self) -> None:
        self.new, self.old = Issuer(), Issuer()
        self.old.pages = {OLD_METADATA: {"issuer": OLD, "jwks_uri": OLD_JWKS}, OLD_JWKS: {"keys": self.old.published}}

    async def __call__(self, ask: Ask) -> Answer:
        return await (self.old if ask.url.startswith(OLD) else self.new)(ask)

    def old_token(self, key: Key | None = None, **claims: Any) -> str:
        return self.old.token(None, key, **{"iss": OLD, **claims})

    def verifier(self, issuer: str, **more: Any) -> TokenVerifier:
        return TokenVerifier(API, issuer=issuer, **{"fetch": self, "clock": self.new.clock.now_ms, **more})

    def resource(self, *verifiers: TokenVerifier, **more: Any) -> ProtectedResource:
        if verifiers:
            return ProtectedResource(API, base_url=BASE, verifier=TrustedIssuers(verifiers), **more)
        return self.new.resource(issuer=[ISSUER, OLD], fetch=self, **more)


@pytest.fixture
def two() -> Two:
    return Two()


def test_tokens_of_each_are_taken_and_say_whose_they_are(two: Two) -> None:
    api = two.resource()
    for token, issuer in ((two.new.token(), ISSUER), (two.old_token(), OLD)):
        assert asked(api, bearer(token)).issuer == issuer


def test_a_token_may_say_as_much_as_with_one_issuer(two: Two) -> None:
    details = [{"type": "payment", "to": str(n)} for n in range(500)]
    assert asked(two.resource(), bearer(two.old_token(authorization_details=details))).issuer == OLD


def test_only_the_server_that_a_token_names_is_asked(two: Two) -> None:
    api = two.resource()
    assert asked(api, bearer(two.old_token()))
    assert (two.old.asked, two.new.asked) == ([OLD_METADATA, OLD_JWKS], [])


@pytest.mark.parametrize("iss", ["https://evil.example/", "https://old.example", "", LEFT_OUT, 7, [OLD], None])
def test_a_stranger_is_refused_before_anybody_is_asked(two: Two, iss: Any) -> None:
    assert check_of(lambda: asked(two.resource(), bearer(two.old_token(iss=iss)))) == "jwt.claim.iss"
    assert (two.old.asked, two.new.asked) == ([], [])


def test_what_only_looks_like_a_token_is_refused(two: Two) -> None:
    for odd in ("ey.ey.ey", "ey..", "opaque"):
        assert check_of(lambda t=odd: asked(two.resource(), bearer(t))).startswith(("jwt.", "token."))  # type: ignore[misc]


@pytest.mark.parametrize("kid", ["k-1", "k-2"])
def test_a_key_of_the_one_signs_nothing_for_the_other(two: Two, kid: str) -> None:
    """With the same name, and with a name that only the other has."""
    theirs = Key("ES256", kid)
    two.new.published = [two.new.jwk(theirs)]
    api = two.resource()
    assert asked(api, bearer(two.new.token(key=theirs)))
    expected = {"k-1": "jwt.signature", "k-2": "jwt.kid"}[kid]
    assert check_of(lambda: asked(api, bearer(two.old_token(theirs)))) == expected


def test_while_one_is_down_the_other_serves(two: Two) -> None:
    two.old.is_down = True
    api = two.resource()
    assert asked(api, bearer(two.new.token()))
    assert check_of(lambda: asked(api, bearer(two.old_token()))) == "keys.not_fetched"


def test_metadata_of_the_one_does_not_speak_for_the_other(two: Two) -> None:
    two.old.pages[OLD_METADATA] = {"issuer": ISSUER, "jwks_uri": JWKS}
    token = two.old_token(two.new.key)
    assert check_of(lambda: asked(two.resource(), bearer(token))) == "keys.not_fetched"


def test_rules_of_the_one_are_not_the_others(two: Two) -> None:
    api = two.resource(two.verifier(ISSUER, algorithms=["PS256"]), two.verifier(OLD))
    assert asked(api, bearer(two.old_token()))
    assert check_of(lambda: asked(api, bearer(two.new.token()))) == "jwt.alg"


def test_an_opaque_token_is_shown_to_the_one_that_introspects(two: Two) -> None:
    asking = Introspection(client_id="api", method=ClientSecretBasic("s"))
    two.new.pages[INTROSPECT] = {"active": True, "aud": API, "iss": OLD}
    api = two.resource(two.verifier(OLD), two.verifier(ISSUER, introspection=asking))
    assert check_of(lambda: asked(api, bearer("opaque"))) == "introspection.iss"
    assert (two.old.asked, two.new.asked) == ([], [METADATA, INTROSPECT])
    two.new.pages[INTROSPECT] = {"active": True, "aud": API}
    assert asked(api, bearer("opaque-2")).issuer == ISSUER
    assert check_of(lambda: asked(two.resource(), bearer("opaque"))) == "token.opaque"
    with pytest.raises(ValueError, match="introspect"):
        two.resource(*(two.verifier(each, introspection=asking) for each in (OLD, ISSUER)))


def test_an_encrypted_token_is_of_the_issuer_it_names_and_whose_key_opens_it(two: Two) -> None:
    keys = [generate_private_key("ES256") for _ in range(2)]
    options = [{"decryption": Decryption(key, "ECDH-ES")} for key in keys]

    def sealed(content: str, key: Any) -> tuple[str, str]:
        token = jwe.encrypt(content.encode(), public_key_for(key), alg="ECDH-ES", enc="A256GCM", kid=None)
        return bearer(token)

    def api(old: int, new: int) -> ProtectedResource:
        return two.resource(two.verifier(OLD, **options[old]), two.verifier(ISSUER, **options[new]))

    for token, issuer, at in ((two.old_token(), OLD, 0), (two.new.token(), ISSUER, 1)):
        assert asked(api(0, 1), sealed(token, keys[at])).issuer == issuer
        assert asked(api(at, at), sealed(token, keys[at])).issuer == issuer
        assert check_of(lambda t=token, k=keys[1 - at]: asked(api(0, 1), sealed(t, k))) == "token.encrypted"  # type: ignore[misc]
    for odd in ("{}", "ey.ey.ey"):
        assert check_of(lambda t=odd: asked(api(0, 1), sealed(t, keys[0]))) == "token.encrypted"  # type: ignore[misc]
    assert check_of(lambda: asked(two.resource(), sealed(two.old_token(), keys[0]))) == "token.encrypted"


def test_what_strangers_send_is_opened_and_taken_apart_once(two: Two, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many are trusted: a token of 48 KiB costs milliseconds, and anybody can encrypt one."""
    key, counted = generate_private_key("ES256"), []

    def counting(name: str, work: Any) -> Any:
        def counts(*given: Any) -> Any:
            counted.append(name)
            return work(*given)

        return counts

    monkeypatch.setattr(jwe, "decrypt", counting("opened", jwe.decrypt))
    monkeypatch.setattr(jwt, "parse_access_token", counting("parsed", jwt.parse_access_token))
    api = two.resource(decryption=Decryption(key, "ECDH-ES"))
    for text in (two.new.token(), two.old_token(), two.old_token(iss="https://evil.example/")):
        token = jwe.encrypt(text.encode(), public_key_for(key), alg="ECDH-ES", enc="A256GCM", kid=None)
        for shown, expected in ((token, ["opened", "parsed"]), (text, ["parsed"])):
            counted.clear()
            with suppress(TokenRefused):
                asked(api, bearer(shown))
            assert counted == expected


def test_a_bound_token_of_either_needs_its_proof(two: Two) -> None:
    key, api = DpopKey.generate(), two.resource()
    token = two.old_token(cnf={"jkt": key.jkt})
    assert check_of(lambda: asked(api, bearer(token))) == "possession.scheme"
    assert asked(api, ("authorization", f"DPoP {token}"), ("dpop", two.new.proof(key, token)))
    alone = TrustedIssuers([two.verifier(OLD)])
    assert check_of(lambda: asyncio.run(alone.verify(token))) == "possession.not_asked"
    assert asyncio.run(alone.verify(two.old_token())).issuer == OLD


def test_rfc9728_2_all_of_them_are_named(two: Two) -> None:
    api = two.resource(metadata=ResourceMetadata())
    assert api.document()["authorization_servers"] == [ISSUER, OLD]


def test_settings_that_would_mix_issuers_are_refused_at_once(two: Two) -> None:
    wrong: list[Any] = [{"issuer": []}, {"issuer": [OLD, OLD]}, {"issuer": [OLD, ""]}]
    wrong += [{name: "https://x.example/"} for name in ("jwks_uri", "introspection_endpoint", "introspection")]
    for options in wrong:
        with pytest.raises(ValueError, match=r"issuer"):
            two.new.resource(**{"issuer": [ISSUER, OLD], "fetch": two, **options})
    other = TokenVerifier("https://other.example/", issuer=ISSUER, fetch=two)
    with pytest.raises(ValueError, match="one verifier"):
        TrustedIssuers([two.verifier(OLD), two.verifier(OLD, algorithms=["PS256"])])
    with pytest.raises(ValueError, match="audience"):
        TrustedIssuers([two.verifier(OLD), other])
    trusted = TrustedIssuers([two.verifier(OLD), two.verifier(ISSUER)])
    assert ProtectedResource(API, base_url=BASE, verifier=trusted, issuer=[OLD, ISSUER])
    for named in (OLD, [OLD], [OLD, ISSUER, "https://x.example/"]):
        with pytest.raises(ValueError, match="another"):
            ProtectedResource(API, base_url=BASE, verifier=trusted, issuer=named)


def test_each_has_its_own_way_unless_one_is_given(two: Two) -> None:
    """Eight threads are soon taken by a server that hangs; the keys of the others are fetched by others."""
    ways = [
        {id(verifier._server.fetch) for verifier in resource.verifier._by_issuer.values()}  # type: ignore[attr-defined]
        for resource in (ProtectedResource(API, base_url=BASE, issuer=[ISSUER, OLD]), two.resource())
    ]
    assert list(map(len, ways)) == [2, 1]
