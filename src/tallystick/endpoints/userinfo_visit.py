"""One visit to `/userinfo`: how far it got, what goes along with its answer, and what the log tells of a refusal."""

from __future__ import annotations

import msgspec

from ..errors import OAuthError
from ..events import Event, EventType
from ..sender.proof_walk import VerifiedProof
from ..tokens.recognised import Recognised
from ..web.access_token import ShownToken
from ..web.answers import Headers
from ..web.cors import cors_headers
from ..web.interaction import interaction_headers
from ..web.nonces import nonce_headers
from ..web.request import Request
from ..web.shown import bounded, shown_by_bearer


class Visit(msgspec.Struct, kw_only=True):
    """One request."""

    request: Request
    now_ms: int
    shown: ShownToken | None = None
    recognised: Recognised | None = None
    """Set as soon as the token is known for one of ours: nobody has proven yet to be who may show it."""
    proof: VerifiedProof | None = None
    """The one that was used up."""

    @property
    def known(self) -> Recognised:
        """The token, where it is known."""
        assert self.recognised is not None  # noqa: S101 - whoever asks has looked at it before
        return self.recognised

    def headers(self, error: OAuthError | None = None) -> Headers:
        """What goes along with any answer. Pages of the token's own application may read refusals too: they need the
        nonce in it."""
        client = self.recognised.registered.client if self.recognised is not None else None
        return [
            *interaction_headers(self.request),
            *cors_headers(self.request, client),
            *nonce_headers(self.proof, error),
        ]


def refusal(visit: Visit, error: OAuthError) -> Event:
    """The row of a token that opened nothing: the exact check, and what was shown, taken apart."""
    request, recognised = visit.request, visit.recognised
    token = visit.shown.token if visit.shown is not None else ""
    client = recognised.registered.client if recognised is not None else None
    return Event(
        tenant_id=request.tenant.tenant_id,
        type=EventType.USERINFO_FAILED,
        at_ms=visit.now_ms,
        description=error.description,
        correlation_id=request.correlation_id,
        # Of whom the token is; who showed it may be somebody else.
        client_id=client.client_id if client is not None else "",
        client_name=client.name if client is not None else "",
        ip=request.ip,
        user_agent=request.user_agent,
        hostname=request.hostname,
        details={
            **bounded(error.evidence),
            "check": error.check,
            "error": error.code,
            **shown_by_bearer(request, token, error.evidence, visit.now_ms),
        },
    )
