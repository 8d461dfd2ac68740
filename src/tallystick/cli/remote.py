"""A server, spoken to over HTTP: discovery, tokens, and the Management API.

The only file that opens connections, but for the doctor's, which try what no client should, and the demo's browser.
"""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar
from urllib.parse import quote

from .answers import json_of, next_of, refusal, refused_by, unreachable
from .exits import USAGE, Failed
from .identity import Identity
from .whereabouts import Whereabouts, is_loopback

if TYPE_CHECKING:
    import httpx

    from ..sdk.application import Application
    from ..sdk.exchange import Flow
    from ..sdk.failures import ExchangeFailed
    from ..sdk.sources import ClientCredentials

T = TypeVar("T")
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
        self._application: Application | None = None
        self._management: ClientCredentials | None = None
        self._management_auth: httpx.Auth | None = None

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

    @property
    def application(self) -> Application:
        """This application as the SDK has it, at the addresses by which the server was named."""
        from ..sdk.application import Application
        from ..sdk.metadata import ServerMetadata

        if self._application is None:
            members = {
                name: self._here(value) if isinstance(value, str) else value for name, value in self.discover().items()
            }
            self._application = Application(
                self.issuer,
                self.identity.client_id,
                self.identity.method,
                dpop_key=self.identity.dpop,
                shows_certificate=self.identity.cert is not None,
                metadata=ServerMetadata(self.issuer, members, found_at=self.server.base_url),
            )
        return self._application

    def perform(self, flow: Flow[T]) -> T:
        """What comes of a flow of the SDK."""
        import httpx

        from ..sdk.adapters.httpx import perform
        from ..sdk.failures import ExchangeFailed

        try:
            return perform(self._http, flow)
        except ExchangeFailed as failure:
            raise self.refused_by(failure) from failure
        except httpx.HTTPError as error:
            raise unreachable(_url_of(error, self.server.base_url), error) from error

    def refused_by(self, failure: ExchangeFailed) -> Failed:
        """How a command ends for what an exchange did not lead to."""
        return refused_by(failure, proves_itself=self.identity.method.name != "none")

    def token(self, audience: str | None = None, scope: str | None = None) -> dict[str, Any]:
        """The token response of ``client_credentials`` for this application."""
        return dict(self.perform(self.application.client_credentials(audience=audience, scope=scope)).members)

    def exchange(self, form: dict[str, str]) -> dict[str, Any]:
        """The token response of any grant, for this application."""
        return dict(self.perform(self.application.exchange(form["grant_type"], form)).members)

    def push(self, form: dict[str, str]) -> dict[str, Any]:
        """The answer to an authorization request that is sent ahead of the browser (RFC 9126 2)."""
        answer, _ = self.perform(self.application.post("pushed_authorization_request_endpoint", form, proves=True))
        return answer.members()

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
        return self._send(method, url, auth=self._bearing(), **request)

    def _bearing(self) -> httpx.Auth:
        """What puts the token for the Management API on a call, and renews it."""
        from ..sdk.adapters.httpx import TokenAuth

        if self._management_auth is None:
            self._management_auth = TokenAuth(self._tokens(), self.server.base_url, self._mtls_url())
        return self._management_auth

    def _tokens(self) -> ClientCredentials:
        from ..sdk.sources import ClientCredentials

        if self._management is None:
            audience = self.server.management_audience or f"{self.issuer}api/v2/"
            self._management = ClientCredentials(self.application, audience=audience)
        return self._management

    def bearer(self) -> dict[str, str]:
        """The header that carries a token for the Management API, for connections of somebody else's."""
        source = self._tokens()
        tokens = source.held() or self.perform(source.obtain())
        return {"Authorization": f"{tokens.token_type} {tokens.access_token}"}

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

        from ..sdk.failures import ExchangeFailed

        try:
            return self._http.request(method, url, **request)
        except ExchangeFailed as failure:
            raise self.refused_by(failure) from failure
        except httpx.HTTPError as error:
            raise unreachable(_url_of(error, url), error) from error


def _url_of(error: httpx.HTTPError, otherwise: str) -> str:
    """The URL that was asked for in vain."""
    try:
        return str(error.request.url)
    except RuntimeError:
        return otherwise


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
            hint = "both are PEM files, and belong together; --cert-key names its key where --key is for an assertion"
            if cert_key is None:
                hint = "--key names its key, unless that is in the same file"
            raise Failed(reason, exit_code=USAGE, hint=hint) from error
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
