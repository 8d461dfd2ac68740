"""What would promise protection and is not enforced yet is refused, not kept."""

from __future__ import annotations

from tests.inprocess import InProcess


def test_a_token_quota_is_refused(house: InProcess) -> None:
    quota = {"client_credentials": {"enforce": True, "per_day": 1}}
    answer = house.call("POST", "clients", {"name": "app", "token_quota": quota})
    assert (answer.status, answer.json()["errorCode"]) == (400, "invalid_body")
