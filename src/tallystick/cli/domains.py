"""``tallystick domains``: custom domains, the DNS records that prove them, and what their proxy has to send."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from .bodies import BodyOption, SetOption, body_from
from .command import group, on_server
from .confirming import YesOption, confirm
from .exits import Failed
from .output import Output
from .remote import Remote

COLUMNS = ("custom_domain_id", "domain", "type", "status", "is_default", "origin_domain_name")
SELF_MANAGED, MANAGED = "self_managed_certs", "auth0_managed_certs"
Id = Annotated[str, typer.Argument(metavar="ID", show_default=False)]
_PATH = "custom-domains"

app = group("domains", "Custom domains: list, show, create, verify, test, rotate-key, delete.")


@app.command("list")
@on_server
def list_(remote: Remote, out: Output) -> None:
    """List the custom domains."""
    out.records(remote.manage("GET", _PATH), COLUMNS, empty="there are no custom domains")


@app.command()
@on_server
def show(remote: Remote, out: Output, id_: Id) -> None:
    """Show one custom domain, and what is still to do for it."""
    domain = remote.manage("GET", _PATH, id_)
    out.record(domain, note=record_to_make(domain) if domain["status"] != "ready" else "")


@app.command()
@on_server
def create(
    remote: Remote,
    out: Output,
    name: Annotated[str, typer.Argument(help="Such as auth.example.com.", show_default=False)],
    no_proxy: Annotated[
        bool, typer.Option("--no-proxy", help="This server's own listeners serve it, with its own certificate.")
    ] = False,
    body: BodyOption = None,
    assignments: SetOption = None,
) -> None:
    """Register a custom domain. Nothing leads to it before it is verified."""
    whole = body_from(body, assignments, domain=name, type=MANAGED if no_proxy else SELF_MANAGED)
    made = remote.manage("POST", _PATH, body=whole)
    out.record(made, note=record_to_make(made))


@app.command()
@on_server
def verify(remote: Remote, out: Output, id_: Id) -> None:
    """Look for the domain's DNS record. The first success shows the key of its proxy, this once."""
    domain = remote.manage("POST", _PATH, id_, "verify")
    error = domain["verification"]["error_msg"]
    # A key that was made is shown in any case: nobody could show it again.
    if error is not None and "cname_api_key" not in domain:
        raise Failed(f"{domain['domain']} is not verified: {error}", hint=record_to_make(domain))
    out.record(domain, note=what_the_proxy_sends(domain))


@app.command()
@on_server
def test(remote: Remote, out: Output, id_: Id) -> None:
    """Ask whether the DNS has what a verified domain needs; fails when something is missing."""
    found = remote.manage("POST", _PATH, id_, "test")
    if not found["success"]:
        raise Failed(found["message"])
    out.done("the DNS has all that the domain needs", found)


@app.command("rotate-key")
@on_server
def rotate_key(
    remote: Remote,
    out: Output,
    id_: Id,
    overlap_s: Annotated[
        int | None, typer.Option(help="Seconds for which the key before is still taken; default 3600.")
    ] = None,
) -> None:
    """Make a new key for the domain's proxy, and show it this once."""
    body = {} if overlap_s is None else {"overlap_s": overlap_s}
    domain = remote.manage("POST", _PATH, id_, "rotate-key", body=body)
    out.record(domain, note=what_the_proxy_sends(domain))


@app.command()
@on_server
def delete(remote: Remote, out: Output, id_: Id, yes: YesOption = False) -> None:
    """Delete a custom domain: its hosts lead nowhere, and tokens of its issuer end."""
    found = remote.manage("GET", _PATH, id_)
    confirm(f"Delete the custom domain {found['domain']}?", yes=yes)
    remote.manage("DELETE", _PATH, id_)
    out.done(f"deleted {id_}", {"custom_domain_id": id_, "deleted": True})


def record_to_make(domain: dict[str, Any]) -> str:
    """What to put into the DNS."""
    (method,) = domain["verification"]["methods"]
    return (
        "Make this DNS record, then verify the domain:\n"
        f'  {method["domain"]}. {method["name"]} "{method["record"]}"\n'
        f"  tallystick domains verify {domain['custom_domain_id']}"
    )


def what_the_proxy_sends(domain: dict[str, Any]) -> str:
    """What to put into the proxy; empty when nothing is new."""
    if "cname_api_key" not in domain:
        return ""
    return (
        f"Your proxy serves https://{domain['domain']}/ and, asking for client certificates, "
        f"https://mtls.{domain['domain']}/.\nIt forwards to this server with these headers:\n"
        f"  Host: {domain['origin_domain_name']}\n"
        f"  cname-api-key: {domain['cname_api_key']}\n"
        "  client-certificate, client-certificate-ca-verified: what the client showed, and SUCCESS or FAILED\n"
        "The server reads them when it runs with client_cert_header auth0. The key is shown this once."
    )
