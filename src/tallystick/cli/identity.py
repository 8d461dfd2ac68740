"""Who to be at the server: an application and its method, from options, or the management application."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from .exits import USAGE, Failed
from .files import read_text
from .options import SECRET_VARIABLE, Given
from .whereabouts import Whereabouts

if TYPE_CHECKING:
    from ..sdk.dpop import DpopKey
    from ..sdk.methods import Method

FRESH = "new"
"""What stands in place of a file for a key that lives as long as the command."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Who to be: a client, its method, the certificate to show in the handshake, and the key to bind tokens to."""

    client_id: str
    method: Method
    cert: Path | None = None
    cert_key: Path | None = None
    dpop: DpopKey | None = None


def identity_of(given: Given, server: Whereabouts) -> Identity:
    """The application that the options name; without any, the management application of bootstrap.json."""
    from ..sdk.methods import ClientSecretPost

    secret = _secret(given)
    # An empty id is that of a shell variable that is not set: never the management application.
    anything_given = given.client_id is not None or secret or given.key or given.cert
    if not anything_given:
        if server.management_client_id is None or server.management_secret is None:
            raise Failed("say who to be: --client-id and a credential", exit_code=USAGE)
        method = ClientSecretPost(server.management_secret)
        return Identity(server.management_client_id, method, dpop=dpop_key(given))
    if not given.client_id:
        raise Failed("say which application: --client-id", exit_code=USAGE)
    name = given.method or _inferred(given, secret)
    make: Make | None = _METHODS.get(name)
    if make is None:
        raise Failed(f"unknown method {name}; known are: {', '.join(_METHODS)}", exit_code=USAGE)
    cert_key = given.cert_key or given.key
    return Identity(given.client_id, make(given, secret), given.cert, cert_key, dpop_key(given))


def holder_of(given: Given) -> Identity:
    """Whoever has a token already: nobody in particular, with what the token is bound to."""
    from ..sdk.methods import NoAuthentication

    cert_key = given.cert_key or given.key
    return Identity(given.client_id or "", NoAuthentication(), given.cert, cert_key, dpop_key(given))


def dpop_key(given: Given) -> DpopKey | None:
    """The key to bind tokens to, None where there shall be none."""
    from ..jose.refusals import KeyRefused
    from ..sdk.dpop import DpopKey
    from ..sdk.keys import named_alg, read_private_key

    if given.dpop is None:
        return None
    if given.dpop == FRESH:
        return DpopKey.generate()
    text = read_text(given.dpop)
    try:
        return DpopKey(read_private_key(text), named_alg(text))
    except KeyRefused as refusal:
        raise Failed(f"{given.dpop}: {refusal.description}", exit_code=USAGE) from refusal


def _secret(given: Given) -> str | None:
    if given.client_secret_file is not None:
        return read_text(given.client_secret_file).strip()
    if given.client_secret == "-":  # noqa: S105  # stands for stdin
        return read_text("-").strip()
    return given.client_secret


def _inferred(given: Given, secret: str | None) -> str:
    """The method that what is given is for. A certificate beside a secret or a second key only binds the token."""
    if secret and given.key and not given.cert:
        hint = f"--method private_key_jwt or client_secret_post says which; {SECRET_VARIABLE} counts as a secret"
        raise Failed("both a secret and a key are given", exit_code=USAGE, hint=hint)
    if secret:
        return "client_secret_post"
    if given.key and (not given.cert or given.cert_key):
        return "private_key_jwt"
    return "tls_client_auth" if given.cert else "none"


def _with_secret(kind: str, given: Given, secret: str | None) -> Method:
    from ..sdk.methods import ClientSecretBasic, ClientSecretPost

    if not secret:
        raise Failed(f"{kind} needs --client-secret or --client-secret-file", exit_code=USAGE)
    return (ClientSecretBasic if kind == "client_secret_basic" else ClientSecretPost)(secret)


def private_key_jwt(given: Given, secret: str | None = None) -> Method:
    """``private_key_jwt`` with the key, algorithm and key id of the options."""
    from ..jose.algorithms import canonical_alg
    from ..jose.refusals import KeyRefused
    from ..sdk.keys import default_alg, named_alg, read_private_key
    from ..sdk.methods import PrivateKeyJwt

    if given.key is None:
        raise Failed("private_key_jwt needs --key", exit_code=USAGE)
    text = read_text(given.key)
    try:
        key = read_private_key(text)
    except KeyRefused as refusal:
        raise Failed(f"{given.key}: {refusal.description}", exit_code=USAGE) from refusal
    return PrivateKeyJwt(key, given.alg or canonical_alg(named_alg(text) or "") or default_alg(key), given.kid)


def _with_certificate(kind: str, given: Given, secret: str | None) -> Method:
    from ..sdk.methods import SelfSignedTlsClientAuth, TlsClientAuth

    if given.cert is None:
        raise Failed(f"{kind} needs --cert", exit_code=USAGE)
    return TlsClientAuth() if kind == "tls_client_auth" else SelfSignedTlsClientAuth()


def _no_authentication(given: Given, secret: str | None) -> Method:
    from ..sdk.methods import NoAuthentication

    return NoAuthentication()


Make = Callable[[Given, str | None], "Method"]
_METHODS: dict[str, Make] = {
    "none": _no_authentication,
    "client_secret_post": lambda given, secret: _with_secret("client_secret_post", given, secret),
    "client_secret_basic": lambda given, secret: _with_secret("client_secret_basic", given, secret),
    "private_key_jwt": private_key_jwt,
    "tls_client_auth": lambda given, secret: _with_certificate("tls_client_auth", given, secret),
    "self_signed_tls_client_auth": lambda given, secret: _with_certificate(
        "self_signed_tls_client_auth", given, secret
    ),
}
