"""A signed answer as an application reads it, with a library that is not ours (JARM 2.4)."""

from __future__ import annotations

from typing import Any

import msgspec
from joserfc import jwt
from joserfc.jwk import KeySet

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


def signed_answer(asking: Asking, stop: Stop) -> SignedAnswer:
    """The answer, which must be signed, for this application, and nothing beside it."""
    house = asking.house
    assert set(stop.answer) == {"response"}, stop.answer
    answer = verified(house, stop.answer["response"])
    assert answer.header["kid"]
    assert (answer.claims["iss"], answer.claims["aud"]) == (house.issuer, asking.client["client_id"])
    # JARM 2.1: ten minutes at most; the conformance suite wants ten seconds at least.
    assert 10 <= answer.claims["exp"] - house.clock.now_ms() // 1000 <= 600
    assert answer.claims["state"] == "s t&a=te"
    return answer
