"""The document at ``sector_identifier_uri``: read when a client is saved (OpenID Connect Core 8.1, Registration 5).

Whoever answers there says which redirect URIs belong to the sector. Without that, an application could name another's
sector and learn under which name people are known there.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TypeVar

from ..errors import InvalidField
from ..jose.strict_json import JsonRefused, decode_array
from ..outbound.guarded import Fetcher, FetchFailed
from .client import Client

T = TypeVar("T")
Listed = Mapping[str, frozenset[str]]
"""Address → the redirect URIs that its document lists."""

FIELD = "sector_identifier_uri"
DOCUMENT_BYTES_MAX = 64 * 1024


class SectorUnread(Exception):
    """The document at ``url`` has to be read before the client can be judged."""

    def __init__(self, tenant_id: str, url: str) -> None:
        super().__init__(url)
        self.tenant_id = tenant_id
        self.url = url


def check_listed(client: Client, before: Client | None, listed: Listed) -> None:
    """The document lists every redirect URI. Raises InvalidField, or SectorUnread when it was not read yet.

    A client whose address and redirect URIs stay as they were (``before``) is not asked about again.
    """
    url, callbacks = client.metadata.get(FIELD), client.metadata.get("callbacks") or ()
    if not url or (before is not None and _sector_of(before) == _sector_of(client)):
        return
    if url not in listed:
        raise SectorUnread(client.tenant_id, url)
    for callback in callbacks:
        if callback not in listed[url]:
            raise InvalidField(FIELD, f"Its document does not list {callback}", check="client.sector_document")


def _sector_of(client: Client) -> tuple[object, tuple[str, ...]]:
    return client.metadata.get(FIELD), tuple(client.metadata.get("callbacks") or ())


class SectorDocuments:
    """Reads such documents."""

    def __init__(self, fetcher: Fetcher) -> None:
        self._fetcher = fetcher

    async def judged(self, judge: Callable[[Listed], Awaitable[T]]) -> T:
        """What ``judge`` answers, given the documents that it asks for by raising :class:`SectorUnread`.

        So a document is read outside of what ``judge`` holds, and only for a client that is acceptable otherwise.
        """
        listed: dict[str, frozenset[str]] = {}
        while True:
            try:
                return await judge(listed)
            except SectorUnread as unread:
                listed[unread.url] = await self._read(unread.tenant_id, unread.url)

    async def _read(self, tenant_id: str, url: str) -> frozenset[str]:
        try:
            answer = await self._fetcher.get(
                url, tenant_id=tenant_id, accept="application/json", bytes_max=DOCUMENT_BYTES_MAX
            )
        except FetchFailed as failure:
            raise _unusable(f"Its document could not be fetched: {failure}", because=failure.reason) from None
        if answer.status != 200:
            raise _unusable(f"Its document could not be fetched: the answer was {answer.status}", because="status")
        try:
            uris = decode_array(answer.content)
        except JsonRefused as refused:
            raise _unusable("Its document is not a JSON array of redirect URIs", because=refused.check) from None
        if not all(isinstance(uri, str) for uri in uris):
            raise _unusable("Its document is not a JSON array of redirect URIs", because="json")
        return frozenset(uris)


def _unusable(reason: str, because: str) -> InvalidField:
    return InvalidField(FIELD, reason, check="client.sector_document", because=because)
