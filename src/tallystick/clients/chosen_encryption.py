"""What a client chose of how something for it is encrypted (OpenID Connect Registration 2, JARM 3, RFC 9701 6). Pure.

To which of its keys, `client_keys` finds; `tokens.response_encryption` encrypts.
"""

from __future__ import annotations

from ..jose.encryption_algorithms import DEFAULT_ENC
from .client import Client

ID_TOKEN, USERINFO, AUTHORIZATION, INTROSPECTION = "id_token", "userinfo", "authorization", "introspection"
ENCRYPTED = (ID_TOKEN, USERINFO, AUTHORIZATION, INTROSPECTION)
"""What may be encrypted to a client."""


def alg_field(what: str) -> str:
    """The client field that says whether one of :data:`ENCRYPTED` is, and how the content's key reaches the client."""
    return f"{what}_encrypted_response_alg"


def enc_field(what: str) -> str:
    """The client field for its content encryption."""
    return f"{what}_encrypted_response_enc"


def chosen_alg(client: Client, what: str) -> str | None:
    """What the client chose in the first; None where it wants no encryption."""
    return client.metadata.get(alg_field(what))


def chosen_enc(client: Client, what: str) -> str:
    """What it chose in the second, or what OpenID Connect means where it is left out."""
    return client.metadata.get(enc_field(what)) or DEFAULT_ENC
