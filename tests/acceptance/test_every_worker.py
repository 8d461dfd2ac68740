"""What the Management API has acknowledged holds in every worker within 500 ms."""

from __future__ import annotations

import httpx

from tests.acceptance.workers import holds_everywhere, status
from tests.administrator import Administrator
from tests.application import Application
from tests.server import Server


def by_secret(application: Application, secret: str | None = None) -> dict[str, str]:
    return application.form(client_id=application.client_id, client_secret=secret or application.secret)


def expect(server: Server, application: Application, wanted: int, secret: str | None = None) -> None:
    form = by_secret(application, secret)
    holds_everywhere(server, lambda http: http.post("oauth/token", data=form), status(wanted))


def test_a_new_application_and_its_end(server: Server, admin: Administrator) -> None:
    application = admin.application()
    expect(server, application, 200)
    admin.ask("DELETE", f"clients/{application.client_id}")
    expect(server, application, 401)


def test_a_rotated_secret(server: Server, admin: Administrator) -> None:
    application = admin.application()
    expect(server, application, 200)
    rotated = admin.ask("POST", f"clients/{application.client_id}/rotate-secret")["client_secret"]
    expect(server, application, 401)
    expect(server, application, 200, rotated)


def test_a_grant_that_was_withdrawn(server: Server, admin: Administrator) -> None:
    audience = admin.api()["identifier"]
    client = admin.client()
    grant = admin.grant(client["client_id"], audience)
    application = Application(server, client["client_id"], audience, secret=client["client_secret"])
    expect(server, application, 200)
    admin.ask("DELETE", f"client-grants/{grant['id']}")
    expect(server, application, 400)


def test_the_tenants_floor(server: Server, admin: Administrator) -> None:
    application = admin.application()
    expect(server, application, 200)
    try:
        admin.ask("PATCH", "tenants/settings", {"compliance_level_floor": "fapi2_security"})
        expect(server, application, 401)
    finally:
        admin.ask("PATCH", "tenants/settings", {"compliance_level_floor": None})
    expect(server, application, 200)


def test_a_key_that_was_taken_out_of_use(server: Server, admin: Administrator) -> None:
    application = admin.key_application()
    assert application.by_assertion().status_code == 200
    admin.use(application.client_id, "private_key_jwt")

    def ask(http: httpx.Client) -> httpx.Response:
        return application.by_assertion(None, http)

    holds_everywhere(server, ask, status(401))


def test_a_rotated_signing_key_is_published(server: Server, admin: Administrator) -> None:
    kid = admin.ask("POST", "keys/signing/rotate", {"alg": "ES256"})["kid"]
    holds_everywhere(
        server,
        lambda http: http.get(".well-known/jwks.json"),
        lambda answer: kid in {key["kid"] for key in answer.json()["keys"]},
    )
