"""The token endpoint as a whole, in one process: what answers look like, and what is written down of them."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode

import pytest

from tallystick.clientauth.presented import JWT_BEARER
from tallystick.events import Event
from tests.application import decoded, now_ms
from tests.certificate_mill import leaf
from tests.clientauth.evidence import der
from tests.forge import Key, b64
from tests.inprocess import FORM, Answered, InProcess, in_process

LEAF = b"leaf"
THUMBPRINT = b64(sha256(LEAF).digest())


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InProcess]:
    """One deployment for the module: its tests register what they need, and none of them moves the clock."""
    with in_process(tmp_path_factory.mktemp("house") / "data", now_ms()) as running:
        yield running


@pytest.fixture(scope="module")
def audience(house: InProcess) -> str:
    return str(house.api("https://token.example/")["identifier"])


@pytest.fixture(scope="module")
def application(house: InProcess, audience: str) -> dict[str, Any]:
    return house.client(audience)


@pytest.fixture
def written(house: InProcess, monkeypatch: pytest.MonkeyPatch) -> list[Event]:
    """The log rows that the test's requests make."""
    rows: list[Event] = []
    storage = house._opened._worker.storage
    record = storage.record

    async def noted(event: Event) -> None:
        rows.append(event)
        await record(event)

    monkeypatch.setattr(storage, "record", noted)
    return rows


def by_secret(house: InProcess, application: dict[str, Any], audience: str, **form: Any) -> Answered:
    return house.token(
        **{
            "client_id": application["client_id"],
            "client_secret": application["client_secret"],
            "audience": audience,
            **form,
        }
    )


def test_rfc6749_3_2_only_post(house: InProcess, written: list[Event]) -> None:
    for method in ("GET", "PUT", "DELETE", "HEAD", "post"):
        answer = house.request(method, "/oauth/token", b"", {b"content-type": FORM})
        assert (answer.status, answer.headers["allow"], answer.json()["error"]) == (405, "POST", "invalid_request")
    assert {row.details["check"] for row in written} == {"http.method"}


def test_rfc6749_5_1_an_answer_with_a_token_is_not_stored(
    house: InProcess, application: dict[str, Any], audience: str
) -> None:
    answer = by_secret(house, application, audience)
    assert answer.status == 200
    assert (answer.headers["cache-control"], answer.headers["pragma"]) == ("no-store", "no-cache")
    assert answer.headers["content-type"] == "application/json"
    assert set(answer.json()) == {"access_token", "token_type", "expires_in", "scope"}


def test_rfc6749_5_2_a_challenge_answers_the_authorization_header_and_nothing_else(
    house: InProcess, application: dict[str, Any], audience: str
) -> None:
    body = urlencode({"grant_type": "client_credentials", "audience": audience}).encode()
    wrong = b"Basic " + b64encode(f"{application['client_id']}:wrong".encode())
    by_header = house.request("POST", "/oauth/token", body, {b"content-type": FORM, b"authorization": wrong})
    assert (by_header.status, by_header.headers["www-authenticate"]) == (401, 'Basic realm="oauth"')
    assert "www-authenticate" not in by_secret(house, application, audience, client_secret="wrong").headers
    good = b"Basic " + b64encode(f"{application['client_id']}:{application['client_secret']}".encode())
    unknown = body.replace(b"client_credentials", b"password")
    refused = house.request("POST", "/oauth/token", unknown, {b"content-type": FORM, b"authorization": good})
    assert refused.status == 400
    assert "www-authenticate" not in refused.headers


def test_success_is_written_down_before_it_is_told(
    house: InProcess, application: dict[str, Any], audience: str, written: list[Event]
) -> None:
    answer = by_secret(house, application, audience)
    (row,) = written
    assert (row.type, row.correlation_id) == ("seccft", answer.headers["x-correlation-id"])
    assert (row.client_id, row.client_name, row.audience) == (application["client_id"], "app", audience)
    assert (row.scope, row.ip, row.hostname) == ("read write", "127.0.0.1", "localhost:8443")
    assert row.details["method"] == "client_secret_post"
    assert row.details["credential_id"].startswith("cred_")


def test_two_voices_the_log_has_the_check_and_the_caller_has_not(
    house: InProcess, application: dict[str, Any], audience: str, written: list[Event]
) -> None:
    answer = by_secret(house, application, audience, client_secret="canary-of-the-secret")
    assert answer.json() == {
        "error": "invalid_client",
        "error_description": "Client authentication failed.",
        "correlation_id": answer.headers["x-correlation-id"],
    }
    (row,) = written
    assert (row.type, row.details["check"]) == ("feccft", "client_secret.match")
    assert (row.client_id, row.details["claimed_client_id"]) == ("", application["client_id"])
    assert "canary" not in repr(row)


def test_a_proven_client_is_named_when_it_is_refused_later(
    house: InProcess, application: dict[str, Any], audience: str, written: list[Event]
) -> None:
    answer = by_secret(house, application, audience, scope="admin")
    assert answer.json()["error"] == "invalid_scope"
    (row,) = written
    assert (row.client_id, row.details["check"]) == (application["client_id"], "client_credentials.scope")
    assert "claimed_client_id" not in row.details


