"""``tallystick tenant-settings``: what holds for a whole tenant."""

from __future__ import annotations

from typing import Annotated

import typer

from .bodies import BodyOption, SetOption, body_from
from .command import group, on_server
from .exits import USAGE, Failed
from .output import Output
from .remote import Remote

_PATH = ("tenants", "settings")

app = group("tenant-settings", "The settings of a tenant: show, update.")


@app.command()
@on_server
def show(
    remote: Remote,
    out: Output,
    names: Annotated[
        list[str] | None, typer.Argument(metavar="NAME", help="Only these; default all.", show_default=False)
    ] = None,
) -> None:
    """Show the settings in force."""
    found = remote.manage("GET", *_PATH)
    if unknown := set(names or ()) - set(found):
        hint = "one without a value is not shown; docs/management-api.md lists all"
        raise Failed(f"no such setting is in force: {', '.join(sorted(unknown))}", exit_code=USAGE, hint=hint)
    out.record({name: found[name] for name in names or found})


@app.command()
@on_server
def update(remote: Remote, out: Output, set_: SetOption = None, body: BodyOption = None) -> None:
    """Change settings; null brings a default back. Every worker knows within half a second.

    `tallystick tenant-settings show` has the names; docs/management-api.md says what each means.
    """
    members = body_from(body, set_)
    if not members:
        raise Failed("nothing to change: --set NAME=VALUE or --body FILE", exit_code=USAGE)
    settings = remote.manage("PATCH", *_PATH, body=members)
    # People look for what they changed among fifty; scripts get what the API answers.
    out.record(settings if out.as_json else {name: settings.get(name) for name in members})
