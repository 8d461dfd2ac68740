"""``tallystick introspect``: what a token is worth, asked as its application or its API would (RFC 7662, RFC 9701)."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from .command import on_server
from .descriptions import refuse_private
from .exits import USAGE, Failed
from .files import read_text
from .output import Output
from .remote import Remote
from .shown_token import HintOption, TokenArgument, one_piece, read_token
from .token_worth import Question, inactive, print_worth
from .whereabouts import whole_url

REQUEST = "The request that the API received with it, to be judged too"
DEMANDS = "What the API demands of it"


def _option(*flags: str, text: str, panel: str = REQUEST, **more: Any) -> Any:
    return typer.Option(*flags, help=text, rich_help_panel=panel, show_default=False, **more)


@on_server
def introspect(
    remote: Remote,
    out: Output,
    token: TokenArgument,
    hint: HintOption = None,
    signed: Annotated[
        bool, typer.Option("--signed", help="Have the answer signed, and verify it; --json has the JWT, as evidence.")
    ] = False,
    url: Annotated[str | None, _option("--url", text="Its URL, as the client has it. Asks for a verdict.")] = None,
    request: Annotated[str, _option("-X", "--request", text="Its method; default GET.")] = "GET",
    scheme: Annotated[
        str | None, _option("--scheme", text="Of its Authorization header; default DPoP with a proof, else Bearer.")
    ] = None,
    proof: Annotated[
        Path | None, _option("--proof", text="File with its DPoP header; - is stdin. Or --dpop KEY makes one.")
    ] = None,
    client_certificate: Annotated[
        Path | None, _option("--client-certificate", text="The certificate its client showed, PEM.")
    ] = None,
    needs_nonce: Annotated[bool, _option("--needs-nonce", text="The proof needs a nonce of the server.")] = False,
    required_scope: Annotated[
        str, _option("--required-scope", text="Scopes that it must have, separated by spaces.", panel=DEMANDS)
    ] = "",
    acr_values: Annotated[
        str, _option("--acr-values", text="Ways of signing in, one of which it must name.", panel=DEMANDS)
    ] = "",
    max_age: Annotated[
        int | None, _option("--max-age", text="Seconds since the person signed in, at most.", panel=DEMANDS, min=0)
    ] = None,
) -> None:
    """Ask what a token is worth now. Ends with 6 when it is not active.

    The server tells it to the application that the token was issued to, and to the one that stands for its API
    (app_type resource_server): be one of them, by the options of `tallystick token`.
    """
    from ..sdk.introspecting import Demanded, Received

    key = remote.identity.dpop
    if proof is not None and key is not None:
        raise Failed("--proof hands one on, --dpop makes one: which?", exit_code=USAGE)
    if url is None and (scheme or proof or client_certificate or needs_nonce or key):
        raise Failed("say which request is to be judged: --url, and -X where it is no GET", exit_code=USAGE)
    token = read_token(token, hint)
    received = None
    if url is not None:
        scheme = scheme or ("DPoP" if proof or key else "Bearer")
        shown, certificate = _proof_of(proof), _certificate_of(client_certificate)
        received = Received(request.upper(), whole_url(url, "--url"), scheme, shown, certificate, needs_nonce)
    question = Question(token, hint, received, Demanded(required_scope, acr_values, max_age), signed)
    told, question = question.put(remote)
    print_worth(out, told)
    if not told.is_active:
        raise inactive(told, question, remote)


def _proof_of(file: Path | None) -> str | None:
    return None if file is None else one_piece(read_text(file), "proof")


def _certificate_of(file: Path | None) -> str | None:
    return None if file is None else refuse_private(file, read_text(file))
