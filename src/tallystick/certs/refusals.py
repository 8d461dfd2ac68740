"""What this room refuses.

Refused
└── CertificateRefused         not a certificate or a name we can use: ``certificate.…``, ``dn.…``, ``san.…``
    └── UntrustedCertificate   a certificate, but not one to trust now: ``certificate.expired``, ``chain.…``
"""

from __future__ import annotations

from ..errors import Refused


class CertificateRefused(Refused):
    """Not a certificate, or not a name, that we can use."""


class UntrustedCertificate(CertificateRefused):
    """A certificate, but not one to be trusted for this now."""
