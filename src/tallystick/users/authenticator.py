"""The authenticator: what a person proves themselves with beside, or instead of, a password."""

from __future__ import annotations

import msgspec

from ..live import LiveRecord
from ..records import Json

TOTP, WEBAUTHN, RECOVERY_CODE = "totp", "webauthn", "recovery-code"


class Authenticator(LiveRecord, frozen=True, kw_only=True):
    """One enrolled factor: an authenticator app, a passkey, or the set of recovery codes."""

    id: str
    user_id: str
    type: str
    """:data:`TOTP`, :data:`WEBAUTHN` or :data:`RECOVERY_CODE`."""
    name: str = ""
    """What the person calls it."""
    is_confirmed: bool = False
    """Whether it proved once that it works; until then it opens nothing."""
    secret_sealed: bytes | None = None
    """TOTP: the shared key, sealed, since it must be read back."""
    credential_id: str | None = None
    """WebAuthn: base64url, unique in the tenant."""
    data: Json = msgspec.field(default_factory=dict)
    """WebAuthn: public key, sign count, transports …; recovery codes: their hashes; TOTP: the last step used."""
    created_at_ms: int
    last_used_at_ms: int | None = None
