"""How a family's refresh token lives: when it is replaced, when it ends, what it means when an old one is shown. Pure.

    shown                                   then
    the living generation                   the family goes on: rotated, or as it is
    a later one                             likewise: the database was restored to before it was given out
    the one before, within the leeway       the living one is told again; the answer to the rotation got lost
    any older, or the one before too late   it was copied: everything that came of the family is withdrawn

Absolute life is fixed when the family begins; idle life, rotation and leeway follow what the application's settings
say now (auth0.md 1.3; RFC 9700 4.14.2).
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from msgspec.structs import replace

from ..clients.client import Client
from ..clients.directory import RegisteredClient
from ..records import Json
from ..sender.binding import Binding
from .families import ACCESS_TOKEN_LIFE_MAX_MS, NEVER_MS
from .family import TokenFamily

TOUCH_EVERY_MS = 60_000
"""A token that is not replaced is marked as used, and its idle life prolonged, at most this often."""


class Standing(StrEnum):
    """What a token of the family that was shown is worth."""

    LIVING = "living"
    TOLD_AGAIN = "told again"
    REUSED = "reused"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


def standing_of(family: TokenFamily, generation: int, leeway_ms: int, now_ms: int) -> Standing:
    """What a genuine token of this generation is worth now."""
    if family.withdrawn_at_ms is not None:
        return Standing.WITHDRAWN
    if generation < family.generation:
        leeway_ends_ms = (family.rotated_at_ms or 0) + leeway_ms
        # Without leeway the clock is not asked: of two at once, or on two nodes, the second may be the earlier by it.
        if generation != family.generation - 1 or leeway_ms == 0 or now_ms >= leeway_ends_ms:
            return Standing.REUSED
    ends_ms = (family.expires_at_ms, family.idle_expires_at_ms)
    if any(end_ms is not None and end_ms <= now_ms for end_ms in ends_ms):
        return Standing.EXPIRED
    return Standing.LIVING if generation >= family.generation else Standing.TOLD_AGAIN


def leeway_ms_of(registered: RegisteredClient) -> int:
    """How long the token before the living one may be shown again: what the client says, or its profile's least."""
    of_client_ms = int(_settings(registered.client).get("leeway") or 0) * 1000
    return max(of_client_ms, registered.profile.refresh_overlap_ms_min)


def rotates(client: Client, *, is_confidential: bool, is_bound: bool) -> bool:
    """Whether each use replaces the token.

    A public client proves nothing: its token is replaced even where its settings say otherwise, unless it is bound to
    its holder (RFC 9700 2.2.2, OAuth 2.1 4.3.1).
    """
    if _settings(client).get("rotation_type") == "rotating":
        return True
    return not is_confidential and not is_bound


def with_refresh_token(
    family: TokenFamily, client: Client, binding: Binding | None, *, is_confidential: bool, now_ms: int
) -> TokenFamily:
    """A family that just began, with its first refresh token; a public client's is bound to ``binding``."""
    lifetime_ms = _life_ms(client, "token_lifetime", "infinite_token_lifetime")
    confirmation = binding.confirmation if binding is not None and not is_confidential else None
    begun = replace(
        family,
        has_refresh_token=True,
        is_rotating=rotates(client, is_confidential=is_confidential, is_bound=confirmation is not None),
        binding=confirmation,
        expires_at_ms=None if lifetime_ms is None else now_ms + lifetime_ms,
    )
    return _used(begun, client, now_ms)


def exchanged(
    family: TokenFamily,
    registered: RegisteredClient,
    binding: Binding | None,
    *,
    is_confidential: bool,
    credential_id: str | None,
    seen: Json,
    now_ms: int,
) -> TokenFamily:
    """The family after its living token was exchanged; the very same where nothing is worth a write.

    Where the profile promises that a replaced token works on for a while, none is replaced within that while of the
    last: the one before the living one is then the only one the promise can be about. A public client's token that is
    bound to nobody yet is replaced by one that is bound to ``binding`` (RFC 9449 5).
    """
    client, overlap_ms = registered.client, registered.profile.refresh_overlap_ms_min
    is_rotating = rotates(client, is_confidential=is_confidential, is_bound=family.binding is not None)
    last_ms = family.last_exchanged_at_ms
    is_fresh = last_ms is not None and now_ms - last_ms < TOUCH_EVERY_MS
    if not is_rotating and not family.is_rotating and is_fresh and family.last_credential_id == credential_id:
        return family
    changes: dict[str, Any] = {}
    if is_rotating and (family.rotated_at_ms is None or now_ms - family.rotated_at_ms >= overlap_ms):
        changes = {"generation": family.generation + 1, "rotated_at_ms": now_ms}
        if family.binding is None and binding is not None and not is_confidential:
            changes["binding"] = binding.confirmation
    return _used(
        replace(
            family,
            is_rotating=is_rotating,
            last_credential_id=credential_id,
            last_exchanged_at_ms=now_ms,
            device={**family.device, **seen},
            **changes,
        ),
        client,
        now_ms,
    )


def _used(family: TokenFamily, client: Client, now_ms: int) -> TokenFamily:
    """With its idle life from now on, and kept as long as anything of it can be alive."""
    idle_ms = _life_ms(client, "idle_token_lifetime", "infinite_idle_token_lifetime")
    idle_ends_ms = None if idle_ms is None else now_ms + idle_ms
    ends_ms = [end_ms for end_ms in (family.expires_at_ms, idle_ends_ms) if end_ms is not None]
    purge_at_ms = max(min(ends_ms, default=NEVER_MS), now_ms + ACCESS_TOKEN_LIFE_MAX_MS)
    return replace(family, idle_expires_at_ms=idle_ends_ms, purge_at_ms=purge_at_ms)


def _settings(client: Client) -> Json:
    return client.metadata.get("refresh_token") or {}


def _life_ms(client: Client, name: str, infinite: str) -> int | None:
    settings = _settings(client)
    lifetime_s = settings.get(name)
    if settings.get("expiration_type") != "expiring" or settings.get(infinite) or lifetime_s is None:
        return None
    return int(lifetime_s) * 1000
