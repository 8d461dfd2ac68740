"""attacks.md 29 where access tokens are taken: one proof many times at once, over two workers, on both databases; and
what only a real connection shows."""

from __future__ import annotations

import asyncio
from collections import Counter

import httpx
import pytest

from tallystick.sdk.dpop import DpopKey
from tests.administrator import Administrator
from tests.application import JWT_BEARER, now_ms
from tests.patience import settle
from tests.server import Server

AT_ONCE = 50
KEY = DpopKey.generate()
PATH = "api/v2/clients"


@pytest.fixture(scope="module")
def token(server: Server, admin: Administrator) -> str:
    """Of an application whose level binds its tokens by DPoP, for the Management API."""
    robot = admin.key_application("ES256", admin.api()["identifier"], compliance_level="fapi2_sp_pkj_dpop")
    robot.audience = str(server.bootstrap["management"]["audience"])
    admin.grant(robot.client_id, robot.audience, ["read:clients"])
    settle()
    form = robot.form(client_assertion_type=JWT_BEARER, client_assertion=robot.good_assertion())
    proof = KEY.proof("POST", f"{server.issuer}oauth/token", now_ms=now_ms())
    answer = robot.post(form, headers={"DPoP": proof})
    assert (answer.status_code, answer.json().get("token_type")) == (200, "DPoP"), answer.text
    return str(answer.json()["access_token"])


def proof_for(server: Server, token: str, base: str = "") -> str:
    return KEY.proof("GET", (base or server.issuer) + PATH, now_ms=now_ms(), access_token=token)


def test_one_of_fifty_opens_the_management_api(server: Server, token: str) -> None:
    headers = {"Authorization": f"DPoP {token}", "DPoP": proof_for(server, token)}

    async def run() -> list[httpx.Response]:
        limits = httpx.Limits(max_connections=AT_ONCE)
        async with httpx.AsyncClient(verify=server.tls(), timeout=60, trust_env=False, limits=limits) as http:
            await asyncio.gather(*(http.get(server.issuer + "healthz") for _ in range(AT_ONCE)))
            return await asyncio.gather(*(http.get(server.issuer + PATH, headers=headers) for _ in range(AT_ONCE)))

    answers = asyncio.run(run())
    assert Counter(answer.status_code for answer in answers) == {200: 1, 401: AT_ONCE - 1}
    assert {answer.json().get("errorCode") for answer in answers if answer.status_code == 401} == {"invalid_dpop_proof"}


def test_names_of_headers_and_schemes_are_compared_without_case(
    server: Server, admin: Administrator, token: str
) -> None:
    for names, scheme in ((("AUTHORIZATION", "DPOP"), "DPOP"), (("authorization", "dpop"), "dpop")):
        headers = dict(zip(names, (f"{scheme} {token}", proof_for(server, token)), strict=True))
        assert admin.http.get(PATH, headers=headers).status_code == 200


def test_the_proof_names_the_listener_that_was_asked(server: Server, token: str) -> None:
    proof = proof_for(server, token, server.mtls_url)
    headers = {"Authorization": f"DPoP {token}", "DPoP": proof}
    with httpx.Client(verify=server.tls(), trust_env=False) as http:
        assert http.get(server.mtls_url + PATH, headers=headers).status_code == 200
