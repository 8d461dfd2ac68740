"""The whole command line, put together; and how failures leave it."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from . import (
    authorities,
    clients,
    credentials,
    debug,
    domains,
    grants,
    keys,
    logs,
    resource_servers,
    tenant_settings,
    tenants,
    users,
)
from .backup import backup, restore
from .call import call
from .demo import demo
from .doctor.command import doctor
from .exits import EPILOG, FAILED, Failed
from .explain import explain
from .introspect import introspect
from .keygen import keygen
from .migrate import migrate
from .output import print_failure
from .request_object import request_object
from .revoke import revoke
from .serve import serve
from .token import assertion, token

app = typer.Typer(
    name="tallystick",
    no_args_is_help=True,
    epilog=EPILOG,
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
)
for command in (
    *(serve, demo, token, call, introspect, revoke, assertion, request_object, keygen),
    *(migrate, backup, restore, explain, doctor),
):
    app.command(epilog=EPILOG)(command)
for commands in (
    clients,
    credentials,
    keys,
    resource_servers,
    grants,
    authorities,
    domains,
    tenants,
    tenant_settings,
    users,
    logs,
    debug,
):
    for registered in commands.app.registered_commands:
        registered.epilog = EPILOG
    app.add_typer(commands.app)


def _show_version(value: bool) -> None:
    if value:
        from importlib.metadata import version

        print(version("tallystick"))
        raise typer.Exit


@app.callback()
def tallystick(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Tallystick: an authorization server for applications that prove who they are."""


def run(arguments: list[str] | None = None) -> int:
    """Run one command; answers its exit code."""
    from ..errors import Refused, StartupError

    try:
        app(arguments)
    except Failed as failure:
        print_failure(failure)
        return failure.exit_code
    except StartupError as error:
        print_failure(Failed(str(error)))
        return FAILED
    except Refused as refused:
        print_failure(Failed(refused.description))
        return FAILED
    except BrokenPipeError:
        sys.stderr.close()
        return FAILED
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else FAILED
    return 0
