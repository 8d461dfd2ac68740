"""What a refusal looks like from outside, and what the log must know of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import httpx

    from tests.administrator import Administrator


def refused(answer: httpx.Response, error: str = "invalid_client") -> None:
    """The RFC's error, a dull description, a correlation id, nothing cacheable, and no token."""
    assert answer.status_code == (401 if error == "invalid_client" else 400), answer.text
    body = answer.json()
    assert body["error"] == error
    assert body["correlation_id"] == answer.headers["x-correlation-id"]
    assert answer.headers["cache-control"] == "no-store"
    assert set(body) == {"error", "error_description", "correlation_id"}


def refused_for(admin: Administrator, answer: httpx.Response, check: str, error: str = "invalid_client") -> None:
    """Refused, and the log names the exact check."""
    refused(answer, error)
    assert admin.failing_check(answer) == check


def accepted(answer: httpx.Response) -> str:
    """A token; it."""
    assert answer.status_code == 200, answer.text
    return str(answer.json()["access_token"])
