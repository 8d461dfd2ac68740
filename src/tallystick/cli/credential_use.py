"""What a credential is in use for: read from the application, and changed there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .descriptions import TYPES
from .exits import Failed
from .output import Output
from .remote import Remote

METHODS = "client_authentication_methods"
OTHER_USAGES = ("signed_request_object", "response_encryption")
"""What a key is for that does not authenticate."""
METHOD_OF_TYPE = {"public_key": "private_key_jwt", "x509_cert": "self_signed_tls_client_auth"} | {
    name: "tls_client_auth" for name in TYPES if name.startswith("cert_")
}
"""The method that shows a credential; the way back to a secret is `clients update --set`."""


def references(client: dict[str, Any]) -> dict[str, list[str]]:
    """Credential id → what the client uses it for."""
    used: dict[str, list[str]] = {}
    for usage, holder in _holders(client):
        for id in _ids(holder):
            used.setdefault(id, []).append(usage)
    return used


def put_to_use(remote: Remote, out: Output, client_id: str, credential_id: str, usage: str | None) -> None:
    """Add the credential to the usage, or to the client's key method; a secret client has none to add it to."""
    client = remote.manage("GET", "clients", client_id)
    holders = {usage: client.get(usage) or {}} if usage is not None else client.get(METHODS) or {}
    for name, holder in holders.items():
        _check_uploaded(name, holder)
        remote.manage("PATCH", "clients", client_id, body=_used(name, [*_ids(holder), credential_id]))
        out.note(f"in use for {name}")
        return
    out.note("not in use yet: the application authenticates by secret; `credentials add --switch` changes that")


def switch_to(remote: Remote, out: Output, client_id: str, credential: dict[str, Any]) -> None:
    """Make the credential the one way in; what the application used before no longer works, but is not removed."""
    method = METHOD_OF_TYPE[credential["credential_type"]]
    body = {"token_endpoint_auth_method": None, **_used(method, [credential["id"]])}
    remote.manage("PATCH", "clients", client_id, body=body)
    out.note(f"the application now authenticates by {method}")


def without(client: dict[str, Any], credential_id: str) -> dict[str, Any]:
    """The body that takes the credential out of everything the client uses it for; empty when it is in use nowhere."""
    body: dict[str, Any] = {}
    for usage, holder in _holders(client):
        ids = _ids(holder)
        if credential_id in ids:
            body |= _used(usage, [id for id in ids if id != credential_id])
    return body


def _holders(client: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    yield from (client.get(METHODS) or {}).items()
    yield from ((usage, client[usage]) for usage in OTHER_USAGES if client.get(usage))


def _ids(holder: dict[str, Any]) -> list[str]:
    return [reference["id"] for reference in holder.get("credentials", ())]


def _used(usage: str, ids: list[str]) -> dict[str, Any]:
    """The member of a client's body by which these serve the usage."""
    holder = {usage: {"credentials": [{"id": id} for id in ids]}}
    return holder if usage in OTHER_USAGES else {METHODS: holder}


def _check_uploaded(usage: str, holder: dict[str, Any]) -> None:
    """A list of credentials would take the place of keys that are a set: that is for people to say."""
    for source in ("jwks", "jwks_uri"):
        if source in holder:
            raise Failed(
                f"the credential is there and not in use: {usage} has its keys from {source}; "
                "`clients update` changes that, or `credentials add --switch`"
            )
