"""auth0.md 3.7, 4.4, 4.5: what a resource server and a client grant may be, without any database."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest

from tallystick.apis.client_grant_rules import checked_new as checked_grant
from tallystick.apis.client_grant_rules import new_client_grant, new_client_grant_id, updated_client_grant
from tallystick.apis.client_grants import ClientGrant
from tallystick.apis.effective import grant_in_force, with_system_scopes
from tallystick.apis.resource_server_fields import RESOURCE_SERVER_FIELDS, SIGNING_ALGS
from tallystick.apis.resource_server_rules import (
    check_not_ours,
    checked_new,
    new_resource_server,
    new_resource_server_id,
    updated_resource_server,
)
from tallystick.apis.resource_servers import ResourceServer
from tallystick.errors import Conflict, InvalidField, NotPermitted
from tallystick.fields import check_update
from tallystick.signing import make

from ..tenants.stored import NOW_MS

OWN_URLS = ("https://one.example/", "https://mtls.one.example/", "https://id.acme.example/")
"""Those of the tenant and of its custom domain."""
NONSENSE: tuple[Any, ...] = ({"junk": 1}, [{"value": {}}], ["\0", 1], -1, "", [None], True)
SYSTEM_SCOPES = ("read:clients", "update:clients", "read:client_grants")


def api(**body: Any) -> ResourceServer:
    values = checked_new({"identifier": "https://api.example/", **body})
    check_not_ours(values["identifier"], OWN_URLS)
    return new_resource_server("t1", new_resource_server_id(), values, NOW_MS)


def system_api() -> ResourceServer:
    return ResourceServer(
        tenant_id="t1",
        id="0" * 24,
        identifier="https://one.example/api/v2/",
        is_system=True,
        metadata={"token_lifetime": 86_400, "scopes": [{"value": "from:an:older:release"}]},
        created_at_ms=NOW_MS,
        updated_at_ms=NOW_MS,
    )


def granting() -> ResourceServer:
    return api(scopes=[{"value": "read"}, {"value": "write"}], authorization_details=[{"type": "payment"}])


def grant(**given: Any) -> ClientGrant:
    body = {"client_id": "c", "audience": "https://api.example/", "scope": ["read"], **given}
    return new_client_grant("t1", new_client_grant_id(), checked_grant(body), granting(), None, NOW_MS)


def test_a_new_api_has_the_recorded_defaults_and_no_more() -> None:
    made = api()
    assert made.metadata == {
        "signing_alg": "RS256",
        "token_lifetime": 86_400,
        "token_lifetime_for_web": 7_200,
        "allow_offline_access": False,
        "skip_consent_for_verifiable_first_party_clients": False,
        "subject_type_authorization": {"user": {"policy": "allow_all"}, "client": {"policy": "require_client_grant"}},
    }
    assert (made.name, made.scopes, made.token_dialect) == (None, (), "access_token")


@pytest.mark.parametrize(
    "body",
    [
        {"identifier": ""},
        {"identifier": "a" * 601},
        {"identifier": "a b"},
        {"identifier": "a\n"},
        {"identifier": "a\u200b"},
        {"identifier": 7},
        {"identifier": None},
        {"name": ""},
        {"name": "a" * 201},
        {"name": "<b>"},
        {"name": "a\n<"},
        {"scopes": [{"value": ""}]},
        {"scopes": [{"value": "a b"}]},
        {"scopes": [{"value": "a\n"}]},
        {"scopes": [{"value": 'a"b'}]},
        {"scopes": [{"value": "a\\b"}]},
        {"scopes": [{"value": "é"}]},
        {"scopes": [{"value": "a" * 281}]},
        {"scopes": [{"value": "a", "description": "d" * 501}]},
        {"scopes": [{"value": "a", "more": 1}]},
        {"scopes": [{"description": "a"}]},
        {"scopes": ["a"]},
        {"scopes": [{"value": "a"}, {"value": "a", "description": "again"}]},
        {"scopes": [{"value": str(n)} for n in range(1001)]},
        {"scopes": None},
        {"signing_alg": "HS256"},
        {"signing_alg": "RS512"},
        {"signing_alg": "none"},
        {"signing_alg": "rs256"},
        {"signing_alg": ""},
        {"signing_alg": None},
        {"signing_secret": "0123456789abcdef"},
        {"token_lifetime": 0},
        {"token_lifetime": -1},
        {"token_lifetime": 2_592_001},
        {"token_lifetime": 1.5},
        {"token_lifetime": "60"},
        {"token_lifetime": True},
        {"token_lifetime_for_web": 0},
        {"token_dialect": "jwt"},
        {"proof_of_possession": {}},
        {"proof_of_possession": {"mechanism": "mtls"}},
        {"proof_of_possession": {"mechanism": "tls", "required": True}},
        {"proof_of_possession": {"mechanism": "mtls", "required": "yes"}},
        {"proof_of_possession": {"mechanism": "mtls", "required": True, "required_for": "public_clients"}},
        {"proof_of_possession": {"mechanism": "mtls", "required": True, "more": 1}},
        {"token_encryption": {"format": "compact-nested-jwe"}},
        {"authorization_details": ["payment"]},
        {"authorization_details": [{"type": ""}]},
        {"authorization_details": [{"type": "a b"}]},
        {"authorization_details": [{"type": "a"}, {"type": "a", "description": "again"}]},
        {"authorization_details": [{"type": "a", "more": 1}]},
        {"authorization_details": [{"type": "a", "schema": True}]},
        {"authorization_details": [{"type": "a", "description": "d" * 501}]},
        {"consent_policy": "none"},
        {"authorization_policy": {"policy_id": "p"}},
        {"subject_type_authorization": {"client": {"policy": "allow_all"}}},
        {"subject_type_authorization": {"client": {}}},
        {"enforce_policies": "true"},
        {"is_system": True},
        {"id": "x"},
        {"unknown": 1},
        # Under our own URL, an audience would look as if it were for us.
        {"identifier": "https://one.example/api/v2/"},
        {"identifier": "https://one.example/userinfo"},
        {"identifier": "https://one.example/"},
        {"identifier": "https://one.example"},
        {"identifier": "https://mtls.one.example/oauth/token"},
        {"identifier": "https://id.acme.example/api/v2/"},
        {"identifier": "https://id.acme.example"},
    ],
)
def test_what_an_api_may_not_be_is_refused_with_a_reason(body: dict[str, Any]) -> None:
    with pytest.raises(InvalidField) as refused:
        api(**body)
    assert refused.value.description


@pytest.mark.parametrize("size", [600, 1])
def test_an_identifier_of_every_allowed_length_is_taken(size: int) -> None:
    assert api(identifier="é" * size).identifier == "é" * size


def test_a_thousand_scopes_are_taken() -> None:
    assert len(api(scopes=[{"value": f"s{n}", "description": ""} for n in range(1000)]).scopes) == 1000


@pytest.mark.parametrize("seconds", [1, 2_592_000])
def test_lifetimes_at_their_limits_are_taken(seconds: int) -> None:
    assert api(token_lifetime=seconds).token_lifetime_s == seconds


def test_hs256_is_refused_with_the_way_out() -> None:
    with pytest.raises(InvalidField, match="use one of RS256, PS256, ES256, Ed25519"):
        api(signing_alg="HS256")


@pytest.mark.parametrize("alg", [*SIGNING_ALGS, "EdDSA"])
def test_every_algorithm_that_signs_is_taken_under_its_canonical_name(alg: str) -> None:
    assert api(signing_alg=alg).signing_alg == ("Ed25519" if alg == "EdDSA" else alg)
    assert updated_resource_server(api(), {"signing_alg": alg}, (), NOW_MS).signing_alg in SIGNING_ALGS


def test_every_algorithm_an_api_may_ask_for_has_keys() -> None:
    assert SIGNING_ALGS == make.SIGNING_ALGS


@pytest.mark.parametrize(
    "proof",
    [
        {"mechanism": "mtls", "required": False},
        {"mechanism": "mtls", "required": True, "required_for": "all_clients"},
        {"mechanism": "dpop", "required": True, "required_for": "public_clients"},
    ],
)
def test_proof_of_possession_is_kept_as_sent(proof: dict[str, Any]) -> None:
    assert api(proof_of_possession=proof).metadata["proof_of_possession"] == proof


def test_an_update_keeps_what_it_leaves_out_and_null_clears() -> None:
    before = api(name="A", scopes=[{"value": "a"}], proof_of_possession={"mechanism": "mtls", "required": True})
    after = updated_resource_server(before, {"token_lifetime": 60}, (), NOW_MS + 1)
    assert (after.name, after.scopes, after.token_lifetime_s, after.updated_at_ms) == ("A", ("a",), 60, NOW_MS + 1)
    cleared = updated_resource_server(after, {"proof_of_possession": None, "consent_policy": None}, (), NOW_MS)
    assert "proof_of_possession" not in cleared.metadata
    assert "consent_policy" not in cleared.metadata


def test_the_identifier_never_changes() -> None:
    with pytest.raises(InvalidField):
        updated_resource_server(api(), {"identifier": "https://api.example/"}, (), NOW_MS)


def test_no_row_breaks_on_nonsense() -> None:
    for name, field in RESOURCE_SERVER_FIELDS.items():
        for nonsense in NONSENSE:
            if field.on_update and not field.read_only:
                with contextlib.suppress(InvalidField):
                    check_update(RESOURCE_SERVER_FIELDS, {name: nonsense})


def test_the_system_api_has_the_scopes_of_this_release_whatever_its_row_says() -> None:
    assert with_system_scopes(system_api(), SYSTEM_SCOPES).scopes == tuple(sorted(SYSTEM_SCOPES))
    assert with_system_scopes(api(scopes=[{"value": "a"}]), SYSTEM_SCOPES).scopes == ("a",)


@pytest.mark.parametrize(
    "body",
    [
        {"scopes": []},
        {"scopes": [{"value": "read:clients"}]},
        {"scopes": [{"value": scope} for scope in (*SYSTEM_SCOPES, "more")]},
        {"token_dialect": "rfc9068_profile"},
        {"name": "Mine"},
        {"enforce_policies": True},
        {"subject_type_authorization": {"client": {"policy": "deny_all"}}},
    ],
)
def test_what_would_shut_administrators_out_is_refused(body: dict[str, Any]) -> None:
    with pytest.raises(NotPermitted):
        updated_resource_server(system_api(), body, SYSTEM_SCOPES, NOW_MS)


def test_the_system_api_takes_lifetime_algorithm_and_its_own_scopes() -> None:
    body = {
        "token_lifetime": 60,
        "signing_alg": "ES256",
        "scopes": [{"value": scope} for scope in SYSTEM_SCOPES],
        "proof_of_possession": {"mechanism": "mtls", "required": True},
    }
    changed = updated_resource_server(system_api(), body, SYSTEM_SCOPES, NOW_MS)
    assert (changed.token_lifetime_s, changed.signing_alg) == (60, "ES256")


def test_a_grant_is_kept_as_sent() -> None:
    made = grant(scope=["write", "read"])
    assert (made.scope, made.subject_type, made.metadata) == (["write", "read"], "client", {})
    assert grant(scope=None).scope == []


@pytest.mark.parametrize(
    "body",
    [
        {"scope": ["admin"]},
        {"scope": ["read", "READ"]},
        {"scope": ["read", "read"]},
        {"scope": [""]},
        {"scope": "read"},
        {"scope": [1]},
        {"client_id": ""},
        {"client_id": None},
        {"audience": None},
        {"subject_type": "organization"},
        {"allow_all_scopes": True},
        {"organization_usage": "require"},
        {"organization_usage": "allow"},
        {"allow_any_organization": True},
        {"authorization_details_types": ["a b"]},
        {"default_for": "third_party_clients"},
        {"is_system": True},
        {"id": "cgr_x"},
        {"unknown": 1},
    ],
)
def test_what_a_grant_may_not_be_is_refused(body: dict[str, Any]) -> None:
    with pytest.raises(InvalidField):
        grant(**body)


def test_what_asks_for_nothing_is_taken_and_echoed() -> None:
    assert grant(organization_usage="deny", allow_any_organization=False).metadata == {
        "organization_usage": "deny",
        "allow_any_organization": False,
    }


def test_types_of_details_are_those_that_the_api_registers() -> None:
    given = grant(authorization_details_types=["payment"])
    assert given.detail_types == ("payment",)
    kept = updated_client_grant(given, {"authorization_details_types": ["payment"]}, api(), NOW_MS)
    assert kept.detail_types == ("payment",)  # the API has dropped it since: it is worth nothing
    for types in (["transfer"], ["payment", "payment"]):
        with pytest.raises(InvalidField):
            updated_client_grant(given, {"authorization_details_types": types}, granting(), NOW_MS)
    assert updated_client_grant(given, {"authorization_details_types": None}, granting(), NOW_MS).detail_types == ()


def test_a_second_grant_is_a_conflict() -> None:
    body = {"client_id": "c", "audience": "https://api.example/"}
    with pytest.raises(Conflict):
        new_client_grant("t1", "cgr_2", checked_grant(body), granting(), grant(), NOW_MS)


def test_an_update_sets_scopes_that_exist_and_leaves_the_rest() -> None:
    changed = updated_client_grant(grant(), {"scope": ["write"]}, granting(), NOW_MS + 1)
    assert (changed.scope, changed.client_id, changed.updated_at_ms) == (["write"], "c", NOW_MS + 1)
    with pytest.raises(InvalidField):
        updated_client_grant(grant(), {"scope": ["admin"]}, granting(), NOW_MS)
    for fixed in ("client_id", "audience", "subject_type"):
        with pytest.raises(InvalidField):
            updated_client_grant(grant(), {fixed: "client"}, granting(), NOW_MS)


def test_all_scopes_and_a_list_of_scopes_take_turns() -> None:
    everything = updated_client_grant(grant(), {"allow_all_scopes": True}, granting(), NOW_MS)
    assert (everything.allow_all_scopes, everything.scope) == (True, [])
    narrowed = updated_client_grant(everything, {"scope": ["read"]}, granting(), NOW_MS)
    assert (narrowed.allow_all_scopes, narrowed.scope) == (False, ["read"])
    ended = updated_client_grant(everything, {"allow_all_scopes": False}, granting(), NOW_MS)
    assert (ended.allow_all_scopes, ended.scope) == (False, [])


def test_a_grant_is_worth_what_the_api_still_defines() -> None:
    defined = api(scopes=[{"value": "write"}, {"value": "new"}])
    assert in_force(grant(scope=["read", "write"]), defined) == ["write"]
    assert in_force(grant(scope=[], allow_all_scopes=True), defined) == ["write", "new"]


def test_a_grant_is_worth_nothing_when_the_api_denies_all_such_subjects() -> None:
    denied = api(subject_type_authorization={"client": {"policy": "deny_all"}})
    assert grant_in_force(grant(), denied) is None
    assert grant_in_force(grant(subject_type="user"), denied) is not None
    assert (
        grant_in_force(grant(subject_type="user"), api(subject_type_authorization={"user": {"policy": "deny_all"}}))
        is None
    )


def in_force(given: ClientGrant, defined: ResourceServer) -> list[str] | None:
    found = grant_in_force(given, defined)
    return found.scope if found else None
