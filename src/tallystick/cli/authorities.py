"""``tallystick authorities``: the certificate authorities that client certificates may lead to."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .command import group, on_server
from .confirming import YesOption, confirm
from .descriptions import refuse_private
from .files import read_text
from .output import Output
from .remote import Remote

COLUMNS = ("id", "name", "subject", "not_after")
Id = Annotated[str, typer.Argument(metavar="ID", show_default=False)]

app = group("authorities", "The certificate authorities for tls_client_auth: list, show, add, remove.")


@app.command("list")
@on_server
def list_(remote: Remote, out: Output) -> None:
    """List the certificate authorities."""
    out.records(remote.list_all("certificate-authorities"), COLUMNS, empty="there are no certificate authorities")


@app.command()
@on_server
def show(remote: Remote, out: Output, id_: Id) -> None:
    """Show one certificate authority."""
    out.record(remote.manage("GET", "certificate-authorities", id_))


@app.command()
@on_server
def add(
    remote: Remote,
    out: Output,
    name: Annotated[str, typer.Argument(help="A name for people.", show_default=False)],
    file: Annotated[Path, typer.Argument(help="Its certificate, PEM.", show_default=False)],
) -> None:
    """Trust a certificate authority: it may vouch for the applications of this tenant."""
    body = {"name": name, "pem": refuse_private(file, read_text(file))}
    out.record(remote.manage("POST", "certificate-authorities", body=body))


@app.command()
@on_server
def remove(remote: Remote, out: Output, id_: Id, yes: YesOption = False) -> None:
    """Trust a certificate authority no longer."""
    found = remote.manage("GET", "certificate-authorities", id_)
    confirm(f"Remove the certificate authority {found.get('name')}?", yes=yes)
    remote.manage("DELETE", "certificate-authorities", id_)
    out.done(f"removed {id_}", {"id": id_, "removed": True})
