"""``tallystick grants``: which application may ask for which scopes of which API."""

from __future__ import annotations

from typing import Annotated

import typer

from .command import group, on_server
from .confirming import YesOption, confirm
from .exits import USAGE, Failed
from .output import Output
from .remote import Remote

COLUMNS = ("id", "client_id", "audience", "scope")

app = group("grants", "The client grants: list, create, delete.")


@app.command("list")
@on_server
def list_(
    remote: Remote,
    out: Output,
    client: Annotated[str | None, typer.Option(help="Only those of this application.")] = None,
    audience: Annotated[str | None, typer.Option(help="Only those for this API.")] = None,
) -> None:
    """List the client grants."""
    wanted = {"client_id": client, "audience": audience}
    query = {name: value for name, value in wanted.items() if value is not None}
    out.records(remote.list_all("client-grants", query=query), COLUMNS, empty="there are no grants")


@app.command()
@on_server
def create(
    remote: Remote,
    out: Output,
    client: Annotated[str, typer.Argument(metavar="CLIENT_ID", show_default=False)],
    audience: Annotated[str, typer.Argument(help="The API's identifier.", show_default=False)],
    scope: Annotated[list[str] | None, typer.Option(help="A scope of the API. Repeatable.")] = None,
    all_scopes: Annotated[
        bool, typer.Option("--all-scopes", help="Instead: whatever the API has, also what it gets later.")
    ] = False,
) -> None:
    """Let an application get tokens for an API."""
    if all_scopes and scope:
        raise Failed("--all-scopes and --scope exclude one another", exit_code=USAGE)
    granted = {"allow_all_scopes": True} if all_scopes else {"scope": scope or []}
    body = {"client_id": client, "audience": audience, **granted}
    out.record(remote.manage("POST", "client-grants", body=body))


@app.command()
@on_server
def delete(
    remote: Remote,
    out: Output,
    id_: Annotated[str, typer.Argument(metavar="GRANT_ID", show_default=False)],
    yes: YesOption = False,
) -> None:
    """Delete a client grant."""
    found = remote.manage("GET", "client-grants", id_)
    confirm(f"Delete the grant of {found['client_id']} for {found['audience']}?", yes=yes)
    remote.manage("DELETE", "client-grants", id_)
    out.done(f"deleted {id_}", {"id": id_, "deleted": True})
