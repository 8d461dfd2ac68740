"""``tallystick request-object``: an authorization request, signed by its application, by hand (RFC 9101)."""

from __future__ import annotations

import json
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlencode

import typer

from .command import with_given
from .decoding import decode
from .exits import USAGE, Failed
from .identity import identity_of, private_key_jwt
from .options import Given
from .output import Output
from .remote import Remote
from .token import issuer_of
from .whereabouts import find_server

SIGNING = "How it is signed, and for whom"
AS_JSON = ("claims", "authorization_details", "max_age")
"""Parameters that are JSON in a request object, not text (OpenID Connect Core 6.1, RFC 9396 2)."""


def _option(flag: str, text: str) -> Any:
    return typer.Option(flag, help=text, rich_help_panel=SIGNING, show_default=False)


@with_given
def request_object(
    given: Given,
    out: Output,
    parameters: Annotated[
        list[str], typer.Argument(metavar="NAME=VALUE...", help="What is asked for.", show_default=False)
    ],
    signing_key: Annotated[Path, _option("--signing-key", "The private key for requests, PEM or JWK; - is stdin.")],
    signing_alg: Annotated[str | None, _option("--signing-alg", "Its algorithm; default by the key.")] = None,
    signing_kid: Annotated[str | None, _option("--signing-kid", "Key id in the header.")] = None,
    audience: Annotated[
        str | None, _option("--audience", "The server's issuer; default that of the server that is named.")
    ] = None,
    lifetime_s: Annotated[
        int, typer.Option(min=1, help="How long it is good for, in seconds.", rich_help_panel=SIGNING)
    ] = 300,
    encrypt: Annotated[bool, _option("--encrypt", "Encrypt it to the key that the server publishes.")] = False,
    encryption_alg: Annotated[
        str | None, _option("--encryption-alg", "How: RSA-OAEP-256, ECDH-ES, …; default what the server has.")
    ] = None,
    url: Annotated[bool, typer.Option("--url", help="Print the whole URL to open in a browser.")] = False,
    push: Annotated[
        bool, typer.Option("--push", help="Push it (PAR), as the application that the options name; print the URL.")
    ] = False,
) -> None:
    """Print a signed authorization request, or the URL that opens it."""
    if not given.client_id:
        raise Failed("say which application: --client-id", exit_code=USAGE)
    asked = _asked(parameters)
    method: Any = private_key_jwt(replace(given, key=signing_key, alg=signing_alg, kid=signing_kid))
    server = None if audience and not (encrypt or url or push) else find_server(given)
    signed = _signed(given.client_id, audience or issuer_of(server), asked, method, lifetime_s)
    if server is None or not (encrypt or url or push):
        out.text(signed, {"request": signed, "decoded": decode(signed)})
        return
    identity = identity_of(given if push else Given(client_id=given.client_id), server)
    with closing(Remote(server, identity)) as remote:
        made = _encrypted(signed, remote, encryption_alg) if encrypt else signed
        sent = {"request": made}
        shown = remote.push(sent) if push else sent
        opened = authorize_url(remote, shown) if url or push else None
    if opened is None:
        out.text(made, {**shown, "decoded": decode(signed)})
    else:
        out.text(opened, {"url": opened, **shown, "decoded": decode(signed)})


def authorize_url(remote: Remote, carried: dict[str, Any]) -> str:
    """What opens the request in a browser: the client, and the request itself or, once it was pushed, its name."""
    name = "request_uri" if "request_uri" in carried else "request"
    query = urlencode({"client_id": remote.identity.client_id, name: carried[name]})
    return f"{remote.endpoint('authorization_endpoint')}?{query}"


def _asked(parameters: list[str]) -> dict[str, Any]:
    """NAME=VALUE as a request object has them."""
    asked: dict[str, Any] = {}
    for parameter in parameters:
        name, equals, value = parameter.partition("=")
        if not name or not equals:
            raise Failed(f"a parameter is NAME=VALUE, not {parameter[:100]}", exit_code=USAGE)
        if name in asked:
            raise Failed(f"{name} stands twice", exit_code=USAGE)
        try:
            asked[name] = json.loads(value) if name in AS_JSON else value
        except ValueError as error:
            raise Failed(f"{name} is not JSON", exit_code=USAGE) from error
    return asked


def _signed(client_id: str, audience: str, asked: dict[str, Any], method: Any, lifetime_s: int) -> str:
    from ..jose.refusals import KeyRefused
    from ..sdk.request_objects import request_object as sign

    now_ms = time.time_ns() // 1_000_000
    try:
        return sign(
            client_id, audience, asked, method.key, method.alg, kid=method.kid, lifetime_s=lifetime_s, now_ms=now_ms
        )
    except KeyRefused as refusal:
        raise Failed(refusal.description, exit_code=USAGE) from refusal
    except ValueError as error:
        raise Failed(str(error), exit_code=USAGE) from error


def _encrypted(signed: str, remote: Remote, alg: str | None) -> str:
    from ..jose.refusals import KeyRefused
    from ..sdk.request_objects import encrypted, recipient_of

    try:
        return encrypted(signed, recipient_of(remote.jwks(), alg))
    except KeyRefused as refusal:
        raise Failed(refusal.description) from refusal
