"""The command: who is examined, how the findings are told, and the status for monitoring."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from ...errors import StartupError
from ...settings import Settings
from ..command import with_given
from ..configured import ConfigOption, settings_of
from ..exits import USAGE, Failed
from ..identity import identity_of
from ..options import Given
from ..output import Output, printable, sign
from ..remote import Remote
from ..whereabouts import find_server
from .finding import ADVICE, BAD, MARKS, OK, SKIPPED, Finding, Patient


@with_given
def doctor(
    given: Given,
    out: Output,
    database: Annotated[str | None, typer.Option(help="Database URL, as `serve` has it. [TALLYSTICK_DATABASE]")] = None,
    config: ConfigOption = None,
    strict: Annotated[bool, typer.Option("--strict", help="Exit with 1 for mere advice too.")] = False,
) -> None:
    """Examine a running deployment end to end, and say what to do. Exit status 1 when something is wrong."""
    from .table import examined

    settings = _settings(given, config, database)
    if config is not None and settings is not None and given.domain is None:
        # The file says which deployment it is about, unless the command line does.
        given = replace(given, data=settings.data)
    server = find_server(given)
    remote = Remote(server, identity_of(given, server))
    try:
        findings = list(_told(Patient(remote, settings), out, examined))
    finally:
        remote.close()
    counts = Counter(finding.level for finding in findings)
    if out.as_json:
        out.record({"issuer": server.issuer or server.base_url, "findings": [_body(one) for one in findings], **counts})
    out.note(f"\n{counts[OK]} ok, {counts[ADVICE]} advice, {counts[BAD]} wrong, {counts[SKIPPED]} skipped")
    if counts[BAD] or (strict and counts[ADVICE]):
        raise Failed("not everything is as it should be: each arrow says what to do")


def _told(patient: Patient, out: Output, examined: Callable[[Patient], Iterator[Finding]]) -> Iterator[Finding]:
    """Each finding, printed as it comes: some take a while."""
    for finding in examined(patient):
        if not out.as_json:
            mark, word = MARKS[finding.level]
            print(f"{sign(mark) + word:<10} {printable(finding.text)}", flush=True)
            if finding.level != OK and finding.advice:
                print(f"{'':<10} {sign('→') or '-> '}{printable(finding.advice)}", flush=True)
        yield finding


def _settings(given: Given, config: Path | None, database: str | None) -> Settings | None:
    """The deployment's settings; None for a server that was named by its address alone."""
    if given.domain is not None and given.data is None and config is None and database is None:
        return None
    try:
        return settings_of(config, data=given.data, database=database)
    except StartupError as error:
        raise Failed(str(error), exit_code=USAGE) from error


def _body(finding: Finding) -> dict[str, Any]:
    body = {"check": finding.check, "level": finding.level, "text": finding.text, "advice": finding.advice}
    return {name: value for name, value in body.items() if value}
