"""What the log tells of a refusal: what was shown, what was expected, when; and never a secret."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import pytest

from tallystick.events import Event
from tests.application import JWT_BEARER
from tests.certificate_mill import leaf
from tests.clientauth.evidence import der
from tests.forge import Key
from tests.inprocess import FORM, Answered, InProcess

KEY = Key("ES256", kid="key-of-2027")


@pytest.fixture
def rows(house: InProcess, monkeypatch: pytest.MonkeyPatch) -> list[Event]:
    """The rows of the tenant's log from here on."""
    written: list[Event] = []
    storage: Any = house._opened._worker.storage
    record = storage.record

    async def noted(event: Event) -> None:
        written.append(event)
        await record(event)

    monkeypatch.setattr(storage, "record", noted)
    return written


@pytest.fixture
def audience(house: InProcess) -> str:
    return str(house.api()["identifier"])


@pytest.fixture
def keyed(house: InProcess, audience: str) -> str:
    """The id of an application that authenticates by private key JWT."""
    client_id = str(house.client(audience)["client_id"])
    credential = {"credential_type": "public_key", "pem": KEY.public_pem, "alg": "ES256", "kid": "key-of-2027"}
    made = house.made("POST", f"clients/{client_id}/credentials", credential)
    methods = {"private_key_jwt": {"credentials": [{"id": made["id"]}]}}
    house.ask(
        "PATCH",
        f"clients/{client_id}",
        {"token_endpoint_auth_method": None, "client_authentication_methods": methods},
    )
    return client_id


def by_assertion(house: InProcess, assertion: str, **form: Any) -> Answered:
    return house.token(client_assertion_type=JWT_BEARER, client_assertion=assertion, **form)


def test_an_assertion_is_told_decoded_with_the_time_and_what_was_expected(
    house: InProcess, keyed: str, rows: list[Event]
) -> None:
    now_s = house.clock.now_ms() // 1000
    assertion = KEY.assertion(keyed, "https://victim.example/", iat=now_s, exp=now_s + 60, jti="of-this-test")
    answer = by_assertion(house, assertion)
    assert answer.status == 401
    (row,) = rows
    assert row.correlation_id == answer.headers["x-correlation-id"]
    details = row.details
    assert details["check"] == "private_key_jwt.aud"
    assert details["jwt_header"] == {"alg": "ES256", "kid": "key-of-2027"}
    claims = {"iss": keyed, "sub": keyed, "aud": "https://victim.example/", "iat": now_s, "exp": now_s + 60}
    assert details["jwt_claims"] == claims | {"jti": "of-this-test"}
    assert house.issuer in details["expected"]
    assert (details["server_time_s"], details["skew_allowed_s"]) == (now_s, 10)
    assert (details["presented"], details["client_id"], details["claimed_client_id"]) == (
        ["client_assertion"],
        keyed,
        keyed,
    )
    assert assertion.rpartition(".")[2] not in repr(row)


def test_keys_that_did_not_fit_are_told_with_the_reason(house: InProcess, keyed: str, rows: list[Event]) -> None:
    by_assertion(house, Key("ES256", kid="another").assertion(keyed, house.issuer))
    details = rows[0].details
    assert (details["check"], details["kid"]) == ("private_key_jwt.key", "another")
    assert [(key["kid"], key["reason"]) for key in details["registered"]] == [("key-of-2027", "kid")]


def test_a_certificate_is_told_in_summary(house: InProcess, audience: str, rows: list[Event]) -> None:
    holder = leaf("CN=robot,O=Tests")
    application = house.client(audience)
    house.token((der(holder),), client_id=application["client_id"], audience=audience)
    details = rows[0].details
    assert details["check"] == "client.method_is_client_secret_post"
    assert details["presented"] == ["certificate"]
    told = details["certificate"]
    assert (told["subject"], told["thumbprint_sha256"]) == ("CN=robot,O=Tests", holder.thumbprint)
    assert told["key"] == "EC secp256r1"
    house.token((b"\x30\x03abc",), client_id=application["client_id"], audience=audience)
    assert rows[1].details["certificate"]["unreadable"] == "certificate.der"


def test_success_says_none_of_it(house: InProcess, audience: str, rows: list[Event]) -> None:
    application = house.client(audience)
    given = {"client_id": application["client_id"], "client_secret": application["client_secret"]}
    assert house.token((der(leaf("CN=x")),), **given, audience=audience).status == 200
    assert set(rows[0].details) <= {"method", "credential_id", "cnf"}


def test_b19_secret_and_client_id_the_wrong_way_round(house: InProcess, audience: str, rows: list[Event]) -> None:
    application = house.client(audience)
    secret, client_id = application["client_secret"], application["client_id"]
    house.token(client_id=secret, client_secret=client_id, audience=audience)
    headers = {b"content-type": FORM, b"authorization": b"Basic " + b64encode(f"{secret}:{client_id}".encode())}
    house.request("POST", "/oauth/token", b"grant_type=client_credentials", headers)
    by_assertion(house, KEY.assertion(secret, secret))
    by_assertion(house, KEY.assertion("x", "y"), client_id=secret)
    assert [row.details["check"] for row in rows] == ["client.unknown"] * 3 + ["presented.client_id_differs"]
    assert all(row.details["claimed_client_id"].startswith(secret[:12] + "…") for row in rows)
    assert secret[:24] not in repr(rows)


def test_a_refused_management_token_is_a_row_of_the_log(house: InProcess, keyed: str, rows: list[Event]) -> None:
    now_s = house.clock.now_ms() // 1000
    forged = KEY.assertion(keyed, house.issuer + "api/v2/", {"typ": "JWT"}, iat=now_s, exp=now_s + 60, azp=keyed)
    answer = house.request(
        "GET", f"/api/v2/clients/{'s' * 40}", headers={b"authorization": b"Bearer " + forged.encode()}
    )
    assert answer.status == 401
    (row,) = rows
    assert (row.type, row.client_id) == ("fapi", "")
    assert row.correlation_id == answer.headers["x-correlation-id"]
    assert row.details["check"] == "token.kid"
    assert row.details["jwt_claims"]["aud"] == house.issuer + "api/v2/"
    assert row.details["jwt_header"]["kid"] == "key-of-2027"
    assert row.details["request"]["path"] == "/api/v2/clients/ssssssssssss… (40 characters)"
    assert forged.rpartition(".")[2] not in repr(row)


def test_a_management_token_that_ran_out_says_how_long_ago(house: InProcess, rows: list[Event]) -> None:
    house.ask("GET", "clients")
    token = house._token
    house.clock.advance(2 * 86_400)
    answer = house.request("GET", "/api/v2/clients", headers={b"authorization": f"Bearer {token}".encode()})
    assert answer.status == 401
    details = rows[-1].details
    assert details["check"] == "token.exp"
    assert details["seconds_past"] == details["server_time_s"] - details["jwt_claims"]["exp"] > 0


def test_a_malformed_header_is_a_row_and_no_header_is_none(house: InProcess, rows: list[Event]) -> None:
    assert house.request("GET", "/api/v2/clients").status == 401
    assert rows == []
    secret = b"canary-0123456789-0123456789-0123456789"
    assert house.request("GET", "/api/v2/clients", headers={b"authorization": b"Basic " + secret}).status == 400
    assert rows[0].details["check"] == "token.header"
    assert b"canary" not in repr(rows).encode()
