"""The addresses under which clients reach the server, as its own discovery document has them."""

from __future__ import annotations

from urllib.parse import urlsplit

from ..remote import Remote

PUBLIC, MTLS = "public", "mtls"


def endpoints(remote: Remote) -> dict[str, str]:
    """``public`` and, where there are aliases, ``mtls`` → the base URL."""
    found = {PUBLIC: remote.server.base_url}
    alias = (remote.discover().get("mtls_endpoint_aliases") or {}).get("token_endpoint")
    if alias:
        parts = urlsplit(alias)
        found[MTLS] = f"{parts.scheme}://{parts.netloc}/"
    return found
