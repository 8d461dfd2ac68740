"""The one way through client authentication: sort, load, verify purely, spend last.

1. what was presented: exactly one method                         `presented`
2. the client, its keys, and the method it is registered for      `clients.directory`, `clients.client_keys`, `table`
3. the method verifies; a decoy stands in for whom we do not know
4. the one-time value is spent, after everything else held        `onetime`
5. the credential is notched as used                              `tallies`
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Mapping, Sequence

import msgspec

from ..certs.certificate import thumbprint_of
from ..certs.verdict import CaVerdict
from ..clients.client import Client
from ..clients.client_keys import ClientKeys
from ..clients.credential import Credential
from ..clients.directory import ClientDirectory, RegisteredClient
from ..clients.secrets import SecretHasher
from ..errors import OAuthError
from ..metrics import CLIENT_AUTHENTICATIONS
from ..onetime import OneTimeStore
from ..profiles import Profile
from ..tallies import Tallies
from ..tenants.tenant import Tenant
from .decoy import make_decoy
from .method import ClientAuthenticationFailed, Evidence, Method, Proof
from .presented import Presented, PresentedAssertion, PresentedNothing, PresentedSecret, presented
from .table import DECOY_METHOD, METHODS

CLIENT_ID = re.compile(r"[\x21-\x7e]{1,128}")
"""RFC 6749 A.1, without the space; longer than any id we give. What does not look like an id is not looked up."""


class AuthenticationRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What an endpoint hands in."""

    tenant: Tenant
    endpoint_urls: tuple[str, ...]
    """The public URLs of this endpoint, top level and mTLS alias: acceptable audiences outside FAPI 2."""
    authorization: Sequence[bytes]
    parameters: Mapping[str, str]
    peer_certificates: tuple[bytes, ...]
    now_ms: int
    ca_verdict: CaVerdict = CaVerdict.NOT_TOLD
    """What a believed proxy says of ``peer_certificates``."""


class AuthenticatedClient(msgspec.Struct, frozen=True, kw_only=True):
    """A client that has proven who it is, and how. Only :class:`Authenticator` makes one."""

    registered: RegisteredClient
    method: str
    credential: Credential | None
    """What proved it; None for a public client."""

    @property
    def client(self) -> Client:
        """The client."""
        return self.registered.client

    @property
    def profile(self) -> Profile:
        """The rules in force for it."""
        return self.registered.profile

    @property
    def is_confidential(self) -> bool:
        """Whether the client proved itself at all (RFC 6749 2.1)."""
        return self.method != "none"


class _Attempt:
    """What is counted of an authentication, whether it succeeds or not."""

    __slots__ = ("method",)

    def __init__(self) -> None:
        self.method = "none presented"
        """By which method it was judged, once that is known."""


