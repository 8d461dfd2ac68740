"""What the Terraform provider sends through go-auth0 (auth0.md 7.5), and what it does with the answers."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import httpx

from tests.administrator import Administrator, Json

FIELDS_TO_CHECK = {"fields": "client_id", "include_fields": "true"}
LIST = {"include_totals": "true", "per_page": "50"}
"""go-auth0 puts this on every list that it pages through."""


class Terraform:
    """Calls as go-auth0 makes them: everything beyond 2xx is an error, except a 404 where it reads or deletes."""

    def __init__(self, admin: Administrator) -> None:
        self._http = admin.server.http()
        self._headers = {
            "Authorization": f"Bearer {admin.token}",
            "User-Agent": "Terraform-Provider-Auth0/1.30.0 (Terraform-SDK/2.38.0; Terraform/1.12.0) Go-Auth0/1.27.0",
            "Content-Type": "application/json",
        }

    def send(self, method: str, *path: str, body: Any = None, query: dict[str, str] | None = None) -> httpx.Response:
        """One call; segments of the path are escaped, as go-auth0 does with each id."""
        url = "/api/v2/" + "/".join(quote(segment, safe="") for segment in path)
        return self._http.request(method, url, json=body, params=query, headers=self._headers)

    def call(self, method: str, *path: str, body: Any = None, query: dict[str, str] | None = None) -> Any:
        """A call that it fails on unless the status is 2xx; the body, None without one."""
        answer = self.send(method, *path, body=body, query=query)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    def read(self, *path: str, query: dict[str, str] | None = None) -> Json | None:
        """A refresh: on 404 it takes the resource out of its state, on anything else it fails."""
        answer = self.send("GET", *path, query=query)
        if answer.status_code == 404:
            return None
        assert answer.is_success, answer.text
        found: Json = answer.json()
        return found
