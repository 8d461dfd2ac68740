"""``tallystick resource-servers``: the APIs that accept the server's tokens."""

from __future__ import annotations

from typing import Annotated

import typer

from .bodies import BodyOption, SetOption, body_from
from .command import group, on_server
from .confirming import YesOption, confirm
from .exits import USAGE, Failed
from .output import Output
from .remote import Remote

COLUMNS = ("id", "identifier", "name", "signing_alg", "token_lifetime", "token_dialect")
Id = Annotated[str, typer.Argument(metavar="ID", help="Its id or its identifier.", show_default=False)]

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
    set_: SetOption = None,
    body: BodyOption = None,
) -> None:
    """Register an API."""
    scopes = [{"value": value} for value in scope] if scope else None
    members = body_from(body, set_, identifier=identifier, name=name, scopes=scopes, signing_alg=signing_alg)
    out.record(remote.manage("POST", "resource-servers", body=members))


@app.command()
@on_server
def update(remote: Remote, out: Output, id_: Id, set_: SetOption = None, body: BodyOption = None) -> None:
    """Change members of an API; null clears one."""
    members = body_from(body, set_)
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
