"""``tallystick token`` and ``tallystick assertion``: what an application does to prove itself, by hand."""

from __future__ import annotations

import time
from typing import Annotated, Any

import typer

from .command import on_server, with_given
from .decoding import decode, print_decoded
from .exits import USAGE, Failed
from .identity import private_key_jwt
from .options import Given
from .output import Output
from .remote import Remote
from .whereabouts import Whereabouts, find_server


@on_server
def token(
    remote: Remote,
    out: Output,
    audience: Annotated[
        str | None, typer.Option(help="The API to call; for the management application its API is the default.")
    ] = None,
    scope: Annotated[
        str | None, typer.Option(help="Scopes, separated by spaces; default all that are granted.")
    ] = None,
    decode_: Annotated[bool, typer.Option("--decode", help="Show what is in the token.")] = False,
) -> None:
    """Get an access token as an application would: by secret, private key JWT or certificate."""
    is_management = remote.identity.client_id == remote.server.management_client_id
    if audience is None and is_management:
        audience = remote.server.management_audience
    answer = remote.token(audience, scope)
    access_token = str(answer["access_token"])
    decoded = decode(access_token) if decode_ else None
    if decoded is None:
        out.text(access_token, answer)
    elif out.as_json:
        out.record({**answer, "decoded": decoded})
    else:
        print_decoded(decoded)


@with_given
def assertion(
    given: Given,
    out: Output,
    audience: Annotated[
        str | None, typer.Option(help="Whom it is for; default the issuer of the server that is named.")
    ] = None,
    lifetime_s: Annotated[int, typer.Option(min=1, help="How long it is good for, in seconds.")] = 60,
) -> None:
    """Print a client assertion: a JWT, good for one use, that proves possession of a private key."""
    from ..jose.refusals import KeyRefused
    from ..sdk.assertions import client_assertion

    if not given.client_id:
        raise Failed("say which application: --client-id", exit_code=USAGE)
    method: Any = private_key_jwt(given)
    server = None if audience else find_server(given)
    try:
        made = client_assertion(
            given.client_id,
            audience or issuer_of(server),
            method.key,
            method.alg,
            kid=method.kid,
            lifetime_s=lifetime_s,
            now_ms=time.time_ns() // 1_000_000,
        )
    except KeyRefused as refusal:
        raise Failed(refusal.description, exit_code=USAGE) from refusal
    out.text(made, {"client_assertion": made, "decoded": decode(made)})


def issuer_of(server: Whereabouts | None) -> str:
    """The issuer without asking the server: from bootstrap.json, or by the form every issuer here has."""
    if server is None:
        raise Failed("say whom it is for: --audience", exit_code=USAGE)
    return server.issuer or server.base_url