class Authenticator:
    """Authenticates the client of a request, at every endpoint the same way."""

    def __init__(
        self,
        directory: ClientDirectory,
        client_keys: ClientKeys,
        one_time: OneTimeStore,
        hasher: SecretHasher,
        tallies: Tallies,
        *,
        trust_proxy_verification: bool = False,
    ) -> None:
        self._directory = directory
        self._client_keys = client_keys
        self._one_time = one_time
        self._hasher = hasher
        self._tallies = tallies
        self._trust_proxy_verification = trust_proxy_verification

    async def authenticate(self, request: AuthenticationRequest) -> AuthenticatedClient:
        """The proven client; raises :class:`errors.OAuthError`, and then nothing was spent."""
        attempt = _Attempt()
        try:
            authenticated = await self._authenticated(request, attempt)
        except OAuthError as refusal:
            CLIENT_AUTHENTICATIONS.add(attempt.method, "refused", refusal.check)
            raise
        CLIENT_AUTHENTICATIONS.add(authenticated.method, "authenticated", "")
        return authenticated

    async def _authenticated(self, request: AuthenticationRequest, attempt: _Attempt) -> AuthenticatedClient:
        shown = presented(request.authorization, request.parameters)  # 1
        client_id = shown.client_id
        registered = await self._load(request.tenant, client_id)  # 2
        method, mismatch = method_for(registered, shown, request.peer_certificates)
        attempt.method = method.name
        if registered is not None and mismatch is None and method.name in registered.key_set_urls:
            registered = await self._with_keys(registered, shown, request.peer_certificates, request.now_ms)
        evidence = Evidence(
            tenant=request.tenant,
            registered=registered if registered is not None and mismatch is None else make_decoy(client_id),
            presented=shown,
            endpoint_urls=request.endpoint_urls,
            peer_certificates=request.peer_certificates,
            authorities=await self._directory.authorities(
                request.tenant.tenant_id, registered.subjects if registered is not None else ()
            ),
            hasher=self._hasher,
            now_ms=request.now_ms,
            ca_verdict=request.ca_verdict,
            trust_proxy_verification=self._trust_proxy_verification,
        )
        try:
            proof = _verified(method, evidence, mismatch)  # 3
        except ClientAuthenticationFailed as refusal:
            if registered is not None:
                refusal.evidence["client_id"] = client_id
            raise
        assert registered is not None  # noqa: S101 - an unknown client is a mismatch, which _verified refuses
        if proof.one_time is not None and not await self._one_time.spend(proof.one_time):  # 4
            raise ClientAuthenticationFailed("one_time.spent", purpose=proof.one_time.purpose, client_id=client_id)
        if proof.credential is not None:  # 5
            self._tallies.used(request.tenant.tenant_id, proof.credential.id, request.now_ms)
        return AuthenticatedClient(registered=registered, method=method.name, credential=proof.credential)

    async def _with_keys(
        self,
        registered: RegisteredClient,
        shown: Presented,
        peer_certificates: tuple[bytes, ...],
        now_ms: int,
    ) -> RegisteredClient:
        """The client with its keys or certificates by address, when it shows what one of them should be."""
        if isinstance(shown, PresentedAssertion):
            return await self._client_keys.with_keys(registered, shown.jwt.kid, now_ms)
        if peer_certificates:
            return await self._client_keys.with_certificates(registered, thumbprint_of(peer_certificates[0]), now_ms)
        return registered

    async def _load(self, tenant: Tenant, client_id: str) -> RegisteredClient | None:
        if not CLIENT_ID.fullmatch(client_id):
            return None
        return await self._directory.find(tenant.tenant_id, client_id)


def method_for(
    registered: RegisteredClient | None, shown: Presented, peer_certificates: tuple[bytes, ...]
) -> tuple[Method, str | None]:
    """The method to verify by, and the name of the check that already failed, if one did."""
    if registered is None:
        return _decoy_method(shown, peer_certificates), "client.unknown"
    if registered.client.is_global:
        return _decoy_method(shown, peer_certificates), "client.global"
    method = METHODS[registered.client.authentication_method]
    if not isinstance(shown, method.presented_as):
        return _decoy_method(shown, peer_certificates), f"client.method_is_{method.name}"
    # A secret client may show its secret in either place (auth0.md 2.1); its profile may narrow that.
    by = shown.method if isinstance(shown, PresentedSecret) else method.name
    if by not in registered.profile.authentication_methods:
        return _decoy_method(shown, peer_certificates), "profile.authentication_methods"
    return METHODS[by], None


def _decoy_method(shown: Presented, peer_certificates: tuple[bytes, ...]) -> Method:
    if isinstance(shown, PresentedNothing) and peer_certificates:
        return METHODS["tls_client_auth"]
    return DECOY_METHOD[type(shown)]


def _verified(method: Method, evidence: Evidence, mismatch: str | None) -> Proof:
    if mismatch is None:
        return method.verify(evidence)
    with contextlib.suppress(ClientAuthenticationFailed):
        method.verify(evidence)  # for its work alone
    raise ClientAuthenticationFailed(mismatch)
