"""Issues what a person's authorization gives an application: access token and ID token, from one order.

1. the scopes: what the API defines, what its policies give the person, and what is about the person
2. the binding, and whether there must be one                        `sender.constrain`
3. the access token                                                  `tokens.access_token`
4. the ID token, where ``openid`` was granted                        `tokens.id_token`, `tokens.response_encryption`

The token endpoint and the authorization endpoint both come here, so that no way to a token is laxer than another.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Protocol

import msgspec

from ..apis.resource_servers import ResourceServer
from ..clients.chosen_algs import ID_TOKEN as ID_TOKEN_ALG
from ..clients.chosen_encryption import ID_TOKEN as ENCRYPTED_AS
from ..clients.client import Client
from ..records import Json
from ..sender.binding import Binding
from ..sender.constrain import constrain
from ..signing.ring import KeyRing
from ..tenants.tenant import Tenant
from ..users.claims import claims_of
from .access_token import AccessTokenOrder, told_details
from .client_algs import signing_alg_of
from .id_token import IdTokenOrder, id_token_claims
from .issue import IssuedToken, Issuer
from .person_claims import ID_TOKEN, OPENID, OPENID_SCOPES, claims_by_scope, claims_requested
from .person_order import IssuedToPerson, PersonTokenOrder
from .response_encryption import ResponseEncryption
from .status_places import place_of
from .subject import Subjects
from .userinfo_api import USERINFO_PATH, userinfo_api

_encode = msgspec.json.Encoder().encode


class PermissionsOfPeople(Protocol):
    """What people may do: `users.permissions`."""

    async def of(self, tenant: Tenant, user_id: str, audience: str) -> frozenset[str]:
        """The permissions that a person has at one API, by themselves and by their roles."""
        ...


class PersonTokens:
    """Issues tokens in people's names."""

    def __init__(
        self,
        ring: KeyRing,
        issuer: Issuer,
        subjects: Subjects,
        permissions: PermissionsOfPeople,
        encryption: ResponseEncryption,
    ) -> None:
        self._ring = ring
        self._encryption = encryption
        self._issuer = issuer
        self._subjects = subjects
        self._permissions = permissions

    async def issue(self, order: PersonTokenOrder) -> IssuedToPerson:
        """Access token and ID token; raises OAuthError where a token must be bound or encrypted and cannot be."""
        api = order.resource_server
        permissions = await self._permissions_at(order.tenant, api, order.user.user_id)
        scopes = narrowed(order.scopes, api, permissions)  # 1
        binding, access_token = None, None
        if order.with_access_token:
            binding = _binding(order)  # 2
            subject = self._subjects.subject_of(order.tenant, order.client, order.user.user_id)
            access_order = _access_order(order, subject, scopes, binding, permissions)
            access_token = await self._issuer.issue(access_order)  # 3
        id_token = None
        if order.with_id_token and OPENID in scopes:
            id_token = await self._id_token(order, scopes, access_token)  # 4
        told = told_details(order.authorization_details, api) if order.with_access_token else {}
        return IssuedToPerson(access_token=access_token, id_token=id_token, scopes=scopes, binding=binding, told=told)

    async def scopes_of(
        self, tenant: Tenant, api: ResourceServer | None, user_id: str, asked: Collection[str]
    ) -> tuple[str, ...]:
        """Of the scopes that were asked for those that this person can give today, in the order they were asked for."""
        return narrowed(asked, api, await self._permissions_at(tenant, api, user_id))

    async def _permissions_at(self, tenant: Tenant, api: ResourceServer | None, user_id: str) -> frozenset[str] | None:
        if api is None or not api.enforces_policies:
            return None
        return (await self._permissions.of(tenant, user_id, api.identifier)).intersection(api.scopes)

    async def _id_token(
        self, order: PersonTokenOrder, scopes: tuple[str, ...], access_token: IssuedToken | None
    ) -> str:
        alg, family = signing_alg_of(order.registered, ID_TOKEN_ALG), order.family
        claims = id_token_claims(
            IdTokenOrder(
                tenant=order.tenant,
                client=order.client,
                subject=self._subjects.subject_of(order.tenant, order.client, order.user.user_id),
                auth_time_ms=family.auth_time_ms,
                session_id=family.session_id,
                amr=family.amr,
                acr=family.acr,
                nonce=order.nonce,
                person=_person(order, scopes),
                access_token=access_token.access_token if access_token is not None else None,
                code=order.code,
                state=order.state if order.registered.profile.has_state_hash else None,
                now_ms=order.now_ms,
            ),
            alg,
        )
        signer = await self._ring.signer(order.tenant.tenant_id, alg)
        signed = signer.sign(_encode(claims))
        return await self._encryption.sealed(order.registered, signed, ENCRYPTED_AS, order.now_ms)


