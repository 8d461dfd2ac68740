"""The example API beside a deployment in this process: it fetches keys and asks about tokens without any socket."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import httpx
from examples.fastapi_api import API, create_app

from tallystick.sdk.api import Introspection, ProtectedResource
from tallystick.sdk.api.fetching import Answer, Ask
from tallystick.sdk.methods import ClientSecretBasic
from tests.inprocess import FORM, InProcess
from tests.sdk.api.asking import Headers, ask

BASE = API.rstrip("/")
SCOPES = [{"value": "read:orders"}, {"value": "write:orders"}]


class HouseFetch:
    """Asks the deployment, on its own loop."""

    def __init__(self, house: InProcess) -> None:
        self._house = house
        self.asked: list[str] = []

    async def __call__(self, ask: Ask) -> Answer:
        self.asked.append(ask.url)
        parts = urlsplit(ask.url)
        headers = [(b"host", parts.netloc.encode())]
        headers += [(name.lower().encode(), value.encode()) for name, value in ask.headers.items()]
        if ask.form is not None:
            headers.append((b"content-type", FORM))
        method, content = ("GET", b"") if ask.form is None else ("POST", ask.form)
        answered = await self._house._request(method, parts.path, content, headers, ())
        return Answer(status=answered.status, headers=answered.headers, content=answered.content)


class Orders:
    """The API: registered at the deployment, and running."""

    def __init__(self, house: InProcess, *, introspects: bool = False, options: Any = None, **fields: Any) -> None:
        self.house = house
        house.api(API, scopes=SCOPES, **fields)
        given = {"issuer": house.issuer, "base_url": BASE, "fetch": HouseFetch(house), "clock": house.clock.now_ms}
        asking = {"introspection": self._introspection()} if introspects else {}
        self.app = create_app(ProtectedResource(API, **{**given, **asking, **(options or {})}))

    def _introspection(self) -> Introspection:
        """As the application that stands for the API."""
        kind = {"name": "gateway", "app_type": "resource_server", "resource_server_identifier": API}
        client = self.house.made("POST", "clients", kind)
        secret = ClientSecretBasic(client["client_secret"])
        return Introspection(client_id=client["client_id"], method=secret, cache_ms=0)

    def ask(self, path: str, headers: Headers = (), method: str = "GET", **more: Any) -> httpx.Response:
        """One request."""
        return ask(self.app, BASE + path, headers, method, run=self.house.run, **more)


__all__ = ["API", "BASE", "Orders"]
