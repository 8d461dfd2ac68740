"""``tallystick keys``: the server's own signing keys."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from .command import group, on_server
from .confirming import YesOption, confirm
from .output import Output
from .remote import Remote

COLUMNS = ("kid", "alg", "state", "current_since", "current_until", "revoked")
STATES = ("current", "next", "previous")

app = group("keys", "The server's signing keys: list, rotate, revoke.")


@app.command("list")
@on_server
def list_(remote: Remote, out: Output) -> None:
    """List the signing keys of every algorithm."""
    found = remote.manage("GET", "keys", "signing")
    shown = found if out.as_json else [key | {"state": state_of(key)} for key in found]
    out.records(shown, COLUMNS, empty="there are no keys")


@app.command()
@on_server
def rotate(
    remote: Remote,
    out: Output,
    alg: Annotated[str | None, typer.Option("--alg", help="The algorithm whose key is rotated; default RS256.")] = None,
) -> None:
    """Make the next key current and the current one previous, and generate a new next one."""
    body = None if alg is None else {"alg": alg}
    answer = remote.manage("POST", "keys", "signing", "rotate", body=body)
    out.record(answer, note="The new next key:")


@app.command()
@on_server
def revoke(
    remote: Remote,
    out: Output,
    kid: Annotated[str, typer.Argument(metavar="KID", show_default=False)],
    yes: YesOption = False,
) -> None:
    """Revoke a previous key: every token it signed is refused from now on."""
    confirm(f"Revoke the signing key {kid}?", yes=yes)
    out.record(remote.manage("PUT", "keys", "signing", kid, "revoke"))


def state_of(key: dict[str, Any]) -> str:
    """The state of a key, which the wire says in flags."""
    return " ".join(state for state in STATES if key.get(state))
