"""Whether an access token opens something of ours.

1. it is ours and counts today                                                        `tokens.recognise`
2. ``aud``: it is for this API
3. if it is bound, this connection proves possession (RFC 8705 3), whatever scheme it came in
4. it is bound where the client's profile demands that, also when it was issued before that did
"""

from __future__ import annotations

from collections.abc import Collection

from ..sender.mtls import proves
from ..tenants.tenant import Tenant
from .bearer import InspectedToken
from .recognise import InvalidToken, Recognised, Recogniser


class Inspector:
    """Looks at access tokens that callers show us."""

    def __init__(self, recogniser: Recogniser) -> None:
        self._recogniser = recogniser

    async def inspect(
        self,
        tenant: Tenant,
        token: str,
        *,
        audience: str,
        peer_certificates: tuple[bytes, ...],
        other_audiences: Collection[str] = (),
    ) -> InspectedToken:
        """What the token gives its bearer; raises :class:`InvalidToken`.

        ``other_audiences`` are other names of the same audience, such as those of custom domains.
        """
        recognised = await self._recogniser.recognise(tenant, token)  # 1
        _check_audience(recognised, audience, other_audiences)  # 2
        confirmation, client_id = recognised.confirmation, recognised.client_id
        if confirmation is not None and not proves(confirmation, peer_certificates):  # 3
            raise InvalidToken("token.possession", client_id=client_id, bound_by=sorted(confirmation)[:4])
        profile = recognised.registered.profile
        if confirmation is None and profile.sender_constraint is not None:  # 4
            raise InvalidToken("token.unbound", client_id=client_id, profile=profile.name)
        return InspectedToken(
            client_id=client_id,
            subject=recognised.subject,
            audience=audience,
            scopes=recognised.scopes,
            person=recognised.person,
        )


def _check_audience(recognised: Recognised, audience: str, others: Collection[str]) -> None:
    if not {audience, *others}.intersection(recognised.audiences):
        shown = " ".join(recognised.audiences)
        raise InvalidToken("token.aud", f"Bad audience: {shown[:200]}", expected=audience)
