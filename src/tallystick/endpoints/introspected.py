"""What one introspection finds out.

1. the token: an access token that counts today, or a refresh token               `tokens.recognise`, `tokens.rotation`
2. who asks: its client, or its API; everybody else sees what nobody may see     `tokens.introspection`
3. the proof of the request that the API received, if it wants that checked       `sender.possession`
4. what the API demands beside                                                    `tokens.demands`
5. the proof is spent, last: of two gateways that see it one accepts it           `tokens.proofs`

Nothing here changes what a token is worth: a replaced refresh token that is shown withdraws nothing.
"""

from __future__ import annotations

from typing import Any

import msgspec

from ..apis.directory import ApiDirectory
from ..apis.resource_servers import ResourceServer
from ..clientauth.authenticate import AuthenticatedClient
from ..errors import OAuthError
from ..grants.grant import PeopleRecords
from ..records import Json
from ..sender.possession import Possession, check
from ..sender.proof_walk import Expected, VerifiedProof
from ..tenants.settings import requires_proof_nonces
from ..tenants.tenant import Tenant
from ..tokens.demands import check_demands
from ..tokens.family import TokenFamily
from ..tokens.introspection import (
    INACTIVE,
    Viewer,
    identifier_of,
    told_api,
    told_client,
    told_of_refresh_token,
    viewer_of,
)
from ..tokens.proofs import Proofs
from ..tokens.recognise import Recogniser
from ..tokens.recognised import InvalidToken, Recognised
from ..tokens.refresh_token import ShownRefreshToken, read
from ..tokens.rotation import Standing, leeway_ms_of, standing_of
from ..tokens.subject import Subjects
from ..users.user import User
from .relayed import Relayed, RelayedProof
from .relayed_refusal import refusal_of

