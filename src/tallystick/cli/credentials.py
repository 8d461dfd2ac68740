"""``tallystick credentials``: what an application can prove itself with, and the life of each."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from .clients import ClientId
from .command import group, on_server
from .confirming import YesOption, confirm
from .credential_use import METHOD_OF_TYPE, OTHER_USAGES, put_to_use, references, switch_to, without
from .descriptions import TYPES, describe
from .exits import USAGE, Failed
from .moments import moment
from .output import Output
from .remote import Remote

COLUMNS = ("id", "credential_type", "name", "kid", "alg", "in_use", "expires_at", "last_used_at")
KEY_COLUMNS = ("usage", "kid", "algs", "thumbprint", "last_used_at", "refused", "jwks_uri")
EXPIRING_COLUMNS = ("client_id", "credential_id", "credential_type", "name", "expires_at")
IDLE_COLUMNS = ("client_id", "credential_id", "credential_type", "name", "created_at", "last_used_at", "uses")
CredentialId = Annotated[str, typer.Argument(metavar="CREDENTIAL_ID", show_default=False)]

app = group("credentials", "An application's credentials: list, add, show, expire, remove; which lie idle or end soon.")


@app.command("list")
@on_server
def list_(remote: Remote, out: Output, application: ClientId) -> None:
    """List an application's credentials; those in use are referenced by the application."""
    path = ("GET", "clients", application, "credentials")
    # Secrets are listed only when asked for: Auth0 has none there.
    found = [*remote.manage(*path), *remote.manage(*path, query={"credential_type": "client_secret"})]
    if not out.as_json:
        used = references(remote.manage("GET", "clients", application))
        found = [credential | {"in_use": " ".join(used.get(credential["id"], ()))} for credential in found]
    out.records(found, COLUMNS, empty="the application has no credentials")


@app.command()
@on_server
def idle(
    remote: Remote,
    out: Output,
    days: Annotated[int, typer.Option(min=1, max=3650, help="How long nobody may have used it.")] = 90,
    client: Annotated[str | None, typer.Option(help="Only those of this application.")] = None,
) -> None:
    """List the credentials of all applications that nobody has used for a while: are they safe to remove?"""
    if client:
        remote.manage("GET", "clients", client)  # a slip shall not pass for an application that is well kept
    query = {"days": days, **({"client_id": client} if client else {})}
    found = remote.list_all("idle-credentials", query=query)
    out.records(found, IDLE_COLUMNS, empty=f"every credential is younger than {days} days or was used since")


@app.command()
@on_server
def expiring(
    remote: Remote,
    out: Output,
    days: Annotated[int, typer.Option(min=1, max=3650, help="How far to look ahead.")] = 30,
) -> None:
    """List the credentials of all applications that end soon, and those that have ended."""
    found = remote.list_all("expiring-credentials", query={"days": days})
    out.records(found, EXPIRING_COLUMNS, empty=f"no credential ends within {days} days")


@app.command("key-sets")
@on_server
def key_sets(
    remote: Remote,
    out: Output,
    application: ClientId,
    refresh: Annotated[
        bool, typer.Option("--refresh", help="Fetch them now; an address is asked every ten seconds at most.")
    ] = False,
) -> None:
    """List the keys that an application has as a JWK Set, such as at a jwks_uri: which serve, which are refused."""
    path = ("clients", application, "key-sets")
    found = remote.manage("POST", *path, "refresh", body={}) if refresh else remote.manage("GET", *path)
    if not out.as_json:
        for each in found:
            if each["last_error"]:
                out.note(f"{each['usage']}: {each['jwks_uri']} could not be fetched. {each['last_error']}")
            elif each["jwks_uri"] and not each["fetched_at"]:
                out.note(f"{each['usage']}: {each['jwks_uri']} was not asked yet; --refresh asks")
    rows = found if out.as_json else [row for each in found for row in _rows_of(each)]
    out.records(rows, KEY_COLUMNS, empty="no key is known" if found else "the application has no JWK Set")


def _rows_of(key_set: dict[str, Any]) -> list[dict[str, Any]]:
    about = {"usage": key_set["usage"], "jwks_uri": key_set["jwks_uri"]}
    keys = [about | key | {"algs": " ".join(key["algs"])} for key in key_set["keys"]]
    keys += [
        about | {"kid": each.get("kid"), "thumbprint": each["thumbprint_sha256"]} for each in key_set["certificates"]
    ]
    return keys + [about | {"kid": refused["kid"], "refused": refused["check"]} for refused in key_set["refused"]]