def test_rfc8705_3_any_certificate_of_the_connection_binds_where_the_api_allows(
    house: InProcess, written: list[Event]
) -> None:
    api = house.api("https://bound.example/", proof_of_possession={"mechanism": "mtls", "required": True})
    application = house.client(api["identifier"])
    plain = by_secret(house, application, api["identifier"])
    assert (plain.status, plain.json()["error"]) == (400, "invalid_request")
    written.clear()
    bound = by_secret(house, application, api["identifier"], certificates=(LEAF, b"more"))
    assert bound.json()["token_type"] == "Bearer"
    assert decoded(bound.json()["access_token"])[1]["cnf"] == {"x5t#S256": THUMBPRINT}
    assert written[0].details["cnf"] == {"x5t#S256": THUMBPRINT}


def test_an_application_that_requires_proof_gets_no_unbound_token(house: InProcess) -> None:
    api = house.api("https://allowed.example/", proof_of_possession={"mechanism": "mtls", "required": False})
    application = house.client(api["identifier"], require_proof_of_possession=True)
    assert by_secret(house, application, api["identifier"]).json()["error"] == "invalid_request"
    bound = by_secret(house, application, api["identifier"], certificates=(LEAF,))
    assert decoded(bound.json()["access_token"])[1]["cnf"] == {"x5t#S256": THUMBPRINT}


def test_c20_a_header_binds_nothing_and_proves_nothing(house: InProcess, audience: str) -> None:
    application = house.client(audience, name="certified")
    holder = leaf("CN=certified")
    row = house.made(
        "POST",
        f"clients/{application['client_id']}/credentials",
        {"credential_type": "x509_cert", "pem": holder.pem},
    )
    methods = {"self_signed_tls_client_auth": {"credentials": [{"id": row["id"]}]}}
    change = {"token_endpoint_auth_method": None, "client_authentication_methods": methods}
    house.ask("PATCH", f"clients/{application['client_id']}", change)
    form = {"grant_type": "client_credentials", "client_id": application["client_id"], "audience": audience}
    body = urlencode(form).encode()
    pem = holder.pem.replace("\n", " ").encode()
    encoded = b":" + b64encode(der(holder)) + b":"
    for name in (b"client-cert", b"x-client-cert", b"ssl-client-cert", b"x-forwarded-client-cert", b"x-ssl-cert"):
        for value in (pem, encoded, b64encode(der(holder))):
            answer = house.request("POST", "/oauth/token", body, {b"content-type": FORM, name: value})
            assert answer.json()["error"] == "invalid_client"
    good = house.request("POST", "/oauth/token", body, {b"content-type": FORM}, (der(holder),))
    assert good.status == 200


# B15: byte for byte the same, whatever the reason


def add_expired_secret(house: InProcess, client_id: str) -> str:
    """A secret that has just ended."""
    path = f"clients/{client_id}/credentials"
    row = house.made("POST", path, {"credential_type": "client_secret"})
    ended = datetime.fromtimestamp(house.clock.now_ms() / 1000 - 5, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    house.ask("PATCH", f"{path}/{row['id']}", {"expires_at": ended})
    return str(row["client_secret"])


def keyed(house: InProcess, audience: str) -> str:
    client_id = str(house.client(audience, name="keyed")["client_id"])
    body = {"credential_type": "public_key", "pem": Key("ES256").public_pem, "alg": "ES256"}
    row = house.made("POST", f"clients/{client_id}/credentials", body)
    methods = {"private_key_jwt": {"credentials": [{"id": row["id"]}]}}
    change = {"token_endpoint_auth_method": None, "client_authentication_methods": methods}
    house.ask("PATCH", f"clients/{client_id}", change)
    return client_id


def test_b15_refusals_are_byte_for_byte_the_same_but_for_the_correlation_id(
    house: InProcess, application: dict[str, Any], audience: str
) -> None:
    key_client = keyed(house, audience)
    public = house.made("POST", "clients", {"name": "public", "app_type": "native", "grant_types": []})["client_id"]
    client_id = application["client_id"]
    unknown = "NoSuchClientNoSuchClientNoSuchCl"
    thief = Key("ES256")

    def secret(id: str, shown: str = "w" * 64) -> Callable[[], Answered]:
        return lambda: house.token(client_id=id, client_secret=shown, audience=audience)

    def assertion(id: str, **claims: Any) -> Callable[[], Answered]:
        shown = thief.assertion(id, house.issuer, **claims)
        return lambda: house.token(client_assertion_type=JWT_BEARER, client_assertion=shown, audience=audience)

    reasons: dict[str, Callable[[], Answered]] = {
        "unknown client": secret(unknown),
        "wrong secret": secret(client_id),
        "expired secret": secret(client_id, add_expired_secret(house, client_id)),
        "wrong method": secret(key_client),
        "public client": secret(public),
        "no client id at all": lambda: house.token(audience=audience),
        "unknown client's assertion": assertion(unknown),
        "foreign key": assertion(key_client),
        "assertion for a secret client": assertion(client_id),
        "expired assertion": assertion(key_client, exp=1),
        "malformed assertion": lambda: house.token(
            client_assertion_type=JWT_BEARER, client_assertion="a.b.c", audience=audience
        ),
        "nothing shown": lambda: house.token(client_id=key_client, audience=audience),
    }
    seen: dict[bytes, list[str]] = {}
    for reason, attempt in reasons.items():
        answer = attempt()
        id = answer.headers.pop("x-correlation-id")
        assert answer.status == 401
        shape = repr((sorted(answer.headers.items()), answer.content.replace(id.encode(), b"ID"))).encode()
        seen.setdefault(shape, []).append(reason)
    assert len(seen) == 1, seen
