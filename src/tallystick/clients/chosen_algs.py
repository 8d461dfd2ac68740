"""What a client chose of how something for it, or of it, is signed. Pure.

Whether its profile allows that, `tokens.client_algs` and `authorization.request_object` ask.
"""

from __future__ import annotations

from ..jose.algorithms import canonical_alg
from .client import Client

ID_TOKEN = "jwt_configuration.alg"  # noqa: S105 - the name of a field
USERINFO = "userinfo_signed_response_alg"
AUTHORIZATION = "authorization_signed_response_alg"
INTROSPECTION = "introspection_signed_response_alg"
"""Client fields that choose an algorithm (OpenID Connect Registration 2, JARM 3, RFC 9701 6)."""
FIELDS = (ID_TOKEN, USERINFO, AUTHORIZATION, INTROSPECTION)


def chosen_alg(client: Client, field: str) -> str | None:
    """What the client chose in one of :data:`FIELDS`, in its own spelling; None where it left that to us."""
    name, _, member = field.partition(".")
    value = client.metadata.get(name)
    return (value or {}).get(member) if member else value


def request_object_alg(client: Client) -> str | None:
    """The one algorithm of the client's request objects, canonical name; None: any that its profile allows."""
    chosen = client.metadata.get("request_object_signing_alg")
    return None if chosen is None else canonical_alg(chosen)
