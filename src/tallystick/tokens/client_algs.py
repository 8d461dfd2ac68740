"""How what is for one application is signed: what it chose, else its profile's default, and never what the profile
does not allow. Pure; ID tokens, logout tokens, answers of /userinfo and authorization responses all ask here."""

from __future__ import annotations

from ..clients.chosen_algs import chosen_alg
from ..clients.directory import RegisteredClient
from ..errors import OAuthError
from ..jose.algorithms import canonical_alg


def signing_alg_of(registered: RegisteredClient, field: str) -> str:
    """The canonical algorithm for one of `clients.chosen_algs.FIELDS`.

    Raises OAuthError ``unauthorized_client`` where the profile has other ones only.
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
