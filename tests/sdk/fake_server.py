"""A small authorization server with an API beside it, which is not ours: it knows the standards by joserfc alone.

It wants DPoP nonces, one at the token endpoint and another at the API, and counts what it is asked.
"""

from __future__ import annotations

import json
import threading
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import MappingProxyType
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

import httpx
from joserfc import jws
from joserfc.jwk import ECKey


class Asked(NamedTuple):
    """A request as it arrived."""

    method: str
    url: str
    headers: dict[str, str]
    body: bytes


class Said(NamedTuple):
    """What is answered."""

    status: int
    headers: Mapping[str, str] = MappingProxyType({})
    body: bytes = b""


def said(status: int, members: Any, **headers: str) -> Said:
    """JSON."""
    return Said(status, {"Content-Type": "application/json", **headers}, json.dumps(members).encode())


def hashed(text: str | bytes) -> str:
    """base64url SHA-256."""
    data = text.encode() if isinstance(text, str) else text
    return urlsafe_b64encode(sha256(data).digest()).rstrip(b"=").decode()


@dataclass
class Fake:
    """One origin."""

    origin: str = "https://as.example"
    secrets: set[str] = field(default_factory=lambda: {"good"})
    as_nonce: str | None = "as-1"
    api_nonce: str | None = "api-1"
    expires_in: int = 3600
    asked: list[Asked] = field(default_factory=list)
    tokens: dict[str, str | None] = field(default_factory=dict)
    """Token → the thumbprint of the key it is bound to."""
    refresh_tokens: set[str] = field(default_factory=lambda: {"refresh-0"})
    elsewhere: str = ""
    used: set[str] = field(default_factory=set)
    pages: dict[str, Callable[[Asked], Said]] = field(default_factory=dict)

    def answer(self, asked: Asked) -> Said:
        """The answer to whatever is asked."""
        self.asked.append(asked)
        path = urlsplit(asked.url).path
        pages: dict[str, Callable[[Asked], Said]] = {
            "/.well-known/oauth-authorization-server": lambda _: said(200, self.metadata()),
            "/token": self.token,
            "/things": self.api,
            "/moved": lambda _: Said(307, {"Location": f"{self.origin}/things?moved=1"}),
            "/away": lambda _: Said(307, {"Location": f"{self.elsewhere}/things"}),
            **self.pages,
        }
        page = pages.get(path)
        return Said(404) if page is None else page(asked)

    def metadata(self) -> dict[str, Any]:
        """As RFC 8414 has it, and nothing at OpenID's address."""
        return {
            "issuer": self.origin,
            "token_endpoint": f"{self.origin}/token",
            "authorization_endpoint": f"{self.origin}/authorize",
            "mtls_endpoint_aliases": {"token_endpoint": f"{self.origin}/mtls/token"},
        }

    def count(self, path: str) -> int:
        """How often a path was asked for."""
        return sum(urlsplit(asked.url).path == path for asked in self.asked)

    def token(self, asked: Asked) -> Said:
        """The token endpoint."""
        form = {name: values[0] for name, values in parse_qs(asked.body.decode()).items()}
        if self.secret_of(asked, form) not in self.secrets:
            return said(401, {"error": "invalid_client", "error_description": "no", "correlation_id": "c-1"})
        jkt = None
        if (proof := asked.headers.get("dpop")) is not None:
            jkt, error = self.proven(asked, proof, self.as_nonce, None)
            if error:
                return said(400, {"error": error}, **{"DPoP-Nonce": self.as_nonce or ""})
        if form.get("grant_type") == "refresh_token" and form.get("refresh_token") not in self.refresh_tokens:
            return said(400, {"error": "invalid_grant"})
        token = f"token-{len(self.tokens)}"
        self.tokens[token] = jkt
        answer = {"access_token": token, "token_type": "dpop" if jkt else "bearer", "expires_in": self.expires_in}
        if form.get("grant_type") == "refresh_token":
            self.refresh_tokens = {f"refresh-{len(self.tokens)}"}
            answer["refresh_token"] = next(iter(self.refresh_tokens))
        return said(200, answer)

    def secret_of(self, asked: Asked, form: dict[str, str]) -> str | None:
        """By header or form."""
        scheme, _, value = asked.headers.get("authorization", "").partition(" ")
        return b64decode(value).decode().partition(":")[2] if scheme == "Basic" else form.get("client_secret")

    def api(self, asked: Asked) -> Said:
        """An API that answers with the body it got."""
        scheme, _, token = asked.headers.get("authorization", "").partition(" ")
        jkt = self.tokens.get(token, "")
        if jkt == "" or scheme != ("DPoP" if jkt else "Bearer"):
            return self.refused("invalid_token")
        if jkt is not None:
            shown, error = self.proven(asked, asked.headers.get("dpop", ""), self.api_nonce, token)
            if error or shown != jkt:
                return self.refused(error or "invalid_token")
        return Said(200, {"DPoP-Nonce": self.api_nonce} if jkt and self.api_nonce else {}, b"body:" + asked.body)

    def refused(self, error: str) -> Said:
        """A 401 that says why."""
        headers = {"WWW-Authenticate": f'Bearer realm="a, b", DPoP error="{error}", algs="ES256"'}
        return Said(401, headers | ({"DPoP-Nonce": self.api_nonce} if self.api_nonce else {}))

    def proven(self, asked: Asked, proof: str, nonce: str | None, token: str | None) -> tuple[str | None, str]:
        """The thumbprint of the proof's key, or the error."""
        try:
            key = ECKey.import_key(jws.extract_compact(proof.encode()).headers()["jwk"])
            read = jws.deserialize_compact(proof, key, algorithms=["ES256"])
            claims = json.loads(read.payload)
        except Exception:
            return None, "invalid_dpop_proof"
        if nonce is not None and claims.get("nonce") != nonce:
            return None, "use_dpop_nonce"
        good = (
            read.headers()["typ"] == "dpop+jwt"
            and claims["htm"] == asked.method
            and claims["htu"] == asked.url.partition("?")[0]
            and claims.get("ath") == (None if token is None else hashed(token))
            and claims["jti"] not in self.used
        )
        self.used.add(claims["jti"])
        return (str(key.thumbprint()), "") if good else (None, "invalid_dpop_proof")

    def transport(self) -> httpx.MockTransport:
        """It in this process."""

        def handle(request: httpx.Request) -> httpx.Response:
            sent = {name.decode().lower(): value.decode() for name, value in request.headers.raw}
            answer = self.answer(Asked(request.method, str(request.url), sent, request.read()))
            return httpx.Response(answer.status, headers=answer.headers, content=answer.body)

        return httpx.MockTransport(handle)


@contextmanager
def listening(fake: Fake) -> Iterator[Fake]:
    """The same behind a socket on loopback."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            body = self._body()
            headers = {name.lower(): value for name, value in self.headers.items()}
            answer = fake.answer(Asked(self.command, fake.origin + self.path, headers, body))
            self.send_response(answer.status)
            for name, value in {**answer.headers, "Content-Length": str(len(answer.body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer.body)

        do_POST = do_GET

        def _body(self) -> bytes:
            if self.headers.get("Transfer-Encoding") != "chunked":
                return self.rfile.read(int(self.headers.get("Content-Length") or 0))
            body = b""
            while size := int(self.rfile.readline(), 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
            return body

        def log_message(self, *_: object) -> None:
            """Quiet."""

    class Http(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 64

    http = Http(("127.0.0.1", 0), Handler)
    fake.origin = f"http://127.0.0.1:{http.server_port}"
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield fake
    finally:
        http.shutdown()
        http.server_close()
        thread.join()
