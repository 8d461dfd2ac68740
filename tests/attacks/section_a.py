"""The refusals of attack section A as one table: a name, how to provoke it over HTTP, and the exact check behind it.

Whatever looks at refusals from another side (`explain`, `debug`) is held against these same cases.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.administrator import Administrator
from tests.application import JWT_BEARER, Application
from tests.forge import LEFT_OUT, Key, compact, good_claims


@dataclass(frozen=True)
class Cast:
    """Whoever takes part."""

    admin: Administrator
    audience: str
    keyed: Application
    fapi2: Application
    secret: Application


@dataclass(frozen=True)
class Shown:
    """One request: the assertion, and what stands beside it."""

    application: Application
    assertion: str
    form: dict[str, Any]

    def __init__(self, application: Application, assertion: str, **form: Any) -> None:
        object.__setattr__(self, "application", application)
        object.__setattr__(self, "assertion", assertion)
        object.__setattr__(self, "form", form)


@dataclass(frozen=True)
class Case:
    """One refusal."""

    check: str
    provoke: Callable[[Cast], Shown]
    spend_first: bool = False
    """Whether the same assertion was used before."""


def _keyed(**claims: Any) -> Callable[[Cast], Shown]:
    return lambda cast: Shown(cast.keyed, cast.keyed.good_assertion(**claims))


def _header(**header: Any) -> Callable[[Cast], Shown]:
    return lambda cast: Shown(
        cast.keyed, cast.keyed.key.assertion(cast.keyed.client_id, cast.keyed.server.issuer, header)
    )


def _at(**offsets: Any) -> Callable[[Cast], Shown]:
    """Dates as seconds from now."""

    def provoke(cast: Cast) -> Shown:
        now = int(time.time())
        claims = {name: value if value is LEFT_OUT else now + value for name, value in offsets.items()}
        return Shown(cast.keyed, cast.keyed.good_assertion(**claims))

    return provoke


def _spelled(spell: Callable[[str], str]) -> Callable[[Cast], Shown]:
    return lambda cast: Shown(cast.keyed, spell(cast.keyed.good_assertion()))


def _payload(payload: bytes) -> Callable[[Cast], Shown]:
    return lambda cast: Shown(cast.keyed, cast.keyed.key.jwt(payload))


def _audience(audience: str) -> Callable[[Cast], Shown]:
    return lambda cast: Shown(
        cast.keyed,
        cast.keyed.key.assertion(cast.keyed.client_id, audience.format(issuer=cast.keyed.server.issuer)),
    )


def _fapi2_array(cast: Cast) -> Shown:
    return Shown(cast.fapi2, cast.fapi2.key.assertion(cast.fapi2.client_id, [cast.fapi2.server.issuer]))


def _fapi2_alg(cast: Cast) -> Shown:
    return Shown(cast.fapi2, Key("RS256").assertion(cast.fapi2.client_id, cast.fapi2.server.issuer))


def _hmac(cast: Cast) -> Shown:
    shared = cast.keyed.key.public_pem.encode()
    claims = good_claims(cast.keyed.client_id, cast.keyed.server.issuer)
    return Shown(cast.keyed, compact({"alg": "HS256"}, claims, lambda data: hmac.digest(shared, data, hashlib.sha256)))


def _none(cast: Cast) -> Shown:
    claims = good_claims(cast.keyed.client_id, cast.keyed.server.issuer)
    return Shown(cast.keyed, compact({"alg": "none"}, claims, lambda _: b""))


def _smuggled(cast: Cast) -> Shown:
    header = {"jku": "https://victim.example/keys"}
    return Shown(cast.keyed, Key("ES256").assertion(cast.keyed.client_id, cast.keyed.server.issuer, header))


def _other_alg(cast: Cast) -> Shown:
    return Shown(cast.keyed, Key("Ed25519").assertion(cast.keyed.client_id, cast.keyed.server.issuer))


def _twice(cast: Cast) -> Shown:
    claims = json.dumps(good_claims(cast.keyed.client_id, cast.keyed.server.issuer))
    return Shown(cast.keyed, cast.keyed.key.jwt(f'{claims[:-1]}, "aud": "x"}}'.encode()))


def _beside(cast: Cast) -> Shown:
    return Shown(cast.keyed, cast.keyed.good_assertion(), client_id=cast.secret.client_id)


def _unknown(cast: Cast) -> Shown:
    return Shown(cast.keyed, cast.keyed.key.assertion("NoSuchClient", cast.keyed.server.issuer))


def _no_key_client(cast: Cast) -> Shown:
    return Shown(cast.secret, Key("ES256").assertion(cast.secret.client_id, cast.secret.server.issuer))


CASES: dict[str, Case] = {
    "A1 audience of another server": Case("private_key_jwt.aud", _audience("https://victim.example/")),
    "A1 issuer without its slash": Case("private_key_jwt.aud", lambda c: _audience(c.keyed.server.issuer[:-1])(c)),
    "A1 no audience": Case("private_key_jwt.aud", _keyed(aud=LEFT_OUT)),
    "A1 audience is a number": Case("jwt.claim.aud", _keyed(aud=5)),
    "A1 FAPI 2, array of the issuer": Case("private_key_jwt.aud", _fapi2_array),
    "A2 replayed": Case("one_time.spent", _keyed(), spend_first=True),
    "A2 no jti": Case("private_key_jwt.jti_missing", _keyed(jti=LEFT_OUT)),
    "A2 jti too long": Case("jwt.claim.jti", _keyed(jti="x" * 65)),
    "A3 signed by a stranger": Case(
        "jwt.signature",
        lambda c: Shown(c.keyed, Key("ES256").assertion(c.keyed.client_id, c.keyed.server.issuer)),
    ),
    "A5 no exp": Case("private_key_jwt.exp_missing", _keyed(exp=LEFT_OUT)),
    "A5 expired": Case("private_key_jwt.exp_past", _at(exp=-300, iat=-360)),
    "A5 lives for a year": Case("private_key_jwt.exp_far", _at(exp=31_536_000)),
    "A5 exp in milliseconds": Case("private_key_jwt.exp_far", _keyed(exp=int(time.time() + 60) * 1000)),
    "A5 iat ahead": Case("private_key_jwt.iat_future", _at(iat=61, exp=120)),
    "A5 nbf ahead": Case("private_key_jwt.nbf_future", _at(nbf=61, exp=120)),
    "A5 exp is a text": Case("jwt.claim.exp", _keyed(exp="1700000000")),
    "A6 HMAC with the public key": Case("jwt.alg", _hmac),
    "A6 none": Case("jwt.alg", _none),
    "A6 not what the profile lists": Case("private_key_jwt.alg", _fapi2_alg),
    "A6 not what the key is registered for": Case("private_key_jwt.key", _other_alg),
    "A7 a key in the header": Case("jwt.signature", _smuggled),
    "A7 kid is a path": Case("private_key_jwt.key", _header(kid="../../../../dev/null")),
    "A7 kid is no text": Case("jwt.kid", _header(kid=5)),
    "A8 crit": Case("jwt.crit", _header(crit=["exp"])),
    "A8 b64": Case("jwt.b64", _header(b64=False)),
    "A8 zip": Case("jwt.zip", _header(zip="DEF")),
    "A8 five parts": Case("jwt.parts", _spelled(lambda good: f"{good}.a.b")),
    "A8 padding": Case("jwt.base64", _spelled(lambda good: f"{good}==")),
    "A8 no JSON": Case("jwt.json", _payload(b"[]")),
    "A8 a member twice": Case("jwt.duplicate_member", _twice),
    "A8 a huge number": Case("jwt.number", _payload(b'{"exp": 99999999999999999999}')),
    "A9 a client of another method": Case("client.method_is_client_secret_post", _no_key_client),
    "A10 iss is somebody else": Case("private_key_jwt.iss", _keyed(iss="someone-else")),
    "A10 sub is nobody": Case("client.unknown", _unknown),
    "A10 sub is a number": Case("jwt.claim.sub", _keyed(sub=5)),
    "A10 client_id is somebody else": Case("presented.client_id_differs", _beside),
    "A12 too large": Case("jwt.size", _keyed(padding="x" * 3000)),
    "A12 nested too deeply": Case("jwt.depth", _payload(b'{"a":' * 20 + b"1" + b"}" * 20)),
    "A45 an access token": Case("private_key_jwt.typ", _header(typ="at+jwt")),
}
"""Every kind of refusal that an assertion can meet."""


def ask(shown: Shown) -> Any:
    """The request."""
    form = {"client_assertion_type": JWT_BEARER, "client_assertion": shown.assertion, **shown.form}
    return shown.application.post(shown.application.form(**form))
