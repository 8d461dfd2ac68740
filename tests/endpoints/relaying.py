"""An API that hands on what it received, and the proofs of whoever calls it."""

from __future__ import annotations

import secrets
from base64 import b64encode
from collections.abc import Mapping
from hashlib import sha256
from typing import Any
from urllib.parse import quote

import msgspec
from cryptography.hazmat.primitives.serialization import Encoding

from tallystick.jose.keys import jwk_of, public_key_of
from tests.certificate_mill import Holder
from tests.endpoints.introspecting import API, Asking, application, gateway, signed
from tests.forge import LEFT_OUT, Key, b64
from tests.inprocess import InProcess

URL = "https://api.example/orders/7"
HOLDER = Key("ES256")
THIEF = Key("ES256")


def public_jwk(key: Key) -> dict[str, Any]:
    return dict(jwk_of(public_key_of(key.private.public_key())))


JKT = public_key_of(HOLDER.private.public_key()).thumbprint


class Relaying(msgspec.Struct, frozen=True, kw_only=True):
    """The API's gateway, and a token that a key binds."""

    house: InProcess
    app: Asking
    gateway: Asking
    token: str

    def proof(self, key: Key = HOLDER, header: Mapping[str, Any] | None = None, **claims: Any) -> str:
        """A proof for a GET of :data:`URL`; what is given replaces the good members."""
        now_s = self.house.clock.now_ms() // 1000
        good: dict[str, Any] = {
            "jti": secrets.token_urlsafe(16),
            "htm": "GET",
            "htu": URL,
            "iat": now_s,
            "ath": b64(sha256(self.token.encode()).digest()),
        }
        return key.jwt({**good, **claims}, **{"typ": "dpop+jwt", "jwk": public_jwk(key), **(header or {})})

    def told(self, *more: tuple[str, str], token: str = "", **form: Any) -> dict[str, Any]:
        """What the gateway is told of the token, with what an honest one hands on unless the test says otherwise."""
        received = {"token_scheme": "DPoP", "htm": "GET", "htu": URL}
        given = {name: value for name, value in {**received, **form}.items() if value is not LEFT_OUT}
        return self.gateway.told(token or self.token, *more, **given)


def relaying(house: InProcess, confirmation: Any = None, **claims: Any) -> Relaying:
    """A gateway and a token for its API, bound to :data:`HOLDER` unless ``confirmation`` says otherwise."""
    house.api(API)
    app = application(house)
    cnf = {"jkt": JKT} if confirmation is None else confirmation
    return Relaying(house=house, app=app, gateway=gateway(house), token=signed(house, app.client_id, cnf=cnf, **claims))


def spellings(holder: Holder) -> dict[str, str]:
    """A certificate in each way in which it may be handed on."""
    base64 = b64encode(holder.certificate.public_bytes(Encoding.DER)).decode()
    return {
        "PEM": holder.pem,
        "PEM with tabs, as nginx has it": holder.pem.strip().replace("\n", "\n\t"),
        "percent-encoded PEM": quote(holder.pem),
        "base64 of the DER": base64,
        "RFC 9440": f":{base64}:",
    }
