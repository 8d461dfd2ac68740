"""How a DPoP-bound token is shown to a resource: what must be refused, and what must not (dpop-negative-tests)."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from msgspec import Struct

from tallystick.jose.private_keys import private_jwk_of
from tests.administrator import Json
from tests.conformance.fapi_proofs import Prover
from tests.forge import LEFT_OUT, Key, b64

HOUR_S = 3600


class Holding(Struct, frozen=True, kw_only=True):
    """A token, who holds its key, and the resource that it opens by GET."""

    prover: Prover
    access_token: str
    url: str

    def proof(self, *, header: Json | None = None, **claims: Any) -> str:
        """A proof for the resource, which is good as it is."""
        return self.prover.proof("GET", self.url, self.access_token, header=header, **claims)

    def shown(self, proof: str = "", *, scheme: str = "DPoP", header: str = "DPoP") -> dict[str, str]:
        """The request's headers."""
        return {"authorization": f"{scheme} {self.access_token}", header: proof or self.proof()}


Showing = Callable[[Holding], dict[str, str]]


def _without(part: str, name: str) -> Showing:
    if part == "header":
        return lambda holding: holding.shown(holding.proof(header={name: LEFT_OUT}))
    left_out: dict[str, Any] = {name: LEFT_OUT}
    return lambda holding: holding.shown(holding.proof(**left_out))


def _late(seconds: int) -> Showing:
    """Made so many seconds from now."""
    return lambda holding: holding.shown(holding.proof(iat=_iat(holding) + seconds))


def _iat(holding: Holding) -> int:
    _, payload, _ = holding.proof().split(".")
    iat: int = json.loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))["iat"]
    return iat


def _twice(holding: Holding) -> dict[str, str]:
    proof = holding.proof()
    return {**holding.shown(proof), "dpop": proof}


def _unsigned(holding: Holding) -> dict[str, str]:
    _, payload, _ = holding.proof().split(".")
    header = {"typ": "dpop+jwt", "alg": "none", "jwk": holding.prover.jwk}
    return holding.shown(f"{b64(json.dumps(header).encode())}.{payload}.")


def _badly_signed(holding: Holding) -> dict[str, str]:
    head, _, signature = holding.proof().rpartition(".")
    return holding.shown(f"{head}.{signature[:-8]}{'A' * 8}")


def _by_rs256(holding: Holding) -> dict[str, str]:
    """By the very key that the token is bound to, where that is one of RSA."""
    own = holding.prover.key
    prover = holding.prover.with_key(Key("RS256", private=own.private) if own.alg == "PS256" else Key("RS256"))
    return holding.shown(prover.proof("GET", holding.url, holding.access_token))


def _by_another_key(holding: Holding) -> dict[str, str]:
    return holding.shown(holding.prover.other().proof("GET", holding.url, holding.access_token))


def _path(url: str, path: str) -> str:
    return f"{url.removesuffix(urlsplit(url).path)}{path}"


def _host(url: str, change: Callable[[str], str]) -> str:
    host = urlsplit(url).netloc
    return url.replace(host, change(host), 1)


REFUSED: Mapping[str, Showing] = {
    "two headers": lambda holding: {**holding.shown(), "dpop": holding.proof()},
    "the same header twice": _twice,
    "two proofs in one header": lambda holding: holding.shown(f"{holding.proof()}, {holding.proof()}"),
    "no JWT": lambda holding: holding.shown(holding.proof().replace(".", "-")),
    **{f"no {name}": _without("header", name) for name in ("typ", "alg", "jwk")},
    **{f"no {name}": _without("claims", name) for name in ("jti", "htm", "htu", "iat", "ath")},
    "another typ": lambda holding: holding.shown(holding.proof(header={"typ": "JWT"})),
    "RS256": _by_rs256,
    "none": _unsigned,
    "a bad signature": _badly_signed,
    "a private key": lambda holding: holding.shown(
        holding.proof(header={"jwk": {**holding.prover.jwk, **private_jwk_of(holding.prover.key.private)}})
    ),
    "another method": lambda holding: holding.shown(holding.proof(htm="POST")),
    "the method in small letters": lambda holding: holding.shown(holding.proof(htm="get")),
    "another path": lambda holding: holding.shown(holding.proof(htu=_path(holding.url, "/oauth/token"))),
    "a longer path": lambda holding: holding.shown(holding.proof(htu=f"{holding.url}/more")),
    "another host": lambda holding: holding.shown(holding.proof(htu=_host(holding.url, lambda host: f"x{host}"))),
    "another scheme": lambda holding: holding.shown(holding.proof(htu=holding.url.replace("https", "http", 1))),
    "an hour ago": _late(-HOUR_S),
    "in an hour": _late(HOUR_S),
    "the hash of another token": lambda holding: holding.shown(
        holding.prover.proof("GET", holding.url, f"{holding.access_token}x")
    ),
    "another key": _by_another_key,
    "no proof": lambda holding: {"authorization": f"DPoP {holding.access_token}"},
    "an empty proof": lambda holding: {"authorization": f"DPoP {holding.access_token}", "DPoP": ""},
    "a bearer without proof": lambda holding: {"authorization": f"Bearer {holding.access_token}"},
    "a bearer with a proof": lambda holding: holding.shown(scheme="Bearer"),
}
"""What is wrong → the headers of a request that must not be answered."""

ACCEPTED: Mapping[str, Showing] = {
    "as it should be": lambda holding: holding.shown(),
    "htu with a query": lambda holding: holding.shown(holding.proof(htu=f"{holding.url}?a=b&c=d")),
    "htu with a fragment": lambda holding: holding.shown(holding.proof(htu=f"{holding.url}#fragment")),
    "claims that nobody knows": lambda holding: holding.shown(holding.proof(unheard={"of": ["a", 1]}, sub="somebody")),
    "header parameters that nobody knows": lambda holding: holding.shown(holding.proof(header={"unheard": "of"})),
    # Warnings of the suite.
    "the header in capitals": lambda holding: holding.shown(header="DPOP"),
    "the scheme in capitals": lambda holding: holding.shown(scheme="DPOP"),
    "the host in capitals": lambda holding: holding.shown(holding.proof(htu=_host(holding.url, str.upper))),
}
"""What may vary → the headers of a request that is answered. :func:`with_default_port` is for URLs that have one."""


def with_default_port(url: str) -> str:
    """``:443`` where no port is named."""
    return _host(url, lambda host: host if ":" in host else f"{host}:443")
