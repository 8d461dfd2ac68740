"""A revoked access token is over in every worker within 500 ms, and published; on both databases."""

from __future__ import annotations

import zlib
from base64 import urlsafe_b64decode
from typing import Any

import httpx
import msgspec

from tests.acceptance.workers import asked_every_worker, holds_everywhere, status
from tests.administrator import Administrator
from tests.application import Application, decoded
from tests.server import Server


def token_of(server: Server, application: Application) -> str:
    form = application.form(client_id=application.client_id, client_secret=application.secret)
    with httpx.Client(base_url=server.issuer, verify=server.tls(), trust_env=False) as http:
        return str(http.post("oauth/token", data=form).raise_for_status().json()["access_token"])


def revoke(server: Server, application: Application, token: str) -> None:
    form = {"client_id": application.client_id, "client_secret": application.secret, "token": token}
    with httpx.Client(base_url=server.issuer, verify=server.tls(), trust_env=False) as http:
        assert http.post("oauth/revoke", data=form).status_code == 200


def test_a_jwt_that_opened_the_management_api(server: Server, admin: Administrator) -> None:
    client, audience = admin.client(), server.issuer + "api/v2/"
    admin.grant(client["client_id"], audience, ["read:clients"])
    application = Application(server, client["client_id"], audience, secret=client["client_secret"])
    token = token_of(server, application)
    shown = {"authorization": f"Bearer {token}"}
    assert {answer.status_code for answer in asked_every_worker(server, lambda http: listed(http, shown))} == {200}
    revoke(server, application, token)
    holds_everywhere(server, lambda http: listed(http, shown), status(401))


def listed(http: httpx.Client, shown: dict[str, str]) -> httpx.Response:
    return http.get("api/v2/clients?per_page=1", headers=shown)


def test_an_opaque_token_at_introspection(server: Server, admin: Administrator) -> None:
    application = admin.application(admin.api(token_dialect="opaque")["identifier"])
    token = token_of(server, application)
    form = {"client_id": application.client_id, "client_secret": application.secret, "token": token}

    def ask(http: httpx.Client) -> httpx.Response:
        return http.post("oauth/introspect", data=form)

    assert all(answer.json()["active"] for answer in asked_every_worker(server, ask))
    revoke(server, application, token)
    holds_everywhere(server, ask, lambda answer: answer.json() == {"active": False})


def test_the_list_of_every_worker_tells(server: Server, admin: Administrator) -> None:
    """Places are taken by both workers, and none twice."""
    application = admin.application(admin.api(token_status_list=True)["identifier"])
    places = []
    for _ in range(12):
        token = token_of(server, application)
        places.append(decoded(token)[1]["status"]["status_list"])
    assert len({(place["uri"], place["idx"]) for place in places}) == 12
    revoke(server, application, token)
    holds_everywhere(server, lambda http: http.get(places[-1]["uri"]), lambda answer: bit_of(answer, places[-1]) == 1)
    for answer in asked_every_worker(server, lambda http: http.get(places[-1]["uri"])):
        assert [bit_of(answer, place) for place in places] == [0] * 11 + [1]


def bit_of(answer: httpx.Response, place: dict[str, Any]) -> int:
    claims = msgspec.json.decode(_decoded(answer.text.split(".")[1]))
    bits, index = zlib.decompress(_decoded(claims["status_list"]["lst"])), int(place["idx"])
    return bits[index // 8] >> (index % 8) & 1


def _decoded(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))
