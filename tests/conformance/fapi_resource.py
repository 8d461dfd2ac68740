"""Checks of the resource endpoint as FAPI uses it (conformance.md 0); here it is /userinfo, or the Management API."""

from __future__ import annotations

from uuid import uuid4

from tests.conformance.fapi_party import FapiParty
from tests.signin import Reply

INTERACTION_ID = "x-fapi-interaction-id"
TOLERATED: tuple[dict[str, str], ...] = (
    {"x-fapi-auth-date": "Mon, 14 Dec 2020 09:01:02 GMT"},
    {"x-fapi-customer-ip-address": "198.51.100.119"},
    {"x-fapi-customer-ip-address": "2001:db8::1893:25c8:1946"},
    *({"accept": accept} for accept in ("application/json", "*/*", "application/json;charset=utf-8", "text/html")),
)
"""Headers that change nothing."""


def cases_of(scheme: str) -> tuple[str, ...]:
    """Its spellings (RFC 9110 11.1)."""
    return scheme.lower(), scheme.upper(), scheme.swapcase()


def check_resource(party: FapiParty, access_token: str, url: str = "") -> None:
    """It answers the holder of the token whatever headers come along, and never a token in the query."""
    url = url or party.provider.metadata["userinfo_endpoint"]
    for headers in TOLERATED:
        assert _answered(party, url, access_token, headers).status == 200, headers
    refused = party.get(f"{url}?access_token={access_token}", {})
    assert refused.status in (400, 401), refused


def _answered(party: FapiParty, url: str, access_token: str, headers: dict[str, str]) -> Reply:
    """The answer, JSON; an interaction's id comes back as it was sent, if at all."""
    interaction_id = str(uuid4())
    reply = party.fetch(url, access_token, {INTERACTION_ID: interaction_id, **headers})
    assert reply.header(INTERACTION_ID) == interaction_id or "/api/v2/" in url, "FAPI 1 wants it, FAPI 2 does not mind"
    assert reply.header("content-type").partition(";")[0] == "application/json"
    return reply
