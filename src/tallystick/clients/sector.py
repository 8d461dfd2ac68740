"""The sector of an application with pairwise subjects: what shares one name for a person (OpenID Connect Core 8.1)."""

from __future__ import annotations

from urllib.parse import urlsplit

from .client import Client

PUBLIC, PAIRWISE = "public", "pairwise"
SUBJECT_TYPES = (PUBLIC, PAIRWISE)
"""OpenID Connect Core 8; discovery publishes them."""


def subject_type_of(client: Client) -> str:
    """How the application knows people: by the id everybody knows, or by one for its sector alone."""
    return str(client.metadata.get("subject_type") or PUBLIC)


def sector_of(client: Client) -> str:
    """The host that is the application's sector; raises ValueError with the reason when it has none.

    That of ``sector_identifier_uri``, whose document has listed the redirect URIs (`sector_documents`), else the one
    host of the redirect URIs.
    """
    if sector_identifier_uri := client.metadata.get("sector_identifier_uri"):
        return urlsplit(sector_identifier_uri).hostname or ""
    hosts = {urlsplit(url).hostname or "" for url in client.metadata.get("callbacks") or ()}
    if len(hosts) != 1 or "" in hosts:
        raise ValueError("Pairwise subjects need redirect URIs at one host, or a sector_identifier_uri that lists them")
    return hosts.pop()
