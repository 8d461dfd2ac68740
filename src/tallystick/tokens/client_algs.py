"""How what is for one application is signed: what it chose, else its profile's default, and never what the profile
does not allow. Pure; ID tokens, logout tokens, answers of /userinfo and authorization responses all ask here."""

from __future__ import annotations

from ..clients.client import Client
from ..clients.directory import RegisteredClient
from ..errors import OAuthError
from ..jose.algorithms import canonical_alg

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


def signing_alg_of(registered: RegisteredClient, field: str) -> str:
    """The canonical algorithm; raises OAuthError ``unauthorized_client`` where the profile has other ones only.

    Saving a client refuses such a choice; a floor that the tenant sets later meets it here.
    """
    profile, chosen = registered.profile, chosen_alg(registered.client, field)
    alg = profile.default_signing_alg if chosen is None else canonical_alg(chosen)
    if alg is None or alg not in profile.signing_algs:
        raise OAuthError(
            "unauthorized_client",
            "The signature algorithm of this application is not allowed by its security profile.",
            check="profile.signing_algs",
            field=field,
            alg=str(chosen)[:40],
            profile=profile.name,
        )
    return alg
