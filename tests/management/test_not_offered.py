"""What Auth0 has and we have not, as its tools ask for it (auth0.md 7.4)."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tallystick.management.actions import ActionResource
from tallystick.management.routes import Resource
from tallystick.records import Writer
from tests.memory import MemoryRecords

from .conftest import Api, Management


def resources(_records: MemoryRecords, _writer: Writer) -> Sequence[Resource]:
    return (ActionResource(),)


@pytest.fixture
def management() -> Management:
    return Management(resources)


def test_the_list_of_actions_is_empty(api: Api) -> None:
    answer = api("GET", "/actions/actions?page=2&per_page=100", expect=200)
    assert answer == {"actions": [], "total": 0, "page": 2, "per_page": 100}
    assert api("GET", "/actions/actions", expect=200)["per_page"] == 50


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("GET", "/connections/con_x/scim-configuration", "read:scim_config"),
        ("GET", "/branding/phone/providers", "read:branding"),
        ("GET", "/guardian/factors/sms/templates", "read:guardian_factors"),
        ("GET", "/actions/triggers", "read:actions"),
        ("POST", "/actions/actions", "create:actions"),
        ("PATCH", "/actions/actions/x", "update:actions"),
    ],
)
def test_the_rest_is_refused_like_a_missing_scope(api: Api, method: str, path: str, scope: str) -> None:
    """By this text the tools know that they are to go on without."""
    answer = api(method, path, {} if method != "GET" else None, expect=403)
    assert answer["message"] == f"Insufficient scope, expected any of: {scope}"
    assert answer["errorCode"] == "insufficient_scope"


def test_there_is_one_connection(api: Api) -> None:
    for method, path in (("POST", "/connections"), ("DELETE", "/connections/con_x")):
        refused = api(method, path, {} if method == "POST" else None, expect=403)
        assert refused["errorCode"] == "operation_not_supported"
        assert "Username-Password-Authentication" in refused["message"]
    assert api("GET", "/branding/themes/default", expect=404)["errorCode"] == "inexistent_theme"


def test_what_nobody_has_is_not_found(api: Api) -> None:
    api("GET", "/nonsense", expect=404)
    api("PUT", "/clients", {}, expect=405)