_ALIVE = (Standing.LIVING, Standing.TOLD_AGAIN)
SKEW_MS = 10_000
"""How far the clocks of our nodes may be apart."""


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """One question."""

    tenant: Tenant
    caller: AuthenticatedClient
    token: str
    relayed: Relayed
    now_ms: int

    def __repr__(self) -> str:
        return f"Asked(caller={self.caller.client.client_id!r})"


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What is answered, and why."""

    told: Json
    check: str = ""
    """Which check made it inactive; for the log and the metrics alone."""
    evidence: dict[str, Any] = {}


def _inactive(check: str, **evidence: Any) -> Verdict:
    return Verdict(told=INACTIVE, check=check, evidence=evidence)


class Introspector(msgspec.Struct, frozen=True, kw_only=True):
    """Answers what tokens are worth, for the endpoint."""

    recogniser: Recogniser
    people: PeopleRecords
    subjects: Subjects
    apis: ApiDirectory
    proofs: Proofs

    async def verdict(self, asked: Asked) -> Verdict:
        """What the caller is told; raises nothing for a token, whatever it is."""
        shown = read(asked.token)
        if shown is not None:
            return await self._refresh_token(asked, shown)
        try:
            recognised = await self.recogniser.recognise(asked.tenant, asked.token)  # 1
        except InvalidToken as refusal:
            return _inactive(refusal.check, **refusal.evidence)
        if recognised.lacks_binding:  # our own doors refuse it too
            return _inactive("token.unbound", client_id=recognised.client_id)
        viewer = _viewer(asked, recognised)  # 2
        if viewer is None:
            caller = asked.caller.client.client_id
            return _inactive("introspection.caller", client_id=caller, issued_to=recognised.client_id)
        if viewer is Viewer.ISSUED_TO:
            return Verdict(told=told_client(recognised))
        return await self._for_api(asked, recognised)

    async def _for_api(self, asked: Asked, recognised: Recognised) -> Verdict:
        identifier = identifier_of(asked.caller.client) or ""
        api = await self.apis.resource_server(asked.tenant.tenant_id, identifier)
        if api is None:
            return _inactive("introspection.api_gone", audience=identifier)
        if not _is_since(recognised, api):
            return _inactive("introspection.older_than_api", audience=identifier)
        if recognised.lacks_binding_for(api):
            return _inactive("token.unbound", client_id=recognised.client_id, audience=identifier)
        told = told_api(recognised, identifier, api.scopes)
        try:
            verified = await self._checked(asked, recognised)
        except OAuthError as refusal:
            about = refusal_of(refusal, recognised.confirmation)
            return Verdict(told={**INACTIVE, "proof": about}, check=refusal.check, evidence=refusal.evidence)
        return Verdict(told=told if verified is None else {**told, "proof": verified})

    async def _checked(self, asked: Asked, recognised: Recognised) -> Json | None:
        """What is told of the proof, where the API wants it checked; raises OAuthError."""
        relayed, proof = asked.relayed, None
        if relayed.proof is not None:
            possession = self._possession(asked, recognised, relayed.proof)
            proof = check(recognised.confirmation, asked.token, possession)  # 3
        if relayed.demands is not None:
            check_demands(relayed.demands, recognised.claims, asked.now_ms)  # 4
        await self.proofs.spend(asked.tenant.tenant_id, proof)  # 5
        return None if relayed.proof is None else _told_of_proof(recognised, proof)

    def _possession(self, asked: Asked, recognised: Recognised, shown: RelayedProof) -> Possession:
        return Possession(
            scheme=shown.scheme,
            proof_headers=shown.headers,
            peer_certificates=shown.certificates,
            expected=Expected(
                method=shown.method,
                urls=(shown.url,),
                now_ms=asked.now_ms,
                algs=recognised.registered.profile.proof_algs,
                nonces=self.proofs.nonces,
                realm=asked.tenant.tenant_id,
                needs_nonce=shown.needs_nonce or requires_proof_nonces(asked.tenant),
            ),
        )

    async def _refresh_token(self, asked: Asked, shown: ShownRefreshToken) -> Verdict:
        """RFC 7662 4: refresh tokens are between their client and us, so no API sees one."""
        if asked.relayed.is_there:
            return _inactive("introspection.refresh_token")
        people, tenant_id, registered = self.people, asked.tenant.tenant_id, asked.caller.registered
        family = await people.live.get(TokenFamily, tenant_id, shown.unverified_family_id)
        if family is None or not people.refresh_tokens.holds(family, shown):
            return _inactive("refresh_token.unknown")
        if family.client_id != registered.client.client_id:
            return _inactive("introspection.caller", client_id=registered.client.client_id, issued_to=family.client_id)
        standing = standing_of(family, shown.generation, leeway_ms_of(registered), asked.now_ms)
        if standing not in _ALIVE:
            return _inactive("introspection.standing", grant_id=family.id, standing=str(standing))
        user = await people.live.get(User, tenant_id, family.user_id)
        if user is None or user.blocked:
            return _inactive("refresh_token.user", user_id=family.user_id, is_blocked=user is not None)
        subject = self.subjects.subject_of(asked.tenant, registered.client, user.user_id)
        return Verdict(told=told_of_refresh_token(asked.tenant, family, user, subject))


def _is_since(recognised: Recognised, api: ResourceServer) -> bool:
    """Whether the token was issued for this API, and not for one of its name that was deleted with all it had given.

    The node that made the API may have a clock ahead of that which issued the token.
    """
    issued_at_ms = recognised.issued_at_ms
    return issued_at_ms is not None and issued_at_ms >= api.created_at_ms // 1000 * 1000 - SKEW_MS


def _viewer(asked: Asked, recognised: Recognised) -> Viewer | None:
    """Whoever tells what its API received asks as that API, also for a token that was issued to itself."""
    caller = asked.caller.client
    if not asked.relayed.is_there:
        return viewer_of(caller, recognised)
    return Viewer.API if identifier_of(caller) in recognised.audiences else None


def _told_of_proof(recognised: Recognised, proof: VerifiedProof | None) -> Json:
    """That it was checked, by which member of ``cnf`` it holds, and the nonce to hand on."""
    told: Json = {"bound_by": next(iter(recognised.confirmation or ()), None)}
    if proof is not None and proof.next_nonce is not None:
        told["dpop_nonce"] = proof.next_nonce
    return told
