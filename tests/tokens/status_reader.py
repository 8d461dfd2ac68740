"""A reader of status lists as an API would have it: by the draft's words alone, with nothing of the server's code."""

from __future__ import annotations

import json
import zlib
from base64 import urlsafe_b64decode
from typing import Any

from joserfc import jwt
from joserfc.jwk import KeySet

from tests.inprocess import Answered, InProcess

MEDIA_TYPE = "application/statuslist+jwt"


def claims_of(token: str) -> dict[str, Any]:
    """What a JWT says, unverified."""
    return dict(json.loads(_decoded(token.split(".")[1])))


def fetched(house: InProcess, url: str, **headers: str) -> Answered:
    """A GET of one of the issuer's URLs."""
    assert url.startswith(house.issuer)
    named = {name.replace("_", "-").encode(): value.encode() for name, value in headers.items()}
    return house.request("GET", "/" + url.removeprefix(house.issuer), headers=named)


def verified(house: InProcess, content: bytes) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and claims of a list whose signature holds by the published keys."""
    keys = KeySet.import_key_set(house.request("GET", "/.well-known/jwks.json").json())
    token = jwt.decode(content.decode(), keys, algorithms=["ES256"])
    return dict(token.header), dict(token.claims)


def bits_of(house: InProcess, url: str) -> bytes:
    """The bytes of a list, every claim of which was looked at (draft 8.3)."""
    answer = fetched(house, url, accept=MEDIA_TYPE)
    assert (answer.status, answer.headers["content-type"]) == (200, MEDIA_TYPE)
    header, claims = verified(house, answer.content)
    now_s = house.clock.now_ms() // 1000
    assert header["typ"] == "statuslist+jwt"
    assert claims["sub"] == url
    assert claims["iat"] <= now_s < claims["exp"]
    assert claims["ttl"] > 0
    assert claims["status_list"]["bits"] == 1
    return zlib.decompress(_decoded(claims["status_list"]["lst"]))


def status_of(house: InProcess, token: str) -> int:
    """0 valid, 1 invalid; IndexError for a place outside the list."""
    place = claims_of(token)["status"]["status_list"]
    assert set(place) == {"idx", "uri"}
    index: int = place["idx"]
    return bits_of(house, place["uri"])[index // 8] >> (index % 8) & 1


def _decoded(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))
