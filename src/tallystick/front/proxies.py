"""Who is a proxy of ours: the values that decide it, and what a connection by itself says about its other end."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC
from hashlib import sha256
from hmac import compare_digest
from pathlib import Path

import msgspec
from cryptography.hazmat.primitives.serialization import Encoding

from .certificates import read_chain
from .proxy_values import NO_FORM, addresses_of, header_name_of, keys_of


class Pin(msgspec.Struct, frozen=True):
    """A certificate by which a proxy shows itself. It is recognised while it is pinned, and believed while valid."""

    sha256: bytes
    not_before_s: float
    not_after_s: float

    def is_valid(self, now_s: float) -> bool:
        """RFC 5280 4.1.2.5: notAfter is inclusive to the second."""
        return self.not_before_s <= now_s < self.not_after_s + 1


class Peer(msgspec.Struct, frozen=True):
    """The other end of a connection, as far as the connection itself tells."""

    certificates: tuple[bytes, ...] = ()
    """What the client showed in the handshake; a proxy's own certificate is never here."""
    pin: Pin | None = None
    """The pinned certificate that was shown, valid or not."""
    is_listed: bool = False
    """By the unix socket or from a listed address: a proxy, whatever it sends."""

    @property
    def may_be_proxy(self) -> bool:
        """Whether it can be a proxy without showing a key."""
        return self.is_listed or self.pin is not None


class Proxies(msgspec.Struct, frozen=True, kw_only=True):
    """What is believed, and from whom. A value that can be sent to worker processes; its repr hides the keys."""

    form: str = NO_FORM
    pins: dict[bytes, Pin] = {}
    """By SHA-256 of the DER."""
    keys: tuple[bytes, ...] = ()
    addresses: frozenset[str] = frozenset()
    client_ip_header: bytes = b""

    def __repr__(self) -> str:
        return f"Proxies(form={self.form!r}, pins={len(self.pins)}, keys={len(self.keys)})"

    def peer(self, listener: str, address: str, certificates: tuple[bytes, ...]) -> Peer:
        """Who is at the other end. ``address`` is empty where there is none, and then nothing is listed under it."""
        pin = self.pins.get(sha256(certificates[0]).digest()) if certificates and self.pins else None
        return Peer(
            certificates=() if pin is not None else certificates,
            pin=pin,
            is_listed=listener == "unix" or address in self.addresses,
        )

    def is_pinned(self, der: bytes) -> bool:
        """Whether this is the certificate of a proxy."""
        return bool(self.pins) and sha256(der).digest() in self.pins

    def key_holds(self, shown: Sequence[bytes]) -> bool:
        """Whether exactly one key was shown and it is one of ours; the time does not tell which, or how much of it."""
        if len(shown) != 1:
            return False
        return sum(compare_digest(shown[0], key) for key in self.keys) > 0


def new_proxies(
    *, form: str, certificate_file: Path | None, keys: str | None, addresses: str | None, client_ip_header: str | None
) -> Proxies:
    """Out of the settings of the same names; raises :class:`StartupError`, also for a file that cannot be read."""
    return Proxies(
        form=form,
        pins={} if certificate_file is None else read_pins(certificate_file),
        keys=keys_of(keys),
        addresses=addresses_of(addresses),
        client_ip_header=header_name_of(client_ip_header),
    )


def read_pins(file: Path) -> dict[bytes, Pin]:
    """Every certificate of a PEM file."""
    pins = {}
    for certificate in read_chain(file, "proxy certificate"):
        digest = sha256(certificate.public_bytes(Encoding.DER)).digest()
        life = (certificate.not_valid_before_utc, certificate.not_valid_after_utc)
        pins[digest] = Pin(digest, *(date.astimezone(UTC).timestamp() for date in life))
    return pins
