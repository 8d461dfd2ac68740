"""Whom the server trusts where it asks others: the system's authorities, and those that the operator adds."""

from __future__ import annotations

import ssl
from pathlib import Path

from ..errors import StartupError


def tls_context(ca_file: Path | None) -> ssl.SSLContext:
    """A context for asking others, with the authorities of a PEM file beside the system's. Raises StartupError."""
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if ca_file is not None:
        try:
            context.load_verify_locations(ca_file)
        except (OSError, ssl.SSLError) as error:
            raise StartupError(f"outbound_ca {ca_file} cannot be used: {error}") from None
    return context
