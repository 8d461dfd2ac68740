"""A token that somebody holds: from the command line, or from stdin, where no process list and no history has it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from .exits import USAGE, Failed
from .files import read_text

STDIN = "-"
TokenArgument = Annotated[
    str,
    typer.Argument(
        metavar="TOKEN|-",
        help="The token; - reads it from stdin. Process lists and histories show arguments: stdin is better.",
        show_default=False,
    ),
]
HintOption = Annotated[
    str | None,
    typer.Option("--hint", help="What it is, for servers that want to know: access_token or refresh_token."),
]
NAME_LENGTH_MAX = 255
"""Of a file (POSIX). A longer text is none, and asking would fail."""
HINTS = (None, "access_token", "refresh_token")


def read_token(token: str, hint: str | None = None) -> str:
    """The token itself; Failed for what cannot be one."""
    if hint not in HINTS:
        raise Failed(f"--hint is access_token or refresh_token, not {hint}", exit_code=USAGE)
    if token == STDIN:
        if sys.stdin.isatty():
            print("paste the token, then Enter and Ctrl-D", file=sys.stderr)
        token = read_text(STDIN)
    elif len(token) <= NAME_LENGTH_MAX and Path(token).is_file():
        raise Failed(f"{token} is a file, no token", exit_code=USAGE, hint=f"- reads it from stdin: - < {token}")
    return one_piece(token, "token")


def one_piece(text: str, what: str) -> str:
    """``text`` without the line break of a file; Failed for what is not one thing to send."""
    text = text.strip()
    if not text:
        hint = "what was given is empty: a variable that is not set, a file, or stdin, which is read once"
        raise Failed(f"there is no {what}", exit_code=USAGE, hint=hint)
    if len(text.split()) > 1:
        raise Failed(f"a {what} has no blanks in it", exit_code=USAGE, hint="leave out what stands before it")
    return text
