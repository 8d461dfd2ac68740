"""``tallystick debug``: what the server would do with what a client would send, rule by rule."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from .command import group, on_server, with_given
from .descriptions import refuse_private
from .exits import FAILED, USAGE, Failed
from .files import read_text
from .identity import Identity, identity_of
from .options import Given
from .output import Output, printable
from .remote import Remote
from .rule_table import print_each, print_members, print_rules
from .whereabouts import Whereabouts, find_server

Application = Annotated[
    str | None, typer.Option("--application", help="Its client_id, as it would be sent beside.", show_default=False)
]
Host = Annotated[
    str | None, typer.Option("--host", help="Host it would be sent to; default this server's.", show_default=False)
]

app = group("debug", "What the server would do with an assertion or a certificate, and what it sees of a connection.")


@app.command()
@on_server
def assertion(
    remote: Remote,
    out: Output,
    file: Annotated[Path, typer.Argument(help="File with the client assertion; - is stdin.", show_default=False)],
    application: Application = None,
    endpoint: Annotated[str | None, typer.Option(help="URL or path it would be sent to; default oauth/token.")] = None,
    host: Host = None,
) -> None:
    """Say rule by rule what would become of a client assertion. It stays good: nothing is spent, nothing is kept."""
    # Files end with a line break, which nobody sends.
    body = {"assertion": read_text(file).strip(), "client_id": application, "endpoint": endpoint, "host": host}
    diagnosis = _ask(remote, "assertion", body)
    if out.as_json:
        out.record(diagnosis)
    else:
        print_rules(diagnosis["rules"])
        print_members("header", diagnosis.get("jwt_header", {}))
        print_members("claims", diagnosis.get("jwt_claims", {}))
        print_each("keys of the application", diagnosis.get("keys", []))
        _print_verdict(diagnosis)
    _end(diagnosis)


@app.command()
@on_server
def certificate(
    remote: Remote,
    out: Output,
    file: Annotated[
        Path, typer.Argument(help="PEM of the client certificate, its intermediates after it.", show_default=False)
    ],
    application: Application = None,
    host: Host = None,
) -> None:
    """Say rule by rule what would become of a connection that shows this client certificate."""
    body = {"pem": refuse_private(file, read_text(file)), "client_id": application, "host": host}
    diagnosis = _ask(remote, "certificate", body)
    if out.as_json:
        out.record(diagnosis)
    else:
        print_rules(diagnosis["rules"])
        for shown in diagnosis.get("certificates", [])[:1]:
            print_members("certificate", shown)
        print_each("credentials of the application", diagnosis.get("credentials", []))
        print_each("authorities", diagnosis.get("authorities", []))
        _print_verdict(diagnosis)
    _end(diagnosis)


@app.command()
@with_given
def connection(given: Given, out: Output) -> None:
    """Say what the server sees of a connection from here; with --cert at the address that asks for certificates."""
    server = find_server(given)
    identity = identity_of(given, server) if given.client_id else _administrator(given, server)
    remote = Remote(server, identity)
    try:
        out.record(remote.manage("GET", "debug", "connection", at_mtls=identity.cert is not None))
    finally:
        remote.close()


def _administrator(given: Given, server: Whereabouts) -> Identity:
    """The management application, on a connection that shows the certificate: here it need not be its own."""
    identity = identity_of(replace(given, cert=None, cert_key=None, key=None), server)
    return replace(identity, cert=given.cert, cert_key=given.cert_key or given.key)


def _ask(remote: Remote, what: str, body: dict[str, Any]) -> dict[str, Any]:
    if not body.get("assertion", "-"):
        raise Failed("there is no assertion in it", exit_code=USAGE)
    given = {name: value for name, value in body.items() if value is not None}
    answer: dict[str, Any] = remote.manage("POST", "debug", what, body=given)
    return answer


def _print_verdict(diagnosis: dict[str, Any]) -> None:
    if client := diagnosis.get("client"):
        told = f"{client['name']}, {client['method']}, profile {client['profile']}"
        print(printable(f"application: {client['client_id']} ({told})"))
    elif diagnosis["accepted"]:
        # Nobody's certificate cannot be accepted: names and registrations were not looked at.
        print("verdict: nothing is wrong with it by itself; --application says whether it is that one's")
        return
    print("verdict: accepted" if diagnosis["accepted"] else f"verdict: refused by {diagnosis['check']}")


def _end(diagnosis: dict[str, Any]) -> None:
    if not diagnosis["accepted"]:
        raise typer.Exit(FAILED)
