"""``tallystick resource-servers``: the APIs that accept the server's tokens."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from .bodies import BodyOption, SetOption, body_from
from .command import group, on_server
from .confirming import YesOption, confirm
from .exits import USAGE, Failed
from .files import read_text
from .output import Output
from .remote import Remote

COLUMNS = ("id", "identifier", "name", "signing_alg", "token_lifetime", "token_dialect")
Id = Annotated[str, typer.Argument(metavar="ID", help="Its id or its identifier.", show_default=False)]
EncryptionKeyOption = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Encrypt its tokens to this public key of the API: PEM, RSA or EC."),
]
EncryptionKidOption = Annotated[str | None, typer.Option(metavar="KID", help="What the API calls that key.")]
_ALGS = {"RSA": "RSA-OAEP-256", "EC": "ECDH-ES"}

app = group("resource-servers", "The APIs: list, show, create, update, delete.")


@app.command("list")
@on_server
def list_(remote: Remote, out: Output) -> None:
    """List the APIs."""
    out.records(remote.list_all("resource-servers"), COLUMNS, empty="there are no APIs")


@app.command()
@on_server
def show(remote: Remote, out: Output, id_: Id) -> None:
    """Show one API."""
    out.record(remote.manage("GET", "resource-servers", id_))


@app.command()
@on_server
def create(
    remote: Remote,
    out: Output,
    identifier: Annotated[str, typer.Argument(help="The audience of its tokens.", show_default=False)],
    name: Annotated[str | None, typer.Option(help="A name for people.")] = None,
    scope: Annotated[list[str] | None, typer.Option(help="A scope it defines. Repeatable.")] = None,
    signing_alg: Annotated[str | None, typer.Option(help="How its tokens are signed; default RS256.")] = None,
    encryption_key: EncryptionKeyOption = None,
    encryption_kid: EncryptionKidOption = None,
    set_: SetOption = None,
    body: BodyOption = None,
) -> None:
    """Register an API."""
    scopes = [{"value": value} for value in scope] if scope else None
    encryption = _encryption(encryption_key, encryption_kid)
    members = body_from(
        body,
        set_,
        identifier=identifier,
        name=name,
        scopes=scopes,
        signing_alg=signing_alg,
        token_encryption=encryption,
    )
    out.record(remote.manage("POST", "resource-servers", body=members))


@app.command()
@on_server
def update(
    remote: Remote,
    out: Output,
    id_: Id,
    encryption_key: EncryptionKeyOption = None,
    encryption_kid: EncryptionKidOption = None,
    set_: SetOption = None,
    body: BodyOption = None,
) -> None:
    """Change members of an API; null clears one."""
    members = body_from(body, set_, token_encryption=_encryption(encryption_key, encryption_kid))
    if not members:
        raise Failed("nothing to change: --set NAME=VALUE or --body FILE", exit_code=USAGE)
    out.record(remote.manage("PATCH", "resource-servers", id_, body=members))


@app.command()
@on_server
def delete(remote: Remote, out: Output, id_: Id, yes: YesOption = False) -> None:
    """Delete an API, and with it the grants for it."""
    found = remote.manage("GET", "resource-servers", id_)
    confirm(f"Delete the API {found['identifier']}?", yes=yes)
    remote.manage("DELETE", "resource-servers", found["id"])
    out.done(f"deleted {found['identifier']}", {"id": found["id"], "deleted": True})


def _encryption(path: Path | None, kid: str | None) -> dict[str, Any] | None:
    """``token_encryption`` for a key; the server says whether it is good enough."""
    if path is None:
        if kid is not None:
            raise Failed("--encryption-kid goes with --encryption-key", exit_code=USAGE)
        return None
    # Here, since help shall be quick: nothing else of this command needs cryptography.
    from ..jose.keys import public_key_from_pem
    from ..jose.refusals import KeyRefused

    try:
        key = public_key_from_pem(pem := read_text(path))
    except KeyRefused as refused:
        raise Failed(f"{path}: {refused.description}", exit_code=USAGE) from None
    if key.kty not in _ALGS:
        raise Failed(f"{path}: nothing can be encrypted to an {key.crv} key", exit_code=USAGE)
    named = {} if kid is None else {"kid": kid}
    return {"format": "compact-nested-jwe", "encryption_key": {"alg": _ALGS[key.kty], "pem": pem, **named}}
