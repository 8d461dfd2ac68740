"""The server whose tokens an API takes: its metadata and its keys, by discovery (RFC 8414, OpenID Connect)."""

from __future__ import annotations

from typing import Any

import msgspec

from ..clock import Clock
from ..exchange import may_send_to
from ..metadata import well_known_urls
from ..server_keys import KeySet, key_set
from .fetching import Fetch, checked_url
from .kept import Kept, Loaded, fetched, fresh_ms_of
from .refusals import FetchFailed


class AuthorizationServer:
    """Finds out about one server, and keeps it while it is fresh. ``issuer`` exactly as its tokens name it.

    ``jwks_uri`` and ``introspection_endpoint`` are for servers that publish no metadata, or other ones than you want.
    """

    def __init__(
        self,
        issuer: str,
        fetch: Fetch,
        clock: Clock,
        *,
        jwks_uri: str | None = None,
        introspection_endpoint: str | None = None,
    ) -> None:
        self.issuer = issuer
        self.fetch = fetch
        self._given = {"jwks_uri": jwks_uri, "introspection_endpoint": introspection_endpoint}
        self._metadata = Kept("metadata", self._load_metadata, clock)
        self._keys = Kept("keys", self._load_keys, clock)

    async def keys(self, *, newer_than: KeySet | None = None) -> KeySet:
        """Its keys; raises NotDecided."""
        return await self._keys.get(newer_than=newer_than)

    async def url_of(self, name: str, *, shows_certificate: bool = False) -> str:
        """A URL that its metadata names; raises NotDecided, and FetchFailed where it names none.

        ``shows_certificate``: the one at which the server asks for a client certificate (RFC 8705 5).
        """
        given = self._given.get(name)
        if given is not None:
            return given
        members = await self._metadata.get()
        aliases = members.get("mtls_endpoint_aliases") if shows_certificate else None
        url = aliases[name] if isinstance(aliases, dict) and name in aliases else members.get(name)
        if not isinstance(url, str):
            raise FetchFailed(f"the server's metadata has no {name}")
        return self.named(url)

    def named(self, url: str) -> str:
        """A URL that the server names, if it may send us there; raises FetchFailed."""
        if not may_send_to(self.issuer, checked_url(url)):
            raise FetchFailed("not an https URL")
        return url

    async def _load_metadata(self) -> Loaded[dict[str, Any]]:
        problem = FetchFailed("no metadata")
        # RFC 8414's first: an API's server need know nothing of OpenID Connect.
        for url in reversed(well_known_urls(self.issuer)):
            try:
                answer = await fetched(self.fetch, url)
                document = _object(answer.content)
            except FetchFailed as failure:
                problem = failure
                continue
            # RFC 8414 3.3: identical, or not used: else one server could speak for another.
            if document.get("issuer") != self.issuer:
                raise FetchFailed("the metadata is another issuer's")
            return Loaded(document, fresh_ms_of(answer))
        raise problem

    async def _load_keys(self) -> Loaded[KeySet]:
        answer = await fetched(self.fetch, await self.url_of("jwks_uri"))
        try:
            return Loaded(key_set(_object(answer.content).get("keys")), fresh_ms_of(answer))
        except ValueError as error:
            raise FetchFailed("not a JWK Set") from error


def _object(content: bytes) -> dict[str, Any]:
    try:
        return msgspec.json.decode(content, type=dict[str, Any])
    except (msgspec.MsgspecError, UnicodeError) as error:
        raise FetchFailed("not a JSON object") from error
