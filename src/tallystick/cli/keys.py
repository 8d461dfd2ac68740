"""``tallystick keys``: the server's own keys, which it signs with or others encrypt to."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from .command import group, on_server
from .confirming import YesOption, confirm
from .output import Output
from .remote import Remote

COLUMNS = ("kid", "use", "alg", "state", "current_since", "current_until", "revoked")
STATES = ("current", "next", "previous")

app = group("keys", "The server's own keys: list, rotate, revoke.")


@app.command("list")
@on_server
def list_(remote: Remote, out: Output) -> None:
    """List the keys of every algorithm: those that sign, then those that others encrypt to."""
    found = [key for use in ("sig", "enc") for key in remote.manage("GET", "keys", "signing", query={"use": use})]
    shown = found if out.as_json else [key | {"state": state_of(key)} for key in found]
    out.records(shown, COLUMNS, empty="there are no keys")


@app.command()
@on_server
def rotate(
    remote: Remote,
    out: Output,
    alg: Annotated[str | None, typer.Option("--alg", help="The algorithm whose key is rotated; default RS256.")] = None,
) -> None:
    """Make the next key current and the current one previous, and generate a new next one.

    What others encrypt to has no next key: there the new key is current at once, and the previous one still decrypts.
    """
    body = None if alg is None else {"alg": alg}
    answer = remote.manage("POST", "keys", "signing", "rotate", body=body)
    out.record(answer, note="The new key:")


@app.command()
@on_server
def revoke(
    remote: Remote,
    out: Output,
    kid: Annotated[str, typer.Argument(metavar="KID", show_default=False)],
    yes: YesOption = False,
) -> None:
    """Revoke a previous key: what it signed is refused from now on, what was encrypted to it is lost."""
    confirm(f"Revoke the key {kid}?", yes=yes)
    out.record(remote.manage("PUT", "keys", "signing", kid, "revoke"))


def state_of(key: dict[str, Any]) -> str:
    """The state of a key, which the wire says in flags."""
    return " ".join(state for state in STATES if key.get(state))
