"""Where server certificates come from: the local CA, or files the operator gave. Both are read again while running."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

import msgspec

from .certificates import ServerCertificate, read_certificate
from .local_ca import LocalCa, is_name
from .tls import check_usable

Certificates = tuple[ServerCertificate, dict[str, ServerCertificate]]
"""The default certificate, and those by host."""


class CertificateSource(Protocol):
    """Gives certificates; values that can be sent to worker processes."""

    def load(self, hosts: Sequence[str]) -> Certificates:
        """Certificates for ``hosts`` as they are now; blocks on files, raises :class:`StartupError`."""
        ...


class LocalCertificates(msgspec.Struct, frozen=True):
    """Certificates of the local CA in ``directory``; ``names`` are those of the default certificate."""

    directory: Path
    names: tuple[str, ...]

    def load(self, hosts: Sequence[str]) -> Certificates:
        """The default certificate, and one of its own for each host that the default does not name.

        What is no host name gets none: a tenant's odd host must not keep the others from theirs.
        """
        authority, now = LocalCa(self.directory), datetime.now(UTC)
        default = authority.certificate_for(self.names, now)
        others = {
            host: authority.certificate_for([host], now) for host in hosts if host not in self.names and is_name(host)
        }
        return default, others

    @property
    def ca_file(self) -> Path:
        """What clients are to trust."""
        return self.directory / "ca.pem"


class GivenCertificates(msgspec.Struct, frozen=True):
    """One certificate for every host, from files that someone else renews."""

    certificate_file: Path
    key_file: Path

    def load(self, hosts: Sequence[str]) -> Certificates:
        """The certificate as the files have it now."""
        certificate = read_certificate(self.certificate_file, self.key_file)
        check_usable(certificate, self.certificate_file)
        return certificate, {}
