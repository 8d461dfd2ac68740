"""``tallystick logs``: the tenant's log, searched and followed."""

from __future__ import annotations

import sys
import time
from typing import Annotated, Any

import typer

from .command import on_server, with_given
from .exits import EPILOG, USAGE, Failed
from .identity import identity_of
from .log_follow import COLLECTION, Follower, newest
from .log_lines import as_json, as_line, colours
from .moments import moment_before
from .options import Given
from .output import Output
from .remote import Remote
from .whereabouts import find_server

QOption = Annotated[
    str | None, typer.Option("--q", help="What to look for, such as 'client_id:abc AND ip:10.*'.", show_default=False)
]
TypeOption = Annotated[
    str | None,
    typer.Option("--type", help="Only these types, such as feccft; several by commas.", show_default=False),
]
SinceOption = Annotated[
    str | None, typer.Option(help="Only what came later: 15m, 24h, 7d or 2027-01-31T12:00:00Z.", show_default=False)
]

app = typer.Typer(
    name="logs",
    help="The log: list, show, and follow it with --follow.",
    no_args_is_help=True,
    invoke_without_command=True,
    epilog=EPILOG,
)


@app.callback()
@with_given
def follow(
    context: typer.Context,
    given: Given,
    out: Output,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Print rows as they come; Ctrl-C ends.")] = False,
    q: QOption = None,
    type_: TypeOption = None,
    last: Annotated[int, typer.Option(min=0, max=1000, help="How many earlier rows to begin with.")] = 10,
) -> None:
    """The log: list, show, and follow it with --follow. With --json each row is one JSON object on one line."""
    if context.invoked_subcommand is not None:
        if any(_is_given(context, name) for name in context.params):
            raise Failed(f"options stand behind {context.invoked_subcommand}", exit_code=USAGE)
        return
    if not follow:
        raise Failed("say list, show or --follow", exit_code=USAGE)
    server = find_server(given)
    remote = Remote(server, identity_of(given, server))
    follower = Follower(remote, query_of(q, type_), time.sleep, out.note)
    try:
        for row in follower.rows(last):
            print_row(row, out)
    except KeyboardInterrupt:
        # The one way in which following ends well.
        pass
    finally:
        remote.close()


def _is_given(context: typer.Context, name: str) -> bool:
    source = context.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"


@app.command("list")
@on_server
def list_(
    remote: Remote,
    out: Output,
    q: QOption = None,
    type_: TypeOption = None,
    since: SinceOption = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many rows at most.")] = 50,
) -> None:
    """List rows, the newest first."""
    found = newest(remote, query_of(q, type_, since), limit)
    if out.as_json:
        out.records(found, (), empty="")
    elif not found:
        out.note("there are no such rows")
    else:
        for row in found:
            print_row(row, out)


@app.command()
@on_server
def show(
    remote: Remote, out: Output, log_id: Annotated[str, typer.Argument(metavar="LOG_ID", show_default=False)]
) -> None:
    """Show one row, with all that is known of it."""
    out.record(remote.manage("GET", COLLECTION, log_id))


def print_row(row: dict[str, Any], out: Output) -> None:
    """One row, at once: whoever reads along shall not wait for a buffer."""
    print(as_json(row) if out.as_json else as_line(row, coloured=colours()))
    sys.stdout.flush()


def query_of(q: str | None, type_: str | None, since: str | None = None) -> dict[str, Any]:
    """The query parameters that the options amount to."""
    clauses = []
    if type_:
        clauses.append(f"type:({' OR '.join(quoted(part.strip()) for part in type_.split(','))})")
    if since:
        clauses.append(f"date:[{moment_before(since)} TO *]")
    if q:
        # Alone it goes as it came, so that what a refusal says is about it.
        clauses.insert(0, f"({q})" if clauses else q)
    return {"q": " AND ".join(clauses)} if clauses else {}


def quoted(text: str) -> str:
    """A value in quotes, so that nothing of it means anything."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
