"""What a client chose of how something for it is signed. Whether it may have that: `tokens.client_algs`. Pure."""

from __future__ import annotations

from .client import Client

ID_TOKEN = "jwt_configuration.alg"  # noqa: S105 - the name of a field
USERINFO = "userinfo_signed_response_alg"
AUTHORIZATION = "authorization_signed_response_alg"
"""Client fields that choose an algorithm (OpenID Connect Registration 2, JARM 3)."""
FIELDS = (ID_TOKEN, USERINFO, AUTHORIZATION)


def chosen_alg(client: Client, field: str) -> str | None:
    """What the client chose in one of :data:`FIELDS`, in its own spelling; None where it left that to us."""
    name, _, member = field.partition(".")
    value = client.metadata.get(name)
    return (value or {}).get(member) if member else value
