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

    It is the one host of the redirect URIs. A ``sector_identifier_uri`` could join several, by a document that lists
    them; that document is not fetched yet, so it must be at the very host of them all, and joins nothing by itself.
    """
    hosts = {urlsplit(url).hostname or "" for url in client.metadata.get("callbacks") or ()}
    if len(hosts) != 1 or "" in hosts:
        raise ValueError("Pairwise subjects need redirect URIs, all at one host")
    (host,) = hosts
    sector_identifier_uri = client.metadata.get("sector_identifier_uri")
    if sector_identifier_uri and urlsplit(sector_identifier_uri).hostname != host:
        raise ValueError("sector_identifier_uri must be at the host of the redirect URIs")
    return host
