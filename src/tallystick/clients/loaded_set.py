"""A key set by address with its keys parsed, ready to use; and the same as one client may use it. Pure."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from msgspec.structs import replace

from .credential import Credential
from .jwk_set import REFUSED_MAX, told
from .key_set import KeySet
from .key_set_life import is_usable
from .loaded_certificate import loaded_certificates
from .loaded_key import LoadedKey, loaded_keys
from .set_key import SetKey, stored_keys


class LoadedSet(msgspec.Struct, frozen=True, kw_only=True):
    """What one address answered last; ``record`` None: it was never asked."""

    record: KeySet | None
    set_keys: tuple[SetKey, ...] = ()
    by_use: Mapping[str, tuple[LoadedKey, ...]] = {}
    kids: frozenset[str] = frozenset()
    """The names in the set, also of keys that the client may not use: no fetch would bring better ones."""

    all_certificates: tuple[Credential, ...] = ()
    thumbprints: frozenset[str] = frozenset()
    """Of the certificates in the set, likewise."""

    def has(self, kid: str | None, thumbprint: str | None = None) -> bool:
        """Whether there is a key by this name, and this certificate; True when none is named."""
        return (kid is None or kid in self.kids) and (thumbprint is None or thumbprint in self.thumbprints)

    def keys_for(self, use: str, now_ms: int) -> tuple[LoadedKey, ...]:
        """The keys for ``sig`` or ``enc``; none once the set is too old."""
        if self.record is None or not is_usable(self.record, now_ms):
            return ()
        return self.by_use.get(use, ())

    def certificates(self, now_ms: int) -> tuple[Credential, ...]:
        """The certificates; none once the set is too old."""
        return self.all_certificates if self.record is not None and is_usable(self.record, now_ms) else ()


def loaded_set(record: KeySet | None) -> LoadedSet:
    """The set of a record."""
    if record is None:
        return LoadedSet(record=None)
    keys = tuple(stored_keys(record.keys, url=record.url))
    by_use = {use: loaded_keys(record.tenant_id, "", (key for key in keys if key.use == use)) for use in ("sig", "enc")}
    kids = frozenset(key.kid for key in keys if key.kid is not None)
    return LoadedSet(
        record=record,
        set_keys=keys,
        by_use=by_use,
        kids=kids,
        all_certificates=loaded_certificates(record.tenant_id, "", keys),
        thumbprints=frozenset(key.certificate.thumbprint for key in keys if key.certificate is not None),
    )


def without(loaded: LoadedSet, elsewhere: Mapping[str, str]) -> LoadedSet:
    """The set without the keys in ``elsewhere`` (``key_sha256`` → check); its record tells of them as refused."""
    record = loaded.record
    if record is None or not elsewhere:
        return loaded
    kept = tuple(key for key in loaded.set_keys if key.key_sha256 not in elsewhere)
    refused = [told(key.kid, elsewhere[key.key_sha256]) for key in loaded.set_keys if key.key_sha256 in elsewhere]
    return replace(
        loaded,
        record=replace(record, keys=[key.jwk for key in kept], refused=[*record.refused, *refused][:REFUSED_MAX]),
        set_keys=kept,
        by_use={
            use: tuple(key for key in keys if key.public_key.spki_sha256 not in elsewhere)
            for use, keys in loaded.by_use.items()
        },
        all_certificates=tuple(row for row in loaded.all_certificates if row.key_sha256 not in elsewhere),
    )
