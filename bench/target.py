"""A server under test, and complete requests to it as bytes, made before the clock starts."""

from __future__ import annotations

import itertools
import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlencode

from .credentials import ClientKey

_JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


@dataclass(frozen=True, kw_only=True)
class Target:
    """Where a server takes requests, and who its clients are."""

    port: int
    host: str
    token_path: str
    introspection_path: str
    audience_field: str
    issuer: str
    """With a slash at its end or without, as assertions must name it."""
    secret_client: tuple[str, str]
    key_client: str
    key: ClientKey

    def by_secret(self, api: str, _: int) -> Iterator[bytes]:
        """The same token request for ever: a secret may be shown as often as one likes."""
        return itertools.repeat(self._token_request(self._secret() | {self.audience_field: api}))

    def by_key(self, api: str, count: int) -> Iterator[bytes]:
        """``count`` token requests, each with an assertion of its own, all signed before this returns."""
        return iter([self._token_request(self._asserted(api)) for _ in range(count)])

    def by_key_bound(self, api: str, count: int) -> Iterator[bytes]:
        """The same with a DPoP proof each, so that the token is bound to the key."""
        url = f"{self.issuer.rstrip('/')}{self.token_path}"
        return iter(
            [self._token_request(self._asserted(api), f"DPoP: {self.key.proof('POST', url)}\r\n") for _ in range(count)]
        )

    def introspecting(self, api: str, count: int) -> Iterator[bytes]:
        """The same question for ever, about an opaque token that the asker was issued. Raises RuntimeError."""
        status, body = self.send(next(self.by_secret(api, count)))
        if status != 200:
            raise RuntimeError(f"no token to introspect: {status} {body[:500]!r}")
        token = json.loads(body)["access_token"]
        return itertools.repeat(self._request(self.introspection_path, self._secret() | {"token": token}))

    def send(self, request: bytes) -> tuple[int, bytes]:
        """Send one of the requests, outside any window: the status and the body."""
        head, _, body = request.partition(b"\r\n\r\n")
        first, *lines = head.decode().split("\r\n")
        headers = dict(line.split(": ", 1) for line in lines)
        url = f"http://127.0.0.1:{self.port}{first.split(' ')[1]}"
        try:
            with urllib.request.urlopen(urllib.request.Request(url, body, headers), timeout=30) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()

    def _secret(self) -> dict[str, str]:
        client_id, secret = self.secret_client
        return {"client_id": client_id, "client_secret": secret}

    def _asserted(self, api: str) -> dict[str, str]:
        assertion = self.key.assertion(self.key_client, self.issuer)
        fields = {"client_assertion_type": _JWT_BEARER, "client_assertion": assertion}
        return {**fields, "client_id": self.key_client, self.audience_field: api}

    def _token_request(self, fields: dict[str, str], headers: str = "") -> bytes:
        return self._request(self.token_path, {"grant_type": "client_credentials", **fields}, headers)

    def _request(self, path: str, fields: dict[str, str], headers: str = "") -> bytes:
        """One request, complete to the last byte."""
        body = urlencode(fields).encode()
        head = f"POST {path} HTTP/1.1\r\nHost: {self.host}\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        return f"{head}{headers}Content-Length: {len(body)}\r\n\r\n".encode() + body
