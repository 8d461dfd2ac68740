"""The web origins of applications: from which pages a browser may read what we answer (Fetch standard, CORS)."""

from __future__ import annotations

import re

from ..records import Records, RevisionCache, Revisions
from .client import Client

_FIELDS = ("web_origins", "allowed_origins", "callbacks")
_ORIGIN = re.compile(
    r"(https?://(?:\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::[0-9]{1,5})?)(?:[/?].*)?", re.ASCII | re.IGNORECASE
)


def origins_of(client: Client) -> frozenset[str]:
    """The origins a client lists, and those of its callbacks, as browsers spell them. Patterns fit nothing."""
    urls = (url for name in _FIELDS for url in client.metadata.get(name) or ())
    return frozenset(origin for url in urls if (origin := origin_of(url)) is not None)


def origin_of(url: str) -> str | None:
    """Scheme, host and port of a web URL in lower case, without the scheme's own port; None for other URLs."""
    match = _ORIGIN.fullmatch(url)
    if match is None:
        return None
    origin = match[1].lower()
    return origin.removesuffix(":443" if origin.startswith("https:") else ":80")


class OriginDirectory:
    """Knows the origins of all the clients of a tenant: what a preflight is answered by, which names no client."""

    def __init__(self, records: Records, revisions: Revisions) -> None:
        self._records = records
        self._origins: RevisionCache[frozenset[str]] = RevisionCache(revisions)

    async def lists(self, tenant_id: str, origin: str) -> bool:
        """Whether any client of the tenant lists the origin."""
        return origin in await self._origins.get(tenant_id, "", lambda: self._load(tenant_id))

    async def _load(self, tenant_id: str) -> frozenset[str]:
        clients = await self._records.find(Client, tenant_id)
        return frozenset().union(*(origins_of(client) for client in clients))
