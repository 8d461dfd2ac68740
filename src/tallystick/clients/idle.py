"""What lies idle: credentials and applications that nobody has used for a while, and may be safe to remove."""

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


class IdleStore(Protocol):
    """Answers what lies idle; at most as old as the tallies of the workers, some seconds."""

    async def idle_credentials(
        self, tenant_id: str, before_ms: int, *, client_id: str | None = None, offset: int = 0, limit: int | None = None
    ) -> list[IdleCredential]:
        """Credentials that are not withdrawn, made before ``before_ms`` and not used since, in the order made."""
        ...

    async def idle_credential_count(self, tenant_id: str, before_ms: int, *, client_id: str | None = None) -> int:
        """How many there are."""
        ...
