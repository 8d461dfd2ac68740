"""The command line: starts the server, talks to a running one as an operator or an application would, and shows it off.

Owns options, what people read, and exit codes. Does not own any rule: what talks to a server goes over HTTP like
everyone else's calls; `serve`, `migrate`, `tenants`, `backup` and `restore` call the rooms that do the work.
"""

from __future__ import annotations


def main() -> None:
    """The console script ``tallystick``; ends the process with a code of `exits`."""
    import io
    import sys

    from .program import run

    if isinstance(sys.stdout, io.TextIOWrapper):
        # A name that the terminal cannot write must not end the command that shows it.
        sys.stdout.reconfigure(errors="replace")
    raise SystemExit(run())
