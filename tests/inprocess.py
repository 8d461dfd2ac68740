"""The whole application inside the test's own process, with a clock that the test moves. Everything but the sockets."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar
from unittest.mock import patch
from urllib.parse import urlencode

import msgspec
from argon2.profiles import CHEAPEST

from tallystick.app import OpenedApp, Worker, open_app
from tallystick.clients.dates import iso_from_ms
from tallystick.deployment.facts import database_url
from tallystick.deployment.first_start import prepare
from tallystick.deployment.new_tenant import create_tenant
from tallystick.settings import Settings
from tallystick.storage.opening import open_storage
from tallystick.tallies import DailyCount, day_of
from tallystick.tenants.tenant import Tenant
from tallystick.users import passwords
from tallystick.web.request import PEER_CERTIFICATES
from tests.started import copy_started

T = TypeVar("T")

HOST = b"localhost:8443"
FORM = b"application/x-www-form-urlencoded"
JSON = b"application/json"


class MovableClock:
    """Stands still until it is told to move. It begins at the time of day, since certificates are dated by it."""

    def __init__(self, now_ms: int) -> None:
        self._now_ms = now_ms

    def now_ms(self) -> int:
        """Milliseconds since the epoch."""
        return self._now_ms

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self._now_ms += round(seconds * 1000)


class Answered(msgspec.Struct, frozen=True):
    """One answer."""

    status: int
    headers: dict[str, str]
    content: bytes
    header_list: tuple[tuple[str, str], ...] = ()
    """Every header, also those that stand several times."""

    @property
    def text(self) -> str:
        """The body as text."""
        return self.content.decode()

    def json(self) -> Any:
        """The body as JSON."""
        return msgspec.json.decode(self.content)


class InProcess:
    """A deployment on SQLite whose requests are plain function calls."""

    def __init__(
        self,
        runner: asyncio.Runner,
        opened: OpenedApp,
        bootstrap: dict[str, Any],
        clock: MovableClock,
        settings: Settings,
    ) -> None:
        self._runner = runner
        self._opened = opened
        self.settings = settings
        self.database_url = database_url(settings)
        self.host = HOST
        """What requests say in ``Host`` unless they are told otherwise."""
        self.bootstrap = bootstrap
        self.clock = clock
        self._token = ""

    issuer = "https://localhost:8443/"

    @property
    def opened(self) -> OpenedApp:
        """The application, as the front holds it."""
        return self._opened

    @property
    def worker(self) -> Worker:
        """What its doors share, for what no URL shows."""
        return self._opened._worker  # only a test looks behind the front's face

    @property
    def tenant(self) -> Tenant:
        """The first tenant, as the database has it."""
        tenant, *_ = self.run(self.worker.storage.find(Tenant, None))
        return tenant

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run something on the application's loop."""
        return self._runner.run(work)

    def request(
        self,
        method: str,
        path: str,
        content: bytes = b"",
        headers: dict[bytes, bytes] | None = None,
        certificates: tuple[bytes, ...] = (),
        host: bytes = b"",
    ) -> Answered:
        """One request, on a connection that showed these DER certificates."""
        return self.sent(method, path, content, list((headers or {}).items()), certificates, host)

    def sent(
        self,
        method: str,
        path: str,
        content: bytes = b"",
        headers: Sequence[tuple[bytes, bytes]] = (),
        certificates: tuple[bytes, ...] = (),
        host: bytes = b"",
    ) -> Answered:
        """The same with headers that may stand several times."""
        whole = [(b"host", host or self.host), *headers]
        return self.run(self._request(method, path, content, whole, certificates))

    async def _request(
        self,
        method: str,
        path: str,
        content: bytes,
        headers: list[tuple[bytes, bytes]],
        certificates: tuple[bytes, ...],
    ) -> Answered:
        raw_path, _, query = path.partition("?")
        sent: list[Any] = []
        scope = {
            "type": "http",
            "method": method,
            "path": raw_path,
            "raw_path": raw_path.encode(),
            "query_string": query.encode(),
            "headers": headers,
            "client": ("127.0.0.1", 1),
            "extensions": {PEER_CERTIFICATES: certificates},
        }

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": content, "more_body": False}

        async def send(message: Any) -> None:
            sent.append(message)

        await self._opened.asgi(scope, receive, send)
        answered = tuple((name.decode(), value.decode()) for name, value in sent[0]["headers"])
        content = b"".join(message.get("body", b"") for message in sent[1:])
        return Answered(sent[0]["status"], dict(answered), content, answered)

    def flush(self) -> None:
        """Write what was counted, as happens every few seconds by itself."""
        self.run(self._opened.flush())

    def daily_counts(self) -> list[DailyCount]:
        """What was counted today in the first tenant."""
        day = day_of(self.clock.now_ms())

        async def read() -> list[DailyCount]:
            storage = await open_storage(self.database_url)
            try:
                (tenant,) = await storage.find(Tenant, None)
                return await storage.daily_counts(tenant.tenant_id, day, day)
            finally:
                await storage.close()

        return self.run(read())

    def now_iso(self) -> str:
        """The time, as the Management API spells it."""
        return iso_from_ms(self.clock.now_ms())

    def later_iso(self, seconds: float) -> str:
        """So many seconds from now, likewise."""
        return iso_from_ms(self.clock.now_ms() + round(seconds * 1000))

    def forget_token(self) -> None:
        """Get a new management token at the next call: the old one is over."""
        self._token = ""

    def token(self, certificates: tuple[bytes, ...] = (), host: bytes = b"", **form: Any) -> Answered:
        """A token request with a form; None leaves a parameter out."""
        given = {"grant_type": "client_credentials", **form}
        content = urlencode({name: value for name, value in given.items() if value is not None}).encode()
        return self.request("POST", "/oauth/token", content, {b"content-type": FORM}, certificates, host)

    def call(self, method: str, path: str, body: Any = None, token: str = "", host: bytes = b"") -> Answered:
        """A Management API call below `/api/v2/`, as the management application unless a token is given."""
        if not self._token:
            self._token = self.token(**self.bootstrap["management"]).json()["access_token"]
        headers = {b"authorization": f"Bearer {token or self._token}".encode(), b"content-type": JSON}
        content = b"" if body is None else msgspec.json.encode(body)
        return self.request(method, f"/api/v2/{path}", content, headers, host=host)

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """The same, which must succeed; its body."""
        answer = self.call(method, path, body)
        assert answer.status < 300, (method, path, answer)
        return answer.json() if answer.content else None

    def made(self, method: str, path: str, body: Any) -> dict[str, Any]:
        """The same for a call that answers with a record."""
        record: dict[str, Any] = self.ask(method, path, body)
        return record

    def neighbour(self) -> tuple[bytes, str]:
        """Another tenant on the same server, known to the worker: its host, and a management token of its own."""
        name, host = "umbrella.example", b"umbrella.example:8443"
        _, contents = self.run(create_tenant(self.settings, "umbrella", name))
        for _ in range(200):
            if name in self.run(self.opened.hosts()):
                break
            self.run(asyncio.sleep(0.01))
        return host, self.token(host=host, **contents.management).json()["access_token"]

    def api(self, identifier: str = "https://api.example/", **fields: Any) -> dict[str, Any]:
        """A resource server with scopes ``read`` and ``write``."""
        scopes = [{"value": "read"}, {"value": "write"}]
        return self.made("POST", "resource-servers", {"identifier": identifier, "scopes": scopes, **fields})

    def client(self, audience: str, scope: list[str] | None = None, **fields: Any) -> dict[str, Any]:
        """An application with a secret and a grant for the API."""
        base = {"name": "app", "app_type": "non_interactive", "grant_types": ["client_credentials"]}
        client = self.made("POST", "clients", {**base, **fields})
        grant = {"client_id": client["client_id"], "audience": audience}
        self.ask("POST", "client-grants", {**grant, "scope": ["read", "write"] if scope is None else scope})
        return client


@contextmanager
def in_process(directory: Path, now_ms: int, **options: Any) -> Iterator[InProcess]:
    """A deployment, a fresh one unless it is there already; ``options`` are settings.

    Its passwords are hashed quickly.
    """
    settings = Settings(data=directory, **options)
    copy_started(settings)
    clock = MovableClock(now_ms)
    with patch.object(passwords, "PARAMETERS", CHEAPEST), asyncio.Runner() as runner:
        runner.run(prepare(settings))
        opened = runner.run(open_app(settings, clock))
        bootstrap = msgspec.json.decode((directory / "bootstrap.json").read_bytes())
        try:
            yield InProcess(runner, opened, bootstrap, clock, settings)
        finally:
            runner.run(opened.close())
