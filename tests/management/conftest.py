"""The Management API in the process, over ASGI: real door and registries, records in memory, a clock that is moved."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Sequence
from functools import partial
from typing import Any

import httpx
import pytest
from starlette.types import Receive, Scope, Send

from tallystick.apis.registry import grants_of_client
from tallystick.clients.authority_registry import AuthorityRegistry
from tallystick.clients.credential_registry import CredentialRegistry
from tallystick.clients.directory import ClientDirectory
from tallystick.clients.registry import ClientRegistry
from tallystick.clients.secrets import SecretHasher
from tallystick.clients.sector_documents import SectorDocuments
from tallystick.errors import OAuthError
from tallystick.management.certificate_authorities import CertificateAuthorityResource
from tallystick.management.clients import ClientResource
from tallystick.management.credentials import CredentialResource
from tallystick.management.door import ManagementApi
from tallystick.management.routes import Resource, RouteTable
from tallystick.records import Json, Writer
from tallystick.sender.nonces import Nonces
from tallystick.sender.possession import Possession
from tallystick.tallies import Tallies
from tallystick.tenants.tenant import Tenant
from tallystick.tokens.bearer import InspectedToken
from tallystick.tokens.proofs import Proofs
from tallystick.web.request import Request, new_correlation_id
from tests.application import now_ms
from tests.certs import NOW_MS
from tests.inprocess import InProcess, in_process
from tests.memory import MemoryRecords, MemoryTallies, MovableClock

TENANT = Tenant(
    tenant_id="t1",
    name="acme",
    issuer="https://id.example/",
    mtls_issuer="https://mtls.id.example/",
    created_at_ms=NOW_MS,
)
OTHER_TENANT = Tenant(
    tenant_id="t2",
    name="umbrella",
    issuer="https://id.other.example/",
    mtls_issuer="https://mtls.id.other.example/",
    created_at_ms=NOW_MS,
)
NO_SECTORS = SectorDocuments(None)  # type: ignore[arg-type]  # no client here names a document
SIGNING_KEYS = [{"cert": "-----BEGIN CERTIFICATE-----", "pkcs7": "-----BEGIN PKCS7-----", "subject": "/CN=acme"}]


class FakeInspector:
    """Implements `tokens.bearer.TokenInspector`: the token lists the scopes; ``*`` is every scope of the routes."""

    def __init__(self) -> None:
        self.every_scope: frozenset[str] = frozenset()
        self.asked_audience = ""

    async def inspect(self, tenant: Tenant, token: str, *, audience: str, possession: Possession) -> InspectedToken:
        self.asked_audience = audience
        if token == "bad":
            raise OAuthError("invalid_token", "Invalid token", check="token.signature")
        scopes = self.every_scope if token == "*" else frozenset(token.split("+"))
        return InspectedToken(client_id="manager", subject="manager@clients", audience=audience, scopes=scopes)


class Management:
    """The API with everything behind it, and a client that calls it."""

    def __init__(self, more: Callable[[MemoryRecords, Writer], Sequence[Resource]] | None = None) -> None:
        self.records = MemoryRecords(TENANT, OTHER_TENANT)
        self.clock = MovableClock(NOW_MS)
        self.inspector = FakeInspector()
        self.hasher = SecretHasher(b"k" * 32)
        self.writer = Writer(self.records)
        self.directory = ClientDirectory(self.records, self.records)
        self.clients = ClientRegistry(
            self.writer, self.hasher, [partial(grants_of_client, self.records)], sectors=NO_SECTORS
        )
        self.credentials = CredentialRegistry(self.writer, self.hasher)
        resources: list[Resource] = [
            ClientResource(self.clients, _signing_certificates),
            CredentialResource(self.credentials, MemoryTallies()),
            CertificateAuthorityResource(AuthorityRegistry(self.writer)),
            *(more(self.records, self.writer) if more else ()),
        ]
        table = RouteTable(resources)
        self.inspector.every_scope = frozenset(
            {scope for route in table.routes for scope in route.scopes} | {"update:client_credentials"}
        )
        nobody: Any = None  # who inspects here spends nothing
        proofs = Proofs(nonces=Nonces(b"n" * 32), one_time=nobody)
        self.api = ManagementApi(table, self.inspector, proofs, self.records, self.clock, Tallies(MemoryTallies()))
        self.tenant = TENANT

    async def app(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The gate's part: tenant and correlation id."""
        await self.api(Request(scope, receive, self.tenant, new_correlation_id()), send)

    def set(self, **settings: Any) -> None:
        """Change settings of the tenant."""
        tenant = Tenant(**{**{name: getattr(TENANT, name) for name in TENANT.__struct_fields__}, "settings": settings})
        self.records._save(tenant)


async def _signing_certificates(_tenant: Tenant) -> Sequence[Json]:
    return SIGNING_KEYS


class Api:
    """Calls, in one line each."""

    def __init__(self, management: Management, run: Callable[[Awaitable[Any]], Any]) -> None:
        self.management = management
        self.run = run

    def __call__(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        scope: str = "*",
        expect: int | None = None,
        headers: Any = None,
        content: bytes | None = None,
        params: Any = None,
    ) -> Any:
        """One call. With ``expect`` the JSON of the answer (None without a body), else the whole response."""
        response: httpx.Response = self.run(self._send(method, path, body, scope, headers, content, params))
        if expect is None:
            return response
        assert response.status_code == expect, response.text
        return response.json() if response.content else None

    async def _send(
        self, method: str, path: str, body: Any, scope: str, headers: Any, content: bytes | None, params: Any
    ) -> httpx.Response:
        transport = httpx.ASGITransport(self.management.app, raise_app_exceptions=True)
        async with httpx.AsyncClient(transport=transport, base_url="https://id.example") as http:
            sent = [("Authorization", f"Bearer {scope}")] if headers is None else list(headers)
            if content is not None:
                sent += [] if headers is not None else [("Content-Type", "application/json")]
                return await http.request(method, f"/api/v2{path}", content=content, headers=sent, params=params)
            return await http.request(method, f"/api/v2{path}", json=body, headers=sent, params=params)

    def new_client(self, **body: Any) -> Json:
        """A client, by default one with a secret."""
        answer: Json = self("POST", "/clients", {"name": "app", **body}, expect=201)
        return answer

    def add(self, client: Json, expect: int = 201, /, **body: Any) -> Json:
        """A credential."""
        answer: Json = self("POST", f"/clients/{client['client_id']}/credentials", body, expect=expect)
        return answer

    def change(self, client: Json, expect: int = 200, /, **body: Any) -> Json:
        """An update of a client."""
        answer: Json = self("PATCH", f"/clients/{client['client_id']}", body, expect=expect)
        return answer

    def credentials(self, client: Json, **params: Any) -> list[Json]:
        """The listed credentials."""
        listed: list[Json] = self("GET", f"/clients/{client['client_id']}/credentials", params=params, expect=200)
        return listed


@pytest.fixture
def management() -> Management:
    return Management()


@pytest.fixture
def api(management: Management) -> Iterator[Api]:
    import asyncio

    with asyncio.Runner() as runner:
        yield Api(management, lambda awaitable: runner.run(_awaited(awaitable)))


async def _awaited(awaitable: Awaitable[Any]) -> Any:
    return await awaitable


@pytest.fixture(scope="session")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InProcess]:
    """One whole deployment in this process for tests that change nothing which another one looks at."""
    with in_process(tmp_path_factory.mktemp("untouched") / "data", now_ms()) as running:
        yield running
