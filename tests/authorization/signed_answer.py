"""A signed answer as an application reads it, with a library that is not ours (JARM 2.4)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
from joserfc import jwe, jwt
from joserfc.jwk import KeySet, import_key

from tallystick.jose.private_keys import AnyPrivateKey, private_jwk_of
from tests.authorization.asking import Asking
from tests.inprocess import InProcess
from tests.signin import Stop

ACCEPTED = ["RS256", "PS256", "ES256", "EdDSA"]


class SignedAnswer(msgspec.Struct, frozen=True):
    """What it says, once its signature held."""

    header: dict[str, Any]
    claims: dict[str, Any]

    @property
    def members(self) -> dict[str, Any]:
        """The authorization response within."""
        return {name: value for name, value in self.claims.items() if name not in ("iss", "aud", "exp")}


def verified(house: InProcess, response: str) -> SignedAnswer:
    """Verified with the published key of its kid."""
    keys = KeySet.import_key_set(house.request("GET", "/.well-known/jwks.json").json())
    token = jwt.decode(response, keys, algorithms=ACCEPTED)
    return SignedAnswer(token.header, token.claims)


def decrypted(response: str, key: AnyPrivateKey, alg: str, enc: str) -> str:
    """What was encrypted to the application's key, by these two algorithms alone."""
    opened = jwe.decrypt_compact(response, import_key(dict(private_jwk_of(key))), algorithms=[alg, enc])
    assert opened.headers()["cty"] == "JWT"
    assert opened.plaintext is not None
    return opened.plaintext.decode()


def signed_answer(asking: Asking, stop: Stop, decrypt: Callable[[str], str] = str) -> SignedAnswer:
    """The answer, which must be signed, for this application, and nothing beside it."""
    house = asking.house
    assert set(stop.answer) == {"response"}, stop.answer
    answer = verified(house, decrypt(stop.answer["response"]))
    assert answer.header["kid"]
    assert (answer.claims["iss"], answer.claims["aud"]) == (house.issuer, asking.client["client_id"])
    # JARM 2.1: ten minutes at most; the conformance suite wants ten seconds at least.
    assert 10 <= answer.claims["exp"] - house.clock.now_ms() // 1000 <= 600
    assert answer.claims["state"] == "s t&a=te"
    return answer
