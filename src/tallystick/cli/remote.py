"""A server, spoken to over HTTP: discovery, tokens, and the Management API.

The only file that opens connections, but for the doctor's, which try what no client should, and the demo's browser.
"""

from __future__ import annotations

import ssl
import time
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote

from .answers import json_of, next_of, refusal, unreachable
from .exits import USAGE, Failed
from .identity import Identity
from .whereabouts import Whereabouts, is_loopback

if TYPE_CHECKING:
    import httpx

TIMEOUT_S = 30
PER_PAGE = 100
PAGES_MAX = 1000
WELL_KNOWN = ".well-known/openid-configuration"


class Stretch(NamedTuple):
    """Records from a checkpoint on."""

    records: list[dict[str, Any]]
    going_on: dict[str, str]
    """The query that goes on from there; empty at the end."""


class Remote:
    """One server, and one application there. Every refusal is raised as :class:`Failed`."""

    def __init__(self, server: Whereabouts, identity: Identity) -> None:
        import httpx

        self.server = server
        self.identity = identity
        # A proxy of the environment has no way to this machine's loopback.
        self._http = httpx.Client(verify=self.tls_context(), timeout=TIMEOUT_S, trust_env=not server.is_loopback)
        self._discovered: dict[str, Any] | None = None
        self._management_token: str | None = None

    def tls_context(self) -> ssl.SSLContext:
        """What the connections trust and show."""
        return tls_context(self.server.ca_file, self.identity.cert, self.identity.cert_key)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def discover(self) -> dict[str, Any]:
        """The discovery document (RFC 8414 3); its issuer is checked."""
        if self._discovered is None:
            document: dict[str, Any] = json_of(self._send("GET", self.server.base_url + WELL_KNOWN))
            check_issuer(self.server, document.get("issuer"))
            self._discovered = document
        return self._discovered

    @property
    def issuer(self) -> str:
        """The server's issuer."""
        return str(self.discover()["issuer"])

    def token(self, audience: str | None = None, scope: str | None = None) -> dict[str, Any]:
        """The token response of ``client_credentials`` for this application."""
        wanted = {"audience": audience, "scope": scope}
        return self.exchange({"grant_type": "client_credentials", **{k: v for k, v in wanted.items() if v}})

    def exchange(self, form: dict[str, str]) -> dict[str, Any]:
        """The token response of any grant, for this application."""
        return self._as_client("token_endpoint", form)

    def push(self, form: dict[str, str]) -> dict[str, Any]:
        """The answer to an authorization request that is sent ahead of the browser (RFC 9126 2)."""
        return self._as_client("pushed_authorization_request_endpoint", form)

    def _as_client(self, endpoint: str, form: dict[str, str]) -> dict[str, Any]:
        if endpoint not in self.discover():
            raise Failed(f"the server has no {endpoint}")
        url = self.endpoint(endpoint)
        if self.identity.cert is not None:
            # RFC 8705 5: where a client means to use mTLS, the alias comes first.
            url = self.discover().get("mtls_endpoint_aliases", {}).get(endpoint, url)
        shown = self.identity.method.show(self.identity.client_id, self.issuer, time.time_ns() // 1_000_000)
        sent = {**form, **shown.form}
        answer: dict[str, Any] = json_of(self._send("POST", url, data=sent, headers=dict(shown.headers)))
        return answer

    def endpoint(self, name: str) -> str:
        """A URL of the discovery document, at the address by which the server was named."""
        return self._here(str(self.discover()[name]))

    def jwks(self) -> list[dict[str, Any]]:
        """The server's published keys."""
        return list(json_of(self._send("GET", self.endpoint("jwks_uri")))["keys"])

    def manage(
        self,
        method: str,
        *path: str,
        query: dict[str, Any] | None = None,
        body: object = None,
        at_mtls: bool = False,
    ) -> Any:
        """One call of the Management API; ``path`` in segments. The decoded answer, None when it has no body.

        ``at_mtls``: at the address that asks for a client certificate, where the server has one.
        """
        base_url = self._mtls_url() if at_mtls else self.server.base_url
        url = f"{base_url}api/v2/" + "/".join(quote(segment, safe="") for segment in path)
        answer = self._managed(
            method, url, **({"params": query} if query else {}), **({} if body is None else {"json": body})
        )
        return json_of(answer) if answer.content else None

    def upload(self, *path: str, members: dict[str, str], name: str, content: bytes) -> Any:
        """Send a file to the Management API, as the part ``name`` beside other members; the decoded answer."""
        url = f"{self.server.base_url}api/v2/" + "/".join(quote(segment, safe="") for segment in path)
        files = {name: (f"{name}.json", content, "application/json")}
        return json_of(self._managed("POST", url, data=members, files=files))

    def stretch(self, collection: str, query: dict[str, Any]) -> Stretch:
        """Records from a checkpoint on, and the query that goes on from there."""
        answer = self._managed("GET", f"{self.server.base_url}api/v2/{collection}", params=query)
        return Stretch(json_of(answer), next_of(answer))

    def _managed(self, method: str, url: str, **request: Any) -> httpx.Response:
        had_token = self._management_token is not None
        try:
            return self._send(method, url, headers=self.bearer(), **request)
        except Failed as failure:
            if failure.status != HTTPStatus.UNAUTHORIZED or not had_token:
                raise
        # The token was good before and may be over by now.
        self._management_token = None
        return self._send(method, url, headers=self.bearer(), **request)

    def bearer(self) -> dict[str, str]:
        """The header that carries a token for the Management API; got once."""
        if self._management_token is None:
            audience = self.server.management_audience or f"{self.issuer}api/v2/"
            self._management_token = str(self.token(audience)["access_token"])
        return {"Authorization": f"Bearer {self._management_token}"}

    def get(self, path: str) -> httpx.Response:
        """What the server answers at a path, whatever the status."""
        return self._answer("GET", self.server.base_url + path)

    def _mtls_url(self) -> str:
        alias = self.discover().get("mtls_endpoint_aliases", {}).get("token_endpoint", "")
        return str(alias).removesuffix("oauth/token") if alias else self.server.base_url

    def _here(self, url: str) -> str:
        """A URL of the server at the address it was named by, which may differ from its issuer on this machine."""
        return self.server.base_url + url.removeprefix(self.issuer) if url.startswith(self.issuer) else url

    def list_all(self, collection: str, query: dict[str, Any] | None = None) -> list[dict[str, Any]]:
        """Every record of a collection, page by page until one is not full (auth0.md 4.2)."""
        found: list[dict[str, Any]] = []
        for page in range(PAGES_MAX):
            asked = {**(query or {}), "page": page, "per_page": PER_PAGE}
            records = self.manage("GET", collection, query=asked)
            found += records
            if len(records) < PER_PAGE:
                break
        return found

    def _send(self, method: str, url: str, **request: Any) -> httpx.Response:
        answer = self._answer(method, url, **request)
        if answer.is_success:
            return answer
        raise refusal(answer)

    def _answer(self, method: str, url: str, **request: Any) -> httpx.Response:
        import httpx

        try:
            return self._http.request(method, url, **request)
        except httpx.HTTPError as error:
            raise unreachable(url, error) from error


def tls_context(ca_file: Path | None, cert: Path | None, cert_key: Path | None) -> ssl.SSLContext:
    """Trusts ``ca_file`` (the system's authorities without one) and shows ``cert`` when a server asks."""
    try:
        context = ssl.create_default_context(cafile=ca_file)
    except (OSError, ssl.SSLError) as error:
        raise Failed(f"cannot read authorities from {ca_file}: {error.strerror}", exit_code=USAGE) from error
    if cert is not None:
        try:
            context.load_cert_chain(cert, cert_key)
        except (OSError, ssl.SSLError) as error:
            reason = f"cannot use the certificate {cert} with the key {cert_key or cert}: {error.strerror or error}"
            raise Failed(reason, exit_code=USAGE, hint="both are PEM files, and belong together") from error
    return context


def check_issuer(server: Whereabouts, issuer: object) -> None:
    """RFC 8414 3.3: the document must name the issuer that was asked.

    Else a server could have us sign an assertion for another one and use it there. On one machine names may differ:
    ``127.0.0.1`` answers as ``localhost``.
    """
    if not isinstance(issuer, str) or not issuer.endswith("/"):
        raise Failed("the discovery document names no issuer")
    known = issuer in (server.base_url, server.issuer)
    if not known and not (is_loopback(issuer) and server.is_loopback):
        raise Failed(f"{server.base_url} says it is {issuer}", hint="name it by its issuer: --domain")
