"""A credential proves something only while it lives; the clock decides, to the millisecond."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.application import JWT_BEARER
from tests.forge import Key
from tests.inprocess import Answered, InProcess


def iso(house: InProcess, seconds_ahead: float) -> str:
    """A moment as the Management API spells it."""
    moment = datetime.fromtimestamp(house.clock.now_ms() / 1000 + seconds_ahead, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


class KeyHolder:
    """An application with one key whose life the test chooses."""

    def __init__(self, house: InProcess, **life: Any) -> None:
        self.house = house
        self.audience = house.api()["identifier"]
        self.client_id = house.client(self.audience)["client_id"]
        self.key = Key("ES256")
        self.credential_id = self.add(self.key, **life)
        self.use(self.credential_id)

    def add(self, key: Key, **life: Any) -> str:
        body = {"credential_type": "public_key", "pem": key.public_pem, "alg": key.alg, **life}
        return str(self.house.ask("POST", f"clients/{self.client_id}/credentials", body)["id"])

    def use(self, *credential_ids: str) -> None:
        methods = {"private_key_jwt": {"credentials": [{"id": each} for each in credential_ids]}}
        body = {"token_endpoint_auth_method": None, "client_authentication_methods": methods}
        self.house.ask("PATCH", f"clients/{self.client_id}", body)

    def token(self, key: Key | None = None) -> Answered:
        now_s = self.house.clock.now_ms() // 1000
        assertion = (key or self.key).assertion(self.client_id, self.house.issuer, iat=now_s, exp=now_s + 60)
        return self.house.token(client_assertion_type=JWT_BEARER, client_assertion=assertion, audience=self.audience)


def test_a_key_ends_with_expires_at(house: InProcess) -> None:
    holder = KeyHolder(house, expires_at=iso(house, 3600))
    assert holder.token().status == 200
    house.clock.advance(3599)
    assert holder.token().status == 200
    house.clock.advance(2)
    assert holder.token().json()["error"] == "invalid_client"


def test_a_key_begins_with_not_before(house: InProcess) -> None:
    holder = KeyHolder(house, not_before=iso(house, 60))
    assert holder.token().json()["error"] == "invalid_client"
    house.clock.advance(61)
    assert holder.token().status == 200


def test_rotation_without_downtime(house: InProcess) -> None:
    holder = KeyHolder(house)
    new = Key("ES256")
    new_id = holder.add(new)
    assert holder.token(new).json()["error"] == "invalid_client"  # uploaded is not yet in use
    holder.use(holder.credential_id, new_id)
    assert (holder.token().status, holder.token(new).status) == (200, 200)
    holder.use(new_id)
    assert (holder.token().json()["error"], holder.token(new).status) == ("invalid_client", 200)


@pytest.mark.parametrize("overlap_s", [None, 600])
def test_a_rotated_secret_ends_at_once_or_after_the_overlap(house: InProcess, overlap_s: int | None) -> None:
    audience = house.api()["identifier"]
    client = house.client(audience)
    body = None if overlap_s is None else {"overlap_s": overlap_s}
    rotated = house.ask("POST", f"clients/{client['client_id']}/rotate-secret", body)

    def status(secret: str) -> int:
        return house.token(client_id=client["client_id"], client_secret=secret, audience=audience).status

    assert status(rotated["client_secret"]) == 200
    assert status(client["client_secret"]) == (401 if overlap_s is None else 200)
    house.clock.advance((overlap_s or 0) + 1)
    assert status(client["client_secret"]) == 401
    assert status(rotated["client_secret"]) == 200
