"""The rules of rotation, per algorithm: current becomes previous, next becomes current, a fresh key becomes next.

A next key is published from the moment it exists, so whoever cached the key set before a rotation already knows the key
that signs after it. A previous key stays published until it is revoked. Several may be previous at once: Auth0 keeps
one, but an access token may live 30 days here as there, and two rotations in that time must not break it. A previous
key that has not signed for longer than any token lives is revoked by the next rotation: it can have nothing to verify.

A key for encryption has no next one: the fresh key is current at once. The previous ones decrypt until they are
revoked, for senders keep what they fetched; they are retired like the others.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from ..clock import DAY_MS
from ..errors import InvalidField, NotFound
from ..records import Decision
from .key import CURRENT, NEXT, PREVIOUS, SigningKey, kind_of
from .make import ALGS

TOKEN_LIFE_MS_MAX = 2_592_000 * 1000
"""The longest ``token_lifetime`` a resource server may have (auth0.md 3.7): 30 days."""
RETIRE_AFTER_MS = TOKEN_LIFE_MS_MAX + DAY_MS
"""A day more, for clocks and for workers that learned of a rotation late."""


def check_alg(alg: object) -> str:
    """The algorithm to rotate; raises InvalidField for one the server has no keys for. ``EdDSA`` means Ed25519."""
    name = "Ed25519" if alg == "EdDSA" else alg
    if name not in ALGS:
        raise InvalidField("alg", f"must be one of {', '.join(ALGS)}", check="signing.alg")
    return str(name)


def rotate(keys: Sequence[SigningKey], fresh: SigningKey, now_ms: int) -> Decision[SigningKey]:
    """Put ``fresh`` in as the newest key of its algorithm and move the others up; answers it."""
    mine = [key for key in keys if key.alg == fresh.alg]
    saves = [fresh]
    # Without a next key (an algorithm that an upgrade brought) the current one stays: there must always be one.
    if fresh.state == CURRENT or any(key.state == NEXT for key in mine):
        saves += [_moved(key, now_ms) for key in mine if key.state in (CURRENT, NEXT)]
    saves += [replace(key, revoked_at_ms=now_ms) for key in mine if _is_spent(key, now_ms)]
    return Decision(fresh, saves=saves)


def revoke(keys: Sequence[SigningKey], kid: str, now_ms: int) -> Decision[SigningKey]:
    """Take a previous key out of the key set; raises NotFound, and InvalidField for a key still in use.

    Revoking twice changes nothing and is no error.
    """
    key = found(keys, kid)
    if key.state != PREVIOUS:
        # As at Auth0: a key in use must be rotated out first, else there would be none to sign with.
        kind = kind_of(key)
        reason = f"The {key.state} {kind} key cannot be revoked. Rotate the {kind} keys first."
        raise InvalidField("kid", reason, check="signing.revoke_in_use", state=key.state)
    if key.revoked_at_ms is not None:
        return Decision(key)
    revoked = replace(key, revoked_at_ms=now_ms)
    return Decision(revoked, saves=(revoked,))


def found(keys: Sequence[SigningKey], kid: str) -> SigningKey:
    """The key of this kid; raises NotFound."""
    for key in keys:
        if key.kid == kid:
            return key
    raise NotFound("The signing key does not exist", error_code="inexistent_signing_key", check="signing.kid")


def _moved(key: SigningKey, now_ms: int) -> SigningKey:
    if key.state == CURRENT:
        return replace(key, state=PREVIOUS, current_until_ms=now_ms)
    return replace(key, state=CURRENT, current_since_ms=now_ms)


def _is_spent(key: SigningKey, now_ms: int) -> bool:
    if key.state != PREVIOUS or key.revoked_at_ms is not None or key.current_until_ms is None:
        return False
    return now_ms - key.current_until_ms > RETIRE_AFTER_MS