@app.command()
@on_server
def show(remote: Remote, out: Output, application: ClientId, credential_id: CredentialId) -> None:
    """Show one credential."""
    out.record(remote.manage("GET", "clients", application, "credentials", credential_id))


@app.command()
@on_server
def add(
    remote: Remote,
    out: Output,
    application: ClientId,
    type_: Annotated[str, typer.Option("--type", help="One of: " + ", ".join(TYPES) + ".")] = "public_key",
    file: Annotated[Path | None, typer.Option(help="The key (PEM or JWK) or certificate (PEM).")] = None,
    subject: Annotated[str | None, typer.Option(help="For cert_subject_dn and cert_san_…: the name.")] = None,
    authority: Annotated[
        str | None, typer.Option(help="For those: the only certificate authority that may vouch for it.")
    ] = None,
    name: Annotated[str | None, typer.Option(help="A name for people.")] = None,
    key_alg: Annotated[str | None, typer.Option(help="For public_key: the algorithm; default by the key.")] = None,
    key_id: Annotated[str | None, typer.Option(help="For public_key: its kid; default the key's thumbprint.")] = None,
    begins: Annotated[str | None, typer.Option(help="When it begins: a time in ISO 8601, or 90d, 12h, 30m.")] = None,
    expires: Annotated[str | None, typer.Option(help="When it ends, likewise.")] = None,
    expires_with_certificate: Annotated[
        bool, typer.Option("--expires-with-certificate", help="For public_key: take the end from the certificate.")
    ] = False,
    allow_withdrawn_key: Annotated[
        bool, typer.Option("--allow-withdrawn-key", help="Take up a key again that was withdrawn.")
    ] = False,
    usage: Annotated[
        str | None,
        typer.Option(help="For public_key: signed_request_object or response_encryption; default to authenticate."),
    ] = None,
    activate: Annotated[bool, typer.Option(help="Reference it from the application, so that it works.")] = True,
    switch: Annotated[
        bool, typer.Option("--switch", help="From now on the application proves itself with this and nothing before.")
    ] = False,
) -> None:
    """Add a credential. A new secret is in the answer, and only there."""
    if switch and (type_ not in METHOD_OF_TYPE or usage):
        raise Failed("--switch is for keys and certificates that authenticate", exit_code=USAGE)
    if usage is not None and usage not in OTHER_USAGES:
        raise Failed(f"--usage is one of: {', '.join(OTHER_USAGES)}", exit_code=USAGE)
    members = {
        "name": name,
        "alg": key_alg,
        "kid": key_id,
        "certificate_authority_id": authority,
        "not_before": begins and moment(begins),
        "expires_at": expires and moment(expires),
        "parse_expiry_from_cert": expires_with_certificate or None,
        "allow_withdrawn_key": allow_withdrawn_key or None,
    }
    body = describe(type_, file, subject, **members)
    credential = remote.manage("POST", "clients", application, "credentials", body=body)
    if switch:
        switch_to(remote, out, application, credential)
    elif activate and type_ != "client_secret":
        put_to_use(remote, out, application, credential["id"], usage)
    out.record(credential)


@app.command()
@on_server
def expire(
    remote: Remote,
    out: Output,
    application: ClientId,
    credential_id: CredentialId,
    at: Annotated[
        str, typer.Option(help="When: a time in ISO 8601, a while from now such as 90d, 12h, 30m, or never.")
    ],
) -> None:
    """Set when a credential ends. To end it at once, remove it."""
    body = {"expires_at": None if at == "never" else moment(at)}
    out.record(remote.manage("PATCH", "clients", application, "credentials", credential_id, body=body))


@app.command()
@on_server
def remove(
    remote: Remote, out: Output, application: ClientId, credential_id: CredentialId, yes: YesOption = False
) -> None:
    """Withdraw a credential: take it out of use and delete it. Its id never comes back."""
    remote.manage("GET", "clients", application, "credentials", credential_id)
    confirm(f"Withdraw the credential {credential_id}?", yes=yes)
    rest = without(remote.manage("GET", "clients", application), credential_id)
    if rest:
        # The server refuses to delete what is in use (auth0.md 3.1).
        remote.manage("PATCH", "clients", application, body=rest)
    remote.manage("DELETE", "clients", application, "credentials", credential_id)
    out.done(f"removed {credential_id}", {"id": credential_id, "removed": True})
