"""Whatever JSON stands in whatever field: it is taken or refused, and never breaks the server."""

from __future__ import annotations

import contextlib
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tallystick.clients.credential_fields import CREDENTIAL_FIELDS
from tallystick.clients.metadata import CLIENT_FIELDS
from tests.forge import Key

from .conftest import Api

PEM = Key().public_pem
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**53), 2**53),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(st.characters(codec="utf-8"), max_size=20),
    st.sampled_from(["https://a.example/", "http://[", "x" * 3_000, PEM, "CN=a", "2030-01-01T00:00:00Z", "ES256"]),
)
MEMBERS = st.sampled_from(["credentials", "id", "alg", "kty", "n", "e", "x", "crv", "required", "private_key_jwt"])
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(MEMBERS | st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
CLIENT_BODIES = st.dictionaries(st.sampled_from(sorted(CLIENT_FIELDS)), VALUES, max_size=5)
CREDENTIAL_MEMBERS = sorted({name for table in CREDENTIAL_FIELDS.values() for name in table} - {"credential_type"})
CREDENTIAL_BODIES = st.builds(
    lambda kind, body: {"credential_type": kind, **body},
    st.sampled_from(sorted(CREDENTIAL_FIELDS)),
    st.dictionaries(st.sampled_from(CREDENTIAL_MEMBERS), VALUES, max_size=4),
)
TABLES = [CLIENT_FIELDS, *CREDENTIAL_FIELDS.values()]
OFTEN = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.mark.parametrize("value", [{}, [], "x", 1, True])
def test_every_row_can_be_checked(value: Any) -> None:
    for field in (field for table in TABLES for field in table.values()):
        with contextlib.suppress(msgspec.ValidationError):
            msgspec.convert(value, field.type)


@OFTEN
@given(body=CLIENT_BODIES, change=CLIENT_BODIES)
def test_any_client(api: Api, body: dict[str, Any], change: dict[str, Any]) -> None:
    response = api("POST", "/clients", {"name": "a", **body})
    assert response.status_code in (201, 400, 409), response.text
    client = response.json() if response.status_code == 201 else api.new_client()
    path = f"/clients/{client['client_id']}"
    assert api("PATCH", path, change).status_code in (200, 400, 409)
    assert api("GET", path).status_code == 200
    api("DELETE", path, expect=204)


@OFTEN
@given(body=CREDENTIAL_BODIES)
def test_any_credential(api: Api, body: dict[str, Any]) -> None:
    client = api.new_client()
    response = api("POST", f"/clients/{client['client_id']}/credentials", body)
    assert response.status_code in (201, 400, 409), response.text
    assert api.run(api.management.directory.find("t1", client["client_id"])) is not None


@OFTEN
@given(body=VALUES)
def test_any_jwk(api: Api, body: Any) -> None:
    jwk = {"kty": "EC", "crv": "P-256", **(body if isinstance(body, dict) else {"x": body, "y": body})}
    answer = {"credential_type": "public_key", "jwk": jwk}
    assert api("POST", f"/clients/{api.new_client()['client_id']}/credentials", answer).status_code == 400
