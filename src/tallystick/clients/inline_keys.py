"""The keys that stand in a client itself (``jwks``): whether each may serve, asked when the client is saved. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from ..errors import InvalidField, Refused
from .actor import Actor
from .client import CERTIFICATE_USAGE, SOURCED_USAGES, Client
from .credential import Credential
from .field_refusal import on_field
from .jwk_certificate import certificate_of, new_certificate
from .set_key import SetKey, read_key
from .usage import held_elsewhere, holder_path_of, use_of_usage


class InlineKey(msgspec.Struct, frozen=True, kw_only=True):
    """One key, and where it stands in the body."""

    usage: str
    path: str
    key: SetKey
    warnings: tuple[str, ...] = ()
    """What is to be said of its certificate, where that is what serves."""


def inline_keys_of(client: Client, before: Client | None, now_ms: int) -> Iterator[InlineKey]:
    """Every such key of the client. Raises InvalidField for the first that is not taken.

    ``before``: the client as it was; a certificate that stood there may have expired meanwhile.
    """
    known = before.inline_keys(CERTIFICATE_USAGE) if before is not None else []
    for usage in SOURCED_USAGES:
        for index, jwk in enumerate(client.inline_keys(usage)):
            path = f"{holder_path_of(usage)}.jwks.keys[{index}]"
            try:
                key, warnings = read_key(jwk, use_of_usage(usage)), list[str]()
                if usage == CERTIFICATE_USAGE and jwk in known:
                    certificate_of(jwk, key.public_key)
                elif usage == CERTIFICATE_USAGE:
                    _, warnings = new_certificate(jwk, key.public_key, now_ms)
            except Refused as refusal:
                raise on_field(path, refusal) from None
            yield InlineKey(usage=usage, path=path, key=key, warnings=tuple(warnings))


def check_one_usage(inline: Sequence[InlineKey], usage_of_key: dict[str, str]) -> None:
    """One key, one usage: ``usage_of_key`` says what the client's uploaded keys serve. Raises InvalidField."""
    for one in inline:
        other = usage_of_key.setdefault(one.key.key_sha256, one.usage)
        if other != one.usage:
            raise InvalidField(one.path, f"The key already serves {other}", check="credential.key_usage")


def check_held_by_one(inline: Sequence[InlineKey], others: Sequence[Credential], actor: Actor) -> None:
    """``others``: credentials of other applications. Raises Conflict where one is over the same key."""
    keys = {one.key.key_sha256 for one in inline}
    for holder in others:
        if holder.key_sha256 in keys:
            raise held_elsewhere(holder, actor)
