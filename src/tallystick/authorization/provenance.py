"""Provenance: how a request came in, and so what is known of whoever might have changed it on its way."""

from __future__ import annotations

import msgspec

from ..records import Json


class Provenance(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Kept with a request as long as it is under way: what must be pushed or signed is asked at every return."""

    pushed_id: str | None = None
    """The pushed request it is (`authorization.pushed_request`); None when the browser carried it."""
    pushed_by: str | None = None
    """The credential by which its client proved itself at the push; None also for keys by address."""
    signing_alg: str | None = None
    """How its request object was signed, canonical name; None when nothing was."""
    credential_id: str | None = None
    """The client's credential that signed it; None also for keys by address."""
    jti: str | None = None
    """Of a request object that the browser carried: to be spent by the answer."""
    issued_at_ms: int | None = None
    """Its ``iat``, else its ``nbf``."""
    expires_at_ms: int | None = None
    """When the object is refused for its age alone."""

    @property
    def is_pushed(self) -> bool:
        """Whether an authenticated client sent it (RFC 9126)."""
        return self.pushed_id is not None

    @property
    def vouched_by(self) -> str | None:
        """The credential that its client made it with: of two, the one that signed it."""
        return self.credential_id or self.pushed_by

    @property
    def is_signed(self) -> bool:
        """Whether a key of the client's signed it (RFC 9101)."""
        return self.signing_alg is not None


THE_BROWSER = Provenance()
"""Nobody vouches for the request."""


def provenance_of(kept: Json) -> Provenance:
    """As it was kept."""
    return msgspec.convert(kept, Provenance)


def kept_provenance(provenance: Provenance) -> Json:
    """In the form in which it is kept."""
    kept: Json = msgspec.to_builtins(provenance)
    return kept
