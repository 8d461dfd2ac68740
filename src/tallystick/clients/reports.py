"""Reports over all credentials of a tenant: what nobody has used for a while, and what ends soon."""

from __future__ import annotations

from typing import Protocol

import msgspec

from .credential import Credential


class IdleCredential(msgspec.Struct, frozen=True):
    """A credential that is not withdrawn, and what is known of its use."""

    credential: Credential
    last_used_at_ms: int | None
    """None when it was never used."""
    uses: int


class CredentialReports(Protocol):
    """Makes the reports; what they say of use is as old as the workers' tallies, some seconds."""

    async def idle_credentials(
        self, tenant_id: str, before_ms: int, *, client_id: str | None = None, offset: int = 0, limit: int | None = None
    ) -> list[IdleCredential]:
        """Credentials that are not withdrawn, made before ``before_ms`` and not used since, in the order made."""
        ...

    async def idle_credential_count(self, tenant_id: str, before_ms: int, *, client_id: str | None = None) -> int:
        """How many there are."""
        ...

    async def expiring_credentials(
        self, tenant_id: str, before_ms: int, *, offset: int = 0, limit: int | None = None
    ) -> list[Credential]:
        """Credentials that are not withdrawn and end before ``before_ms``, or have ended; the first to end first."""
        ...

    async def expiring_credential_count(self, tenant_id: str, before_ms: int) -> int:
        """How many there are."""
        ...
