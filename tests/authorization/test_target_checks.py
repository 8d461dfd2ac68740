"""What is asked for: which API, and which scopes."""

from __future__ import annotations

from typing import Any

from tallystick.authorization.code import AuthorizationCode
from tests.application import decoded
from tests.authorization.asking import GRANTS, asking, sent_back, set_tenant
from tests.inprocess import InProcess

API = "https://api.example/"


def scope_of(tokens: dict[str, Any]) -> set[str]:
    return set(tokens.get("scope", "").split())


def test_a_malformed_scope_is_refused(house: InProcess) -> None:
    app = asking(house)
    for scope in ('openid "x"', "openid  email", "openid\\", "öpenid"):
        sent_back(app, app.ask(scope=scope), "invalid_scope", "scope_form")


def test_no_scope_is_openid(house: InProcess) -> None:
    assert asking(house).tokens(scope=None)["id_token"]


def test_online_and_offline_exclude_one_another(house: InProcess) -> None:
    app = asking(house)
    stop = app.ask(scope="openid online_access offline_access")
    answer = sent_back(app, stop, "invalid_request", "access_kind")
    assert answer["error_description"] == "Cannot request both online_access and offline_access scopes"


def test_several_resources_are_refused(house: InProcess) -> None:
    set_tenant(house, resource_parameter_profile="compatibility")
    house.api(API)
    app = asking(house)
    stop = app.browser.get(f"{app.path(resource=API)}&resource=https://other.example/")
    sent_back(app, stop, "invalid_target", "resource_single")


def test_a_resource_is_an_absolute_uri(house: InProcess) -> None:
    set_tenant(house, resource_parameter_profile="compatibility")
    house.api("api")
    app = asking(house)
    for resource in ("api", f"{API}#part"):
        sent_back(app, app.ask(resource=resource), "invalid_target", "resource_form")


def test_a_resource_counts_where_the_tenant_takes_it(house: InProcess) -> None:
    house.api(API)
    app = asking(house)
    assert API not in str(decoded_audience(app.tokens(resource=API)))
    set_tenant(house, resource_parameter_profile="compatibility")
    assert API in decoded_audience(app.tokens(resource=API))
    sent_back(app, app.ask(resource="https://nobody.example/"), "invalid_target", "audience_known")
    assert API in decoded_audience(app.tokens(audience=API, resource="https://nobody.example/"))  # audience wins


def decoded_audience(tokens: dict[str, Any]) -> Any:
    return decoded(tokens["access_token"])[1]["aud"]


def test_an_unknown_api_is_refused(house: InProcess) -> None:
    app = asking(house)
    answer = sent_back(app, app.ask(audience='https://no"body.example/'), "access_denied", "audience_known")
    assert answer["error_description"] == "Service not found: https://no?body.example/"


def test_nobody_gets_a_token_for_the_management_api(house: InProcess) -> None:
    app = asking(house)
    stop = app.ask(audience=f"{house.issuer}api/v2/", scope="openid create:clients")
    sent_back(app, stop, "access_denied", "audience_for_people")


def test_an_api_may_refuse_people(house: InProcess) -> None:
    house.api(API, subject_type_authorization={"user": {"policy": "deny_all"}})
    app = asking(house)
    sent_back(app, app.ask(audience=API), "access_denied", "audience_for_people")


NEEDS_GRANT = {"user": {"policy": "require_client_grant"}, "client": {"policy": "require_client_grant"}}


def test_an_api_may_demand_a_grant_for_people(house: InProcess) -> None:
    house.api(API, subject_type_authorization=NEEDS_GRANT)
    app = asking(house)
    sent_back(app, app.ask(audience=API), "access_denied", "audience_granted")


def grant(house: InProcess, client_id: str, scope: list[str], subject_type: str = "user") -> None:
    body = {"client_id": client_id, "audience": API, "scope": scope, "subject_type": subject_type}
    house.ask("POST", "client-grants", body)


def test_a_grant_for_itself_is_none_for_people(house: InProcess) -> None:
    house.api(API, subject_type_authorization=NEEDS_GRANT)
    app = asking(house, grant_types=[*GRANTS, "client_credentials"])
    grant(house, app.client["client_id"], ["read"], "client")
    sent_back(app, app.ask(audience=API), "access_denied", "audience_granted")


def test_a_grant_for_people_bounds_the_scopes(house: InProcess) -> None:
    house.api(API, subject_type_authorization=NEEDS_GRANT)
    app = asking(house)
    grant(house, app.client["client_id"], ["read"])
    assert scope_of(app.tokens(audience=API, scope="openid read write")) == {"openid", "read"}
    assert code_scope(house) == ["openid", "read"]


def test_a_scope_that_nobody_defines_is_left_out(house: InProcess) -> None:
    house.api(API)
    app = asking(house)
    asked: dict[str, Any] = {"audience": API, "scope": "openid email read made:up"}
    assert scope_of(app.tokens(**asked)) == {"openid", "email", "read"}
    assert code_scope(house) == ["openid", "email", "read"]


def code_scope(house: InProcess) -> list[str]:
    """What the youngest code stands for: token endpoint and consent page would narrow a laxer one once more."""
    found = house.run(house.worker.storage.find(AuthorizationCode, house.tenant.tenant_id, newest_first=True, limit=1))
    return found[0].scope


def test_offline_access_needs_client_and_api(house: InProcess) -> None:
    house.api(API)
    asked = {"scope": "openid offline_access"}
    without_grant = asking(house, grant_types=["authorization_code"])
    without_grant.code(**asked)
    assert code_scope(house) == ["openid"]
    without_leave = asking(house, without_grant.browser)
    without_leave.code(audience=API, **asked)
    assert code_scope(house) == ["openid"]
    assert "refresh_token" in without_leave.tokens(**asked)  # for the profile alone, the client's grant will do
    api = house.ask("GET", "resource-servers/https%3A%2F%2Fapi.example%2F")
    house.ask("PATCH", f"resource-servers/{api['id']}", {"allow_offline_access": True})
    assert "refresh_token" in without_leave.tokens(audience=API, **asked)


def test_the_tenants_default_audience_counts(house: InProcess) -> None:
    house.api(API)
    set_tenant(house, default_audience=API)
    assert API in decoded_audience(asking(house).tokens())
