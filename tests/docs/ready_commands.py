"""`tallystick` for the pages: a process that has everything imported forks for each command, instead of a new start.

A start is five sixths of what most commands compute, and the pages type some two hundred. The command itself is the
same: arguments, directory, environment, input, output and status are the shell's. What is ended by a signal (`serve`,
`logs --follow`) is started as it would be for everybody, and so is all of the first page that people read.
"""

from __future__ import annotations

import importlib
import marshal
import os
import socket
import subprocess
import sys
import tempfile
import traceback
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from collections.abc import Iterator

IMPORTED_LATE = (
    *("httpx", "rich.console", "rich.table", "typer._adapters", "tallystick.cli.remote"),
    *("tallystick.jose.private_keys", "tallystick.sdk.adapters.httpx", "tallystick.settings"),
)
"""What commands import when they run, because not every command needs it."""

CALLING = """\
#!{python} -IS
import _socket, marshal, os, sys
if not {{"serve", "--follow"}}.isdisjoint(sys.argv):
    os.execv({real!r}, [{real!r}, *sys.argv[1:]])
connection = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
connection.connect({address!r})
streams = b"".join(number.to_bytes(4, sys.byteorder) for number in (0, 1, 2))
connection.sendmsg([b"-"], [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, streams)])
connection.sendall(marshal.dumps((sys.argv, os.getcwd(), dict(os.environ))))
connection.shutdown(_socket.SHUT_WR)
status = connection.recv(1)
os._exit(status[0] if status else 70)
"""
"""The script that stands where the page calls `tallystick`; 70 when the command ended without a status."""


@contextmanager
def ready_commands() -> Iterator[Path]:
    """The address of a process that waits for commands; it ends at the end."""
    # Not below `tmp_path`: the address of a socket has a hundred bytes at most.
    with tempfile.TemporaryDirectory(prefix="tallystick-commands-") as directory:
        address = Path(directory) / "commands"
        command = [sys.executable, "-m", __name__, str(address)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL) as process:
            try:
                assert process.stdout is not None
                assert process.stdout.readline() == b"ready\n"
                yield address
            finally:
                process.terminate()


def make_environment(made: Path, address: Path) -> None:
    """A virtual environment like this one, but for the command."""
    here = Path(sys.prefix)
    (made / "bin").mkdir(parents=True)
    for entry in [*here.iterdir(), *(here / "bin").iterdir()]:
        if entry.name not in {"bin", "tallystick"}:
            (made / entry.relative_to(here)).symlink_to(entry)
    command = made / "bin" / "tallystick"
    command.write_text(
        CALLING.format(python=sys.executable, real=str(here / "bin" / "tallystick"), address=str(address))
    )
    command.chmod(0o755)


def wait_for_commands(address: str) -> None:
    """Run each command that comes in a process of its own."""
    import typer.main

    from tallystick.cli.program import app

    for name in IMPORTED_LATE:
        importlib.import_module(name)
    typer.main.get_command = cache(typer.main.get_command)
    typer.main.get_command(app)
    # The command is called what the shell called it, not by the name of this module.
    sys.modules["__main__"].__package__ = None
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(address)
        listening.listen(64)
        print("ready", flush=True)
        while True:
            connection, _ = listening.accept()
            with connection:
                if os.fork() == 0:
                    listening.close()
                    run_one(connection)
            with suppress(ChildProcessError):
                while os.waitpid(-1, os.WNOHANG)[0]:
                    pass


def run_one(connection: socket.socket) -> NoReturn:
    """Be the command, and tell its status."""
    status = 1
    try:
        _, streams, _, _ = socket.recv_fds(connection, 1, 3)
        with connection.makefile("rb") as sent:
            sys.argv, directory, environment = marshal.loads(sent.read())
        for number, stream in enumerate(streams):
            os.dup2(stream, number)
            os.close(stream)
        os.chdir(directory)
        os.environ.clear()
        os.environ.update(environment)
        status = command_status()
    except BaseException:
        traceback.print_exc()
    finally:
        with suppress(OSError):
            connection.sendall(bytes([status]))
        os._exit(status)


def command_status() -> int:
    """What the console script would end with."""
    from tallystick.cli import main

    status = 0
    try:
        main()
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else 1
    with suppress(OSError, ValueError):
        sys.stdout.flush()
        sys.stderr.flush()
    return status


if __name__ == "__main__":
    wait_for_commands(sys.argv[1])