def narrowed(asked: Collection[str], api: ResourceServer | None, permissions: frozenset[str] | None) -> tuple[str, ...]:
    """Scopes about the person, and those of the API; of these only what its policies give, where it enforces them."""
    of_api = frozenset(api.scopes) if api is not None else frozenset()
    given = of_api if permissions is None else of_api & permissions
    return tuple(dict.fromkeys(scope for scope in asked if scope in OPENID_SCOPES or scope in given))


def has_scope_claims_in_id_token(client: Client) -> bool:
    """Whether profile and e-mail address go into ID tokens by scope, as Auth0's SDKs expect (docs/divergences.md)."""
    return bool(client.metadata.get("id_token_scope_claims", client.is_first_party))


def _binding(order: PersonTokenOrder) -> Binding | None:
    api = order.resource_server
    return constrain(
        order.shown.bindings,
        api.metadata.get("proof_of_possession") if api is not None else None,
        client_requires=order.client.requires_proof_of_possession,
        is_confidential=order.is_confidential,
        is_userinfo_only=api is None,
        demanded=order.registered.profile.sender_constraint,
    )


def _access_order(
    order: PersonTokenOrder,
    subject: str,
    scopes: tuple[str, ...],
    binding: Binding | None,
    permissions: frozenset[str] | None,
) -> AccessTokenOrder:
    api = order.resource_server
    # What is encrypted to the API nobody else reads, /userinfo included.
    has_two_audiences = api is not None and OPENID in scopes and not api.encrypts_tokens
    return AccessTokenOrder(
        tenant=order.tenant,
        resource_server=api or userinfo_api(order.tenant, order.registered.profile),
        client_id=order.client.client_id,
        subject=subject,
        scopes=scopes,
        gty=order.gty,
        binding=binding,
        now_ms=order.now_ms,
        jti=order.jti,
        userinfo_url=order.tenant.url(USERINFO_PATH) if has_two_audiences else None,
        grant_id=order.family.id,
        place=place_of(order.family) if api is not None and api.publishes_status else None,
        permissions=tuple(sorted(permissions or ())),
        authorization_details=order.authorization_details,
        transaction_linking_id=order.family.transaction_linking_id,
        auth_time_ms=order.family.auth_time_ms,
        acr=order.family.acr,
        amr=order.family.amr,
        is_web=order.client.app_type == "spa" and api is not None,
    )


def _person(order: PersonTokenOrder, scopes: tuple[str, ...]) -> Json:
    """Core 5.4: by scope where no access token is issued that could fetch them, or where the application wants it so;
    and what was asked for by name."""
    person, api = claims_of(order.user), order.resource_server
    is_sealed = order.with_access_token and api is not None and api.encrypts_tokens
    is_alone = is_sealed or (not order.with_access_token and order.code is None)
    by_scope = claims_by_scope(person, scopes) if is_alone or has_scope_claims_in_id_token(order.client) else {}
    return {**by_scope, **claims_requested(person, order.family.claims, ID_TOKEN)}
