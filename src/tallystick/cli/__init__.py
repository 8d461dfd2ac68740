"""The command line: starts the server, talks to a running one as an operator or an application would, and shows it off.

Owns options, what people read, and exit codes. Does not own any rule: what talks to a server goes over HTTP like
everyone else's calls; `serve`, `migrate`, `tenants`, `backup` and `restore` call the rooms that do the work.
"""

from __future__ import annotations


def main() -> None:
    """The console script ``tallystick``; ends the process with a code of `exits`."""
    import gc
    import io
    import sys

    # What is imported is here to stay, and looking through it for garbage takes a sixth of a short command.
    gc.disable()
    try:
        from .program import run
    except ModuleNotFoundError as missing:
        if missing.name is None or missing.name.startswith("tallystick"):
            raise
        told = (
            f"error: {missing.name} is not installed. The SDK does without; the command line needs the extra `server`"
        )
        raise SystemExit(told) from None

    gc.freeze()
    gc.enable()
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A name that the terminal cannot write must not end the command that shows it.
        sys.stdout.reconfigure(errors="replace")
    raise SystemExit(run())
