"""``tallystick clients``: the applications of a tenant."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from .bodies import BodyOption, SetOption, body_from
from .command import group, on_server
from .confirming import YesOption, confirm
from .descriptions import TYPE_OF_METHOD, describe
from .exits import USAGE, Failed
from .output import Output
from .remote import Remote

COLUMNS = ("client_id", "name", "app_type", "authenticates_by", "grant_types")
GAP_COLUMNS = ("client_id", "name", "weight", "path", "reason")
ClientId = Annotated[str, typer.Argument(metavar="CLIENT_ID", show_default=False)]

app = group("clients", "The applications: list, show, gaps, create, update, delete, rotate their secret.")


@app.command("list")
@on_server
def list_(
    remote: Remote,
    out: Output,
    app_type: Annotated[str | None, typer.Option(help="Only these types, separated by commas.")] = None,
) -> None:
    """List the applications."""
    found = remote.list_all("clients", query={"app_type": app_type} if app_type else {})
    shown = found if out.as_json else [client | {"authenticates_by": method_of(client)} for client in found]
    out.records(shown, COLUMNS, empty="there are no applications")


@app.command()
@on_server
def gaps(
    remote: Remote,
    out: Output,
    floor: Annotated[
        str | None, typer.Option(help="Such as fapi2_security; default the floor that the tenant has.")
    ] = None,
) -> None:
    """List what of each application would not meet a floor, before you set it."""
    found = remote.list_all("profile-gaps", query={"floor": floor} if floor else {})
    rows = [gap | problem for gap in found for problem in gap["problems"]]
    out.records(found if out.as_json else rows, GAP_COLUMNS, empty="every application meets it")


@app.command()
@on_server
def show(remote: Remote, out: Output, application: ClientId) -> None:
    """Show one application."""
    out.record(remote.manage("GET", "clients", application))


@app.command()
@on_server
def create(
    remote: Remote,
    out: Output,
    name: Annotated[str, typer.Argument(help="Its name, for people.", show_default=False)],
    app_type: Annotated[
        str | None, typer.Option(help="Such as non_interactive, regular_web, spa, native. Default non_interactive.")
    ] = None,
    auth_method: Annotated[
        str | None, typer.Option(help="How it authenticates: client_secret_post, private_key_jwt, tls_client_auth, …")
    ] = None,
    public_key: Annotated[
        Path | None, typer.Option(help="For private_key_jwt: its key, PEM or JWK, or a certificate.")
    ] = None,
    certificate: Annotated[Path | None, typer.Option(help="For the mTLS methods: its certificate, PEM.")] = None,
    subject: Annotated[
        str | None, typer.Option(help="For tls_client_auth: the subject of its certificate, RFC 4514.")
    ] = None,
    key_alg: Annotated[str | None, typer.Option(help="For private_key_jwt: the algorithm; default by the key.")] = None,
    set_: SetOption = None,
    body: BodyOption = None,
) -> None:
    """Register an application. Its secret, if it has one, is in the answer, and only there."""
    method = auth_method_members(auth_method, public_key or certificate, subject, key_alg)
    members = body_from(body, set_, name=name, **method)
    if app_type is not None or "app_type" not in members:
        members["app_type"] = app_type or "non_interactive"
    out.record(remote.manage("POST", "clients", body=members), note="Keep the secret: it is shown this once.")


@app.command()
@on_server
def update(remote: Remote, out: Output, application: ClientId, set_: SetOption = None, body: BodyOption = None) -> None:
    """Change members of an application; null clears one."""
    members = body_from(body, set_)
    if not members:
        raise Failed("nothing to change: --set NAME=VALUE or --body FILE", exit_code=USAGE)
    out.record(remote.manage("PATCH", "clients", application, body=members))


@app.command()
@on_server
def delete(remote: Remote, out: Output, application: ClientId, yes: YesOption = False) -> None:
    """Delete an application; its tokens stay valid until they expire."""
    # The server answers 204 for what never was, too; people should learn of a slip.
    client = remote.manage("GET", "clients", application)
    confirm(f"Delete the application {client.get('name')}?", yes=yes)
    remote.manage("DELETE", "clients", application)
    out.done(f"deleted {application}", {"client_id": application, "deleted": True})


@app.command("rotate-secret")
@on_server
def rotate_secret(
    remote: Remote,
    out: Output,
    application: ClientId,
    overlap_s: Annotated[
        int | None, typer.Option(min=0, help="How long the old secrets still work, in seconds; default not at all.")
    ] = None,
) -> None:
    """Give an application a new secret. It is in the answer, and only there."""
    body = None if overlap_s is None else {"overlap_s": overlap_s}
    client = remote.manage("POST", "clients", application, "rotate-secret", body=body)
    if out.as_json:
        out.record(client)
    else:
        out.record({name: client.get(name) for name in ("client_id", "name", "client_secret")})


def auth_method_members(
    method: str | None, file: Path | None, subject: str | None, key_alg: str | None
) -> dict[str, Any]:
    """The members of a client that say how it authenticates, with its first credential."""
    if method not in TYPE_OF_METHOD:
        if file or subject or key_alg:
            raise Failed(f"keys and certificates go with --auth-method {', '.join(TYPE_OF_METHOD)}", exit_code=USAGE)
        return {} if method is None else {"token_endpoint_auth_method": method}
    if file is None and subject is None:
        return {"client_authentication_methods": {method: {"credentials": []}}}
    credential = describe(TYPE_OF_METHOD[method], file, subject, alg=key_alg)
    return {"client_authentication_methods": {method: {"credentials": [credential]}}}


def method_of(client: dict[str, Any]) -> str:
    """How a client authenticates, from its two fields (auth0.md 2.1)."""
    methods = client.get("client_authentication_methods")
    if methods:
        return " ".join(methods)
    public = client.get("app_type") in ("native", "spa")
    return str(client.get("token_endpoint_auth_method") or ("none" if public else "client_secret_post"))
