"""Whether an access token opens something of ours.

1. it is ours and counts today                                                        `tokens.recognise`
2. ``aud``: it is for this API
3. who shows it proves to hold what it is bound to, in the scheme that goes with that  `sender.possession`
4. it is bound where its client, the client's profile or the API demands that, also when it was issued before they did
5. the proof is used up, last: it served this one request
"""

from __future__ import annotations

from collections.abc import Collection

from msgspec.structs import replace

from ..apis.directory import ApiDirectory
from ..apis.resource_servers import ResourceServer
from ..sender.possession import Possession, check
from ..sender.proof_walk import VerifiedProof
from ..sender.refusals import ProofRefused
from ..tenants.tenant import Tenant
from .bearer import InspectedToken
from .proofs import Proofs
from .recognise import Recogniser
from .recognised import InvalidToken, Recognised

UNAUTHORIZED = 401
"""Of whatever is wrong with a proof at a resource (RFC 9449 7.1, 9)."""


class Inspector:
    """Looks at access tokens that callers show us."""

    def __init__(self, recogniser: Recogniser, proofs: Proofs, apis: ApiDirectory) -> None:
        self._recogniser = recogniser
        self._proofs = proofs
        self._apis = apis

    async def inspect(
        self,
        tenant: Tenant,
        token: str,
        *,
        audience: str,
        possession: Possession,
        other_audiences: Collection[str] = (),
    ) -> InspectedToken:
        """What the token gives whoever shows it so; raises what :meth:`recognise` and :meth:`opened` raise."""
        recognised = await self.recognise(tenant, token)
        return await self.opened(
            recognised, token, audience=audience, possession=possession, other_audiences=other_audiences
        )

    async def recognise(self, tenant: Tenant, token: str) -> Recognised:
        """Step 1 alone: whose token it is, for whoever must know that of a refusal; raises :class:`InvalidToken`."""
        return await self._recogniser.recognise(tenant, token)

    async def opened(
        self,
        recognised: Recognised,
        token: str,
        *,
        audience: str,
        possession: Possession,
        other_audiences: Collection[str] = (),
    ) -> InspectedToken:
        """Steps 2 to 5. Raises OAuthError: `invalid_token`, or `invalid_dpop_proof` and `use_dpop_nonce`, with 401.

        ``other_audiences`` are other names of the same audience, such as those of custom domains.
        """
        tenant_id = recognised.registered.client.tenant_id
        _check_audience(recognised, audience, other_audiences)  # 2
        try:
            proof = _proven(recognised, token, possession)  # 3
            _check_bound(recognised, await self._apis.resource_server(tenant_id, audience))  # 4
            if proof is not None:
                await self._proofs.spend(tenant_id, proof)  # 5
        except ProofRefused as refusal:
            raise refusal.answered_with(UNAUTHORIZED) from None
        return InspectedToken(
            client_id=recognised.client_id,
            subject=recognised.subject,
            audience=audience,
            scopes=recognised.scopes,
            person=recognised.person,
            proof=proof,
        )


def _check_audience(recognised: Recognised, audience: str, others: Collection[str]) -> None:
    if not {audience, *others}.intersection(recognised.audiences):
        shown = " ".join(recognised.audiences)
        raise InvalidToken("token.aud", f"Bad audience: {shown[:200]}", expected=audience)


def _proven(recognised: Recognised, token: str, possession: Possession) -> VerifiedProof | None:
    # A proof is held to the application's security profile wherever it is shown.
    expected = possession.expected
    algs = expected.algs & recognised.registered.profile.proof_algs
    return check(recognised.confirmation, token, replace(possession, expected=replace(expected, algs=algs)))


def _check_bound(recognised: Recognised, api: ResourceServer | None) -> None:
    if recognised.lacks_binding_for(api):
        profile = recognised.registered.profile.name
        raise InvalidToken("token.unbound", client_id=recognised.client_id, profile=profile)
