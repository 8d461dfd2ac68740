"""What commands print: JSON for scripts or tables for people on stdout, everything else on stderr."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console

    from .exits import Failed

TEXT_CHARS_MAX = 300
"""How much of one member people see; certificates are longer, audiences and secrets are not."""
PIPE_COLUMNS = 240
"""How wide tables are when nobody's terminal sets a limit, so that ids are never broken."""


class Output:
    """Where a command's results go. With ``as_json`` exactly one JSON value reaches stdout."""

    def __init__(self, *, as_json: bool) -> None:
        self.as_json = as_json

    def record(self, record: Mapping[str, Any], note: str = "") -> None:
        """One thing, with all its members."""
        if self.as_json:
            print_json(record)
            return
        self.note(note)
        print(*members_as_lines(record), sep="\n")

    def records(self, records: Sequence[Mapping[str, Any]], columns: Sequence[str], *, empty: str) -> None:
        """A list, of which people see ``columns`` and scripts everything."""
        if self.as_json:
            print_json(records)
        elif not records:
            self.note(empty)
        else:
            _print_table(records, columns)

    def text(self, text: str, as_json: object) -> None:
        """One piece of text that people paste elsewhere, and its JSON form."""
        if self.as_json:
            print_json(as_json)
        else:
            print(text)

    def done(self, message: str, as_json: object) -> None:
        """A change without a result of its own."""
        if self.as_json:
            print_json(as_json)
        else:
            self.note(message)

    def note(self, message: str) -> None:
        """Something for people only; never in the way of a script that reads stdout."""
        if message and not self.as_json:
            print(message, file=sys.stderr)


def print_json(value: object) -> None:
    """One JSON value, indented, on stdout."""
    print(json_text(value, indent=2))


def json_text(value: object, *, indent: int | None = None) -> str:
    """JSON whose strings have the escape for what is not printable: scripts read the same, terminals obey nothing.

    RFC 8259 7 demands it below U+0020 alone, and terminals take orders above as well, such as U+009B for ESC [.
    """
    separators = None if indent else (",", ":")
    # Where a letter cannot be written as itself it is escaped, so that nothing is lost.
    text = json.dumps(value, indent=indent, ensure_ascii=_encoding() != "utf-8", separators=separators)
    return "".join(
        character if character.isprintable() or character == "\n" else json.dumps(character)[1:-1] for character in text
    )


def print_failure(failure: Failed) -> None:
    """What went wrong, on stderr."""
    lines = {"error": failure.message, "hint": failure.hint, "correlation id": failure.correlation_id}
    for label, text in lines.items():
        if text:
            print(f"{label}: {printable(text)}", file=sys.stderr)


def printable(text: str) -> str:
    """``text`` without control characters, since a server's words must not steer a terminal."""
    return "".join(character if character.isprintable() or character == "\n" else "?" for character in text)


def _encoding() -> str:
    """That of standard output, which may have been closed."""
    return (getattr(sys.stdout, "encoding", None) or "ascii").lower()


def sign(mark: str) -> str:
    """The mark and a space where the terminal's encoding has it, else nothing: a word always stands beside it."""
    try:
        mark.encode(_encoding())
    except (UnicodeEncodeError, LookupError):
        return ""
    return f"{mark} "


def console(*, stderr: bool = False) -> Console:
    """A console without markup, since what it prints comes from a server."""
    from rich.console import Console

    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() else PIPE_COLUMNS
    return Console(stderr=stderr, width=width, markup=False, highlight=False, emoji=False)


def cell(value: object) -> str:
    """A value as people read it."""
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case str():
            return value
        case list() if all(isinstance(item, str) for item in value):
            return " ".join(value)
    return json.dumps(value, ensure_ascii=False)


def _print_table(records: Iterable[Mapping[str, Any]], columns: Sequence[str]) -> None:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0))
    for column in columns:
        table.add_column(column, overflow="fold")
    for record in records:
        table.add_row(*(Text(printable(cell(record.get(column)))) for column in columns))
    console().print(table)


def members_as_lines(record: Mapping[str, Any]) -> list[str]:
    """A record for people: a member a line, an object's members under its name, and long text cut short."""
    flat: dict[str, Any] = {}
    for name, value in record.items():
        inner = value if isinstance(value, dict) else {}
        flat |= {f"{name}.{part}": held for part, held in inner.items()} or {name: value}
    width = max(map(len, flat), default=0)
    return [f"{name:<{width}}   {_shortened(cell(value))}".rstrip() for name, value in flat.items()]


def _shortened(text: str) -> str:
    text = printable(text.replace("\n", " "))
    return text if len(text) <= TEXT_CHARS_MAX else f"{text[:TEXT_CHARS_MAX]}… (--json shows all)"
