"""``tallystick users``: the people of a tenant."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from .bodies import BodyOption, SetOption, body_from
from .command import group, on_server
from .confirming import YesOption, confirm
from .exits import USAGE, Failed
from .output import Output
from .remote import Remote
from .user_imports import import_people

COLUMNS = ("user_id", "email", "name", "blocked", "logins_count", "last_login")
CONNECTION = "Username-Password-Authentication"
UserArgument = Annotated[str, typer.Argument(metavar="USER", help="Id or e-mail address.", show_default=False)]

app = group(
    "users", "The people: list, show, create, import, update, block, unblock, delete, set their password and roles."
)


@app.command("list")
@on_server
def list_(
    remote: Remote,
    out: Output,
    q: Annotated[str | None, typer.Option("--q", help="What to look for, such as name:ann*.")] = None,
) -> None:
    """List the people."""
    out.records(remote.list_all("users", query={"q": q} if q else {}), COLUMNS, empty="there are no people")


@app.command()
@on_server
def show(remote: Remote, out: Output, user: UserArgument) -> None:
    """Show one person."""
    out.record(_found(remote, user))


@app.command()
@on_server
def create(
    remote: Remote,
    out: Output,
    email: Annotated[str, typer.Argument(help="E-mail address.", show_default=False)],
    set_: SetOption = None,
    body: BodyOption = None,
) -> None:
    """Make an account. The password is asked for or read from a pipe, unless --body has one or a hash."""
    members = body_from(body, set_, email=email, connection=CONNECTION)
    if not members.keys() & {"password", "password_hash", "custom_password_hash"}:
        members["password"] = _asked_password()
    out.record(remote.manage("POST", "users", body=members))


@app.command("import")
@on_server
def import_(
    remote: Remote,
    out: Output,
    file: Annotated[Path, typer.Argument(help="JSON array of people; - is stdin.", show_default=False)],
    upsert: Annotated[bool, typer.Option("--upsert", help="Update people whose address is known already.")] = False,
) -> None:
    """Make accounts for the people of a file, with hashes of their passwords, and wait until that is done."""
    import_people(remote, out, file, upsert=upsert)


@app.command()
@on_server
def update(remote: Remote, out: Output, user: UserArgument, set_: SetOption = None, body: BodyOption = None) -> None:
    """Change members of an account; null clears one."""
    members = body_from(body, set_)
    if not members:
        raise Failed("nothing to change: --set NAME=VALUE or --body FILE", exit_code=USAGE)
    out.record(remote.manage("PATCH", "users", _id(remote, user), body=members))


@app.command()
@on_server
def block(remote: Remote, out: Output, user: UserArgument) -> None:
    """Keep a person out, and end what they are signed in to."""
    out.record(remote.manage("PATCH", "users", _id(remote, user), body={"blocked": True}))


@app.command()
@on_server
def unblock(remote: Remote, out: Output, user: UserArgument) -> None:
    """Let a person in again, also after too many wrong passwords."""
    user_id = _id(remote, user)
    remote.manage("DELETE", "user-blocks", user_id)
    out.record(remote.manage("PATCH", "users", user_id, body={"blocked": False}))


@app.command("set-password")
@on_server
def set_password(remote: Remote, out: Output, user: UserArgument) -> None:
    """Give a person a new password, asked for or read from a pipe. Their sessions and tokens end."""
    out.record(remote.manage("PATCH", "users", _id(remote, user), body={"password": _asked_password()}))


@app.command()
@on_server
def roles(
    remote: Remote,
    out: Output,
    user: UserArgument,
    add: Annotated[list[str] | None, typer.Option(help="Id of a role to give; may be repeated.")] = None,
    remove: Annotated[list[str] | None, typer.Option(help="Id of a role to take; may be repeated.")] = None,
) -> None:
    """Show a person's roles, after giving and taking some."""
    user_id = _id(remote, user)
    if add:
        remote.manage("POST", "users", user_id, "roles", body={"roles": add})
    if remove:
        remote.manage("DELETE", "users", user_id, "roles", body={"roles": remove})
    out.records(
        remote.manage("GET", "users", user_id, "roles"), ("id", "name", "description"), empty="there are no roles"
    )


@app.command()
@on_server
def delete(remote: Remote, out: Output, user: UserArgument, yes: YesOption = False) -> None:
    """Delete an account with all it was given."""
    found = _found(remote, user)
    confirm(f"Delete the account of {found['email']}?", yes=yes)
    remote.manage("DELETE", "users", found["user_id"])
    out.done(f"deleted {found['user_id']}", {"user_id": found["user_id"], "deleted": True})


def _found(remote: Remote, user: str) -> dict[str, Any]:
    if "|" in user or "@" not in user:
        return dict(remote.manage("GET", "users", user))
    found = remote.list_all("users", query={"q": f'email:"{user}"'})
    if not found:
        raise Failed(f"there is nobody with the address {user}")
    return found[0]


def _id(remote: Remote, user: str) -> str:
    return str(_found(remote, user)["user_id"])


def _asked_password() -> str:
    """Twice, from a person; without a terminal one line, as it comes."""
    if not sys.stdin.isatty():
        password = sys.stdin.readline().rstrip("\r\n")
        if not password:
            raise Failed("no password: type it at a terminal, or give it as one line on stdin", exit_code=USAGE)
        return password
    return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True))
