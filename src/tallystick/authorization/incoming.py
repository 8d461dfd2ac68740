"""How a request comes in: by the browser, ahead of it, or from a pending authorization. The walk sees no difference.

What a request *is* stands in its parameters, whoever carried them; what is known of its way, in its provenance.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

import msgspec

from ..tenants.tenant import Tenant
from .pending import PendingAuthorization
from .progress import progress_of
from .provenance import THE_BROWSER, Provenance, provenance_of


class Incoming(msgspec.Struct, frozen=True, kw_only=True):
    """An authorization request before it is judged."""

    parameters: Mapping[str, str]
    """What counts: of a signed request what was signed, of a pushed one what was pushed."""
    provenance: Provenance = THE_BROWSER
    hinted_subject: str | None = None
    """Whom an ``id_token_hint`` meant that is not among the parameters any more."""
    repeated: Collection[str] = ()
    """Parameters that may come several times, and did."""


def resumed(pending: PendingAuthorization) -> Incoming:
    """A request that waited for a person: as it came in, to be judged anew."""
    return Incoming(
        parameters=pending.parameters,
        provenance=provenance_of(pending.provenance) if pending.provenance else THE_BROWSER,
        hinted_subject=progress_of(pending).hinted_subject,
    )


class IncomingRequests:
    """Finds out what a request is, before it is judged."""

    async def of_browser(
        self, tenant: Tenant, parameters: Mapping[str, str], repeated: Collection[str], now_ms: int
    ) -> Incoming:
        """What a browser brought to `/authorize`. Raises OAuthError."""
        return Incoming(parameters=parameters, repeated=repeated)
