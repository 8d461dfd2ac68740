"""The shape that every client authentication method has: evidence in, proof out, or a refusal. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from ..certs.verdict import CaVerdict
from ..clients.credential import Credential
from ..clients.directory import AuthoritySet, RegisteredClient
from ..clients.secrets import SecretHasher
from ..errors import OAuthError
from ..onetime import OneTimeValue
from ..tenants.tenant import Tenant
from .presented import Presented


class ClientAuthenticationFailed(OAuthError):
    """One public voice for every failed check (RFC 6749 5.2); the log learns which it was."""

    def __init__(self, check: str, **evidence: Any) -> None:
        super().__init__("invalid_client", "Client authentication failed.", check=check, **evidence)


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """All a method may look at; nothing here is fetched by it."""

    tenant: Tenant
    registered: RegisteredClient
    presented: Presented
    endpoint_urls: tuple[str, ...]
    """The public URLs of the endpoint that was called: top level and mTLS alias."""
    peer_certificates: tuple[bytes, ...]
    authorities: AuthoritySet
    hasher: SecretHasher
    now_ms: int
    ca_verdict: CaVerdict = CaVerdict.NOT_TOLD
    """What a believed proxy says of ``peer_certificates``."""
    trust_proxy_verification: bool = False
    """Whether the deployment lets the proxy's success stand in for our own check of the chain."""

    @property
    def client_id(self) -> str:
        """Whom the evidence must prove."""
        return self.registered.client.client_id


class Proof(msgspec.Struct, frozen=True, kw_only=True):
    """What held: the credential, and the one-time value that is now to be spent."""

    credential: Credential | None = None
    one_time: OneTimeValue | None = None


class Method(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the table in `clientauth.table`."""

    name: str
    presented_as: type
    """The kind of :data:`Presented` by which this method is shown."""
    verify: Callable[[Evidence], Proof]
