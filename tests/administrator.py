"""What an administrator does over the Management API, in words of the tests."""

from __future__ import annotations

import itertools
import os
from typing import TYPE_CHECKING, Any

from tests.application import Application

if TYPE_CHECKING:
    import httpx

    from tests.server import Server

_numbers = itertools.count(1)


Json = dict[str, Any]


def unique(prefix: str) -> str:
    """A name nobody else in this run uses: tests share servers and run side by side."""
    return f"{prefix}-{os.getpid()}-{next(_numbers)}"


class Administrator:
    """Calls `/api/v2` with the management application's token."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.http: httpx.Client = server.http()
        self.token = self._token()

    def _token(self) -> str:
        management = self.server.bootstrap["management"]
        answer = self.http.post("oauth/token", data={"grant_type": "client_credentials", **management})
        assert answer.status_code == 200, answer.text
        return str(answer.json()["access_token"])

    def call(self, method: str, path: str, body: Any = None, **options: Any) -> httpx.Response:
        """Any call; ``path`` below ``/api/v2/``."""
        headers = {"Authorization": f"Bearer {self.token}", **options.pop("headers", {})}
        return self.http.request(method, f"api/v2/{path}", json=body, headers=headers, **options)

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """A call that must succeed; its body."""
        answer = self.call(method, path, body)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    def made(self, method: str, path: str, body: Any) -> Json:
        """The same for a call that answers with a record."""
        record: Json = self.ask(method, path, body)
        return record

    def api(self, **fields: Any) -> Json:
        """A new resource server with scopes ``read`` and ``write``."""
        identifier = f"https://{unique('api')}.example/"
        scopes = [{"value": "read"}, {"value": "write"}]
        return self.made("POST", "resource-servers", {"identifier": identifier, "scopes": scopes, **fields})

    def client(self, **fields: Any) -> Json:
        """A new application that may use client_credentials."""
        base = {"name": unique("app"), "app_type": "non_interactive", "grant_types": ["client_credentials"]}
        return self.made("POST", "clients", {**base, **fields})

    def grant(self, client_id: str, audience: str, scope: list[str] | None = None) -> Json:
        """What the application may ask of the API; everything unless told."""
        body = {"client_id": client_id, "audience": audience, "scope": ["read", "write"] if scope is None else scope}
        return self.made("POST", "client-grants", body)

    def credential(self, client_id: str, **fields: Any) -> Json:
        """A new credential of the application; not yet in use."""
        return self.made("POST", f"clients/{client_id}/credentials", fields)

    def use(self, client_id: str, method: str, *credential_ids: str, **fields: Any) -> Json:
        """Switch the application to a key method with these credentials."""
        methods = {method: {"credentials": [{"id": id_} for id_ in credential_ids]}}
        body = {"token_endpoint_auth_method": None, "client_authentication_methods": methods, **fields}
        return self.made("PATCH", f"clients/{client_id}", body)

    def application(self, audience: str | None = None, **fields: Any) -> Application:
        """An application with a secret and a grant, ready to ask for tokens."""
        audience = audience or self.api()["identifier"]
        client = self.client(**fields)
        self.grant(client["client_id"], audience)
        return Application(self.server, client["client_id"], audience, secret=client["client_secret"])

    def key_application(self, alg: str = "ES256", audience: str | None = None, **fields: Any) -> Application:
        """An application that authenticates by private key JWT."""
        application = self.application(audience)
        key = application.new_key(alg)
        credential = self.credential(application.client_id, credential_type="public_key", pem=key.public_pem, alg=alg)
        self.use(application.client_id, "private_key_jwt", credential["id"], **fields)
        application.credential_id = credential["id"]
        return application

    def log(self, correlation_id: str) -> Json:
        """The row of the tenant's log under a correlation id, read from the database."""
        from tests.log_reader import read_log

        rows = read_log(self.server, correlation_id)
        assert len(rows) == 1, rows
        return rows[0]

    def failing_check(self, answer: httpx.Response) -> str:
        """The exact check behind a refusal, as the log has it."""
        return str(self.log(answer.headers["X-Correlation-Id"])["details"]["check"])
