"""``/clients`` over HTTP: what is created, shown, changed and refused (auth0.md 2.1, 2.4, 4.2, 4.3)."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tallystick.apis.client_grants import ClientGrant
from tallystick.clients.client import Client
from tallystick.clients.credential import Credential
from tallystick.clients.metadata import CLIENT_FIELDS
from tests.certs import NOW_MS
from tests.forge import Key

from .conftest import SIGNING_KEYS, Api, Management

GLOBAL = Client(
    tenant_id="t1", client_id="global", name="All Applications", is_global=True, created_at_ms=0, updated_at_ms=0
)


def message(answer: Any) -> str:
    return str(answer["message"])


def key_body(alg: str = "ES256", **more: Any) -> dict[str, Any]:
    return {"credential_type": "public_key", "pem": Key(alg).public_pem, "alg": alg, **more}


def by_key(*credentials: Any, method: str = "private_key_jwt") -> dict[str, Any]:
    return {"client_authentication_methods": {method: {"credentials": list(credentials)}}}


class TestCreate:
    def test_the_recorded_defaults_of_a_confidential_client(self, api: Api) -> None:
        client = api.new_client(app_type="regular_web")
        assert re.fullmatch(r"[A-Za-z0-9]{32}", client.pop("client_id"))
        assert re.fullmatch(r"[A-Za-z0-9_-]{64}", client.pop("client_secret"))
        assert client == {
            "tenant": "acme",
            "global": False,
            "name": "app",
            "app_type": "regular_web",
            "is_first_party": True,
            "is_token_endpoint_ip_header_trusted": False,
            "oidc_conformant": False,
            "sso_disabled": False,
            "cross_origin_authentication": False,
            "custom_login_page_on": True,
            "callback_url_template": False,
            "require_pushed_authorization_requests": False,
            "require_proof_of_possession": False,
            "signing_keys": SIGNING_KEYS,
            "grant_types": ["authorization_code", "implicit", "refresh_token", "client_credentials"],
            "jwt_configuration": {"secret_encoded": False, "lifetime_in_seconds": 36000},
            "refresh_token": {
                "rotation_type": "non-rotating",
                "expiration_type": "non-expiring",
                "leeway": 0,
                "infinite_token_lifetime": True,
                "infinite_idle_token_lifetime": True,
                "token_lifetime": 31557600,
                "idle_token_lifetime": 2592000,
            },
        }

    @pytest.mark.parametrize("app_type", ["native", "spa"])
    def test_public_kinds_have_no_secret_and_no_client_credentials(self, api: Api, app_type: str) -> None:
        client = api.new_client(app_type=app_type)
        assert "client_secret" not in client
        assert "token_endpoint_auth_method" not in client
        assert client["grant_types"] == ["authorization_code", "implicit", "refresh_token"]
        assert (client["refresh_token"]["token_lifetime"], client["refresh_token"]["idle_token_lifetime"]) == (
            2592000,
            1296000,
        )
        assert api.credentials(client) == []

    def test_a_sent_algorithm_leaves_the_lifetime_out(self, api: Api) -> None:
        client = api.new_client(jwt_configuration={"alg": "RS256"})
        assert client["jwt_configuration"] == {"secret_encoded": False, "alg": "RS256"}

    def test_third_parties_get_the_strict_set(self, api: Api) -> None:
        client = api.new_client(is_first_party=False, app_type="spa")
        assert client["client_id"].startswith("tpc_")
        assert len(client["client_id"]) == 32
        assert client["grant_types"] == ["authorization_code"]
        assert client["jwt_configuration"] == {"secret_encoded": False, "lifetime_in_seconds": 3600, "alg": "RS256"}
        assert client["refresh_token"]["rotation_type"] == "rotating"

    def test_a_client_for_an_api(self, api: Api) -> None:
        client = api.new_client(app_type="resource_server", resource_server_identifier="https://api.example")
        assert (client["grant_types"], client["oidc_conformant"]) == ([], True)
        api("POST", "/clients", {"name": "a", "app_type": "resource_server"}, expect=400)
        api("POST", "/clients", {"name": "a", "resource_server_identifier": "x"}, expect=400)

    def test_an_express_client_waits_for_its_keys(self, api: Api) -> None:
        client = api.new_client(app_type="express_configuration")
        assert client["client_authentication_methods"] == {"private_key_jwt": {"credentials": []}}

    def test_credentials_in_the_body_are_made_and_enabled_in_one_step(self, api: Api) -> None:
        client = api.new_client(**by_key(key_body(name="one"), key_body("PS256", name="two")))
        assert "client_secret" not in client
        assert "token_endpoint_auth_method" not in client
        listed = api.credentials(client)
        assert [row["name"] for row in listed] == ["two", "one"]
        ids = [{"id": row["id"]} for row in reversed(listed)]
        assert client["client_authentication_methods"] == {"private_key_jwt": {"credentials": ids}}

    @pytest.mark.parametrize(
        ("body", "reason"),
        [
            ({}, "Missing required property: name"),
            ({"name": ""}, "on property name"),
            ({"name": " "}, "on property name"),
            ({"name": "<script>"}, "on property name"),
            ({"name": "a\nb"}, "on property name"),
            ({"name": 5}, "on property name"),
            ({"name": None}, "Missing required property: name"),
            ({"name": "a", "nonsense": 1}, "Additional properties not allowed: nonsense"),
            ({"name": "a", "client_id": "mine"}, "Additional properties not allowed: client_id"),
            ({"name": "a", "client_secret": "x" * 64}, "Additional properties not allowed: client_secret"),
            ({"name": "a", "tenant": "umbrella"}, "Additional properties not allowed: tenant"),
            ({"name": "a", "global": True}, "Additional properties not allowed: global"),
            ({"name": "a", "description": "x" * 141}, "on property description"),
            ({"name": "a", "app_type": "regular_Web"}, "on property app_type"),
            ({"name": "a", "grant_types": ["client_credentials", "magic"]}, "Invalid grant types: magic"),
            ({"name": "a", "grant_types": "client_credentials"}, "on property grant_types"),
            (
                {"name": "a", "token_endpoint_auth_method": "client_secret_jwt"},
                "on property token_endpoint_auth_method",
            ),
            ({"name": "a", "is_first_party": "true"}, "on property is_first_party"),
            ({"name": "a", "compliance_level": "fapi3"}, "on property compliance_level"),
            ({"name": "a", "par_request_expiry": 9}, "on property par_request_expiry"),
            ({"name": "a", "jwt_configuration": {"alg": "HS256"}}, "on property jwt_configuration.alg"),
            ({"name": "a", "jwt_configuration": {"algo": "RS256"}}, "on property jwt_configuration"),
            ({"name": "a", "client_metadata": {str(n): "x" for n in range(11)}}, "on property client_metadata"),
            ({"name": "a", "client_metadata": {"k": 5}}, "on property client_metadata"),
            ({"name": "a", "refresh_token": {"rotation_type": "rotating"}}, "on property refresh_token"),
            ({"name": "a", "oidc_logout": {"backchannel_logout_urls": ["http://a"]}}, "on property oidc_logout"),
            ({"name": "a", "web_origins": ["https://a.example/path"]}, "on property web_origins"),
            (
                {"name": "a", "refresh_token": {"rotation_type": "rotating", "expiration_type": "non-expiring"}},
                "on property refresh_token",
            ),
            ({"name": "a", "client_authentication_methods": {}}, "Exactly one authentication method"),
            (
                {"name": "a", "client_authentication_methods": {"secret": {"credentials": []}}},
                "on property client_authentication_methods",
            ),
            (
                {"name": "a", **by_key(), "token_endpoint_auth_method": "client_secret_post"},
                "exclude one another",
            ),
            ({"name": "a", **by_key({"id": "cred_1"})}, "client_authentication_methods.private_key_jwt.credentials[0]"),
            ({"name": "a", **by_key({"credential_type": "client_secret"})}, "A secret does not serve this usage"),
            ({"name": "a", **by_key({"credential_type": "public_key", "pem": "no"})}, "credentials[0].pem"),
            ({"name": "a", **by_key(key_body(), method="tls_client_auth")}, "The credential_type must be one of"),
            (
                {"name": "a", "token_endpoint_auth_method": "none", "grant_types": ["client_credentials"]},
                "Invalid grant types: client_credentials",
            ),
            ({"name": "a", "app_type": "spa", "grant_types": ["client_credentials"]}, "on property grant_types"),
            ({"name": "a", "compliance_level": "fapi2_sp_pkj_mtls"}, "on property client_authentication_methods"),
        ],
    )
    def test_what_is_not_acceptable_is_told_field_by_field(self, api: Api, body: Any, reason: str) -> None:
        answer = api("POST", "/clients", body, expect=400)
        assert answer["errorCode"] == "invalid_body"
        assert reason in message(answer)
        assert api("GET", "/clients", expect=200) == []

    @pytest.mark.parametrize(
        ("app_type", "url", "good"),
        [
            ("regular_web", "https://app.example/callback?x=1", True),
            ("regular_web", "http://localhost:3000/callback", True),
            ("regular_web", "http://127.0.0.1/callback", True),
            ("regular_web", "http://[::1]:3000/callback", True),
            ("regular_web", "https://*.app.example/callback", True),
            ("native", "com.example.app://callback", True),
            ("native", "com.example.app:/callback", True),
            ("regular_web", "com.example.app://callback", False),
            ("regular_web", "http://app.example/callback", False),
            ("regular_web", "http://localhost.evil.example/", False),
            ("regular_web", "https://app.example/#fragment", False),
            ("regular_web", "https://user:password@app.example/", False),
            ("regular_web", "https://app.example@evil.example/", False),
            ("regular_web", "https:app.example", False),
            ("regular_web", "https:///path", False),
            ("regular_web", "//app.example/", False),
            ("regular_web", "/callback", False),
            ("regular_web", "https://app.example\\@evil.example/", False),
            ("regular_web", "https://app.example/\n", False),
            ("regular_web", "https://app.example:99999/", False),
            ("native", "javascript:alert(1)", False),
            ("native", "JavaScript:alert(1)", False),
            ("native", "data:text/html,x", False),
            ("native", "vbscript:x", False),
            ("native", "file:///etc/passwd", False),
        ],
    )
    def test_callbacks_are_places_one_may_be_sent_to(self, api: Api, app_type: str, url: str, good: bool) -> None:
        body = {"name": "a", "app_type": app_type, "callbacks": [url]}
        answer = api("POST", "/clients", body, expect=201 if good else 400)
        assert good or "on property callbacks[0]" in message(answer)

    def test_every_default_passes_its_own_check(self, api: Api) -> None:
        client = api.new_client()
        settable = {name: value for name, value in client.items() if name in CLIENT_FIELDS}
        settable = {n: v for n, v in settable.items() if not CLIENT_FIELDS[n].read_only and n != "client_secret"}
        assert api.change(client, **settable)["grant_types"] == client["grant_types"]


class TestRead:
    def test_a_secret_is_never_read_again(self, api: Api, management: Management) -> None:
        client = api.new_client()
        secret = client["client_secret"]
        for path in (f"/clients/{client['client_id']}", "/clients", f"/clients/{client['client_id']}/credentials"):
            assert secret not in api("GET", path).text
        assert "client_secret" not in api.change(client, description="x")
        assert secret not in repr(management.records.rows) + repr(management.records.events)

    def test_unknown_clients_do_not_exist(self, api: Api) -> None:
        for method in ("GET", "PATCH"):
            answer = api(method, "/clients/unknown", {} if method == "PATCH" else None, expect=404)
            assert (answer["errorCode"], answer["message"]) == ("inexistent_client", "The client does not exist")

    def test_nothing_leaks_between_tenants(self, api: Api, management: Management) -> None:
        client = api.new_client()
        management.tenant = management.tenant.__class__(
            tenant_id="t2", name="umbrella", issuer="https://b/", mtls_issuer="https://c/", created_at_ms=0
        )
        path = f"/clients/{client['client_id']}"
        assert api("GET", "/clients", expect=200) == []
        for method, of, body in (
            ("GET", path, None), ("PATCH", path, {}), ("GET", path + "/credentials", None),
            ("POST", path + "/rotate-secret", {}), ("POST", path + "/credentials", key_body()),
        ):  # fmt: skip
            api(method, of, body, expect=404)
        api("DELETE", path, expect=204)
        assert len(management.records.rows[Client]) == 1

    @pytest.mark.parametrize(
        ("scope", "sees", "hidden"),
        [
            ("read:client_summary", {"client_id", "name", "app_type", "description"}, {"grant_types", "signing_keys"}),
            ("read:clients", {"client_id", "grant_types"}, {"signing_keys", "client_authentication_methods"}),
            ("read:client_keys", {"grant_types", "signing_keys", "client_authentication_methods"}, set()),
            ("read:client_credentials", {"name", "signing_keys", "client_authentication_methods"}, {"grant_types"}),
        ],
    )
    def test_scopes_decide_what_is_seen(self, api: Api, scope: str, sees: set[str], hidden: set[str]) -> None:
        client = api.new_client(app_type="regular_web", description="d", **by_key(key_body()))
        one = api("GET", f"/clients/{client['client_id']}", scope=scope, expect=200)
        (listed,) = api("GET", "/clients", scope=scope, expect=200)
        assert one == listed
        assert sees <= one.keys()
        assert not hidden & one.keys()

    def test_asking_for_a_forbidden_field_is_refused(self, api: Api) -> None:
        path = "/clients?fields=client_id,client_secret,signing_keys"
        answer = api("GET", path, scope="read:clients", expect=403)
        assert message(answer) == "You cannot read the following fields: client_secret, signing_keys"
        assert answer["errorCode"] == "insufficient_scope"

    def test_fields_are_chosen_or_left_out(self, api: Api) -> None:
        client = api.new_client(app_type="spa")
        path = f"/clients/{client['client_id']}"
        assert api("GET", path + "?fields=client_id&include_fields=true", expect=200) == {
            "client_id": client["client_id"]
        }
        left = api("GET", path + "?fields=signing_keys,name&include_fields=false", expect=200)
        assert not {"signing_keys", "name"} & left.keys()
        assert left["app_type"] == "spa"
        assert api("GET", "/clients?fields=name", expect=200) == [{"name": "app"}]


class TestList:
    def test_the_three_styles_of_pages(self, api: Api) -> None:
        names = [api.new_client(name=f"app {n}")["name"] for n in range(5)]

        def of(query: str) -> Any:
            return api("GET", f"/clients?fields=name&{query}", expect=200)

        def named(*indexes: int) -> list[dict[str, str]]:
            return [{"name": names[n]} for n in indexes]

        assert of("") == named(0, 1, 2, 3, 4)
        assert of("page=1&per_page=2") == named(2, 3)
        assert of("page=9&per_page=2") == []
        assert of("page=1&per_page=2&include_totals=true") == {
            "start": 2,
            "limit": 2,
            "total": 5,
            "clients": named(2, 3),
        }
        assert of("page=7&include_totals=true") == {"start": 350, "limit": 50, "total": 5, "clients": []}
        first = of("take=3&include_totals=true")
        assert first["clients"] == named(0, 1, 2)
        assert of(f"take=3&from={first['next']}") == {"clients": named(3, 4)}
        assert "next" not in of("take=5")

    def test_filters(self, api: Api, management: Management) -> None:
        api.new_client(name="web", app_type="regular_web")
        api.new_client(name="spa", app_type="spa")
        api.new_client(name="theirs", is_first_party=False)
        management.records._save(GLOBAL)

        def names(query: str) -> list[str]:
            return [client["name"] for client in api("GET", f"/clients?{query}", expect=200)]

        assert names("is_global=true") == ["All Applications"]
        assert names("is_global=false") == ["web", "spa", "theirs"]
        assert names("is_first_party=false") == ["theirs"]
        assert names("app_type=spa,regular_web&page=0") == ["web", "spa"]
        assert names("external_client_id=https://x") == []


class TestUpdate:
    def test_only_what_is_sent_changes(self, api: Api, management: Management) -> None:
        client = api.new_client(description="before", callbacks=["https://a.example/"])
        changed = api.change(client, description="after", web_origins=["https://a.example"])
        before = {name: value for name, value in client.items() if name != "client_secret"}
        assert changed == before | {"description": "after", "web_origins": ["https://a.example"]}
        event = management.records.events[-1]
        assert (event.type, event.description, event.details["fields"]) == (
            "sapi",
            "Update a client",
            ["description", "web_origins"],
        )

    def test_metadata_is_replaced_per_key_and_null_removes_one(self, api: Api) -> None:
        client = api.new_client(client_metadata={"a": "1", "b": "2", "none": None})
        assert client["client_metadata"] == {"a": "1", "b": "2"}
        assert api.change(client, client_metadata={"b": None, "c": "3"})["client_metadata"] == {"a": "1", "c": "3"}

    def test_requiring_signed_requests_keeps_their_keys(self, api: Api) -> None:
        client = api.new_client(signed_request_object={"credentials": [key_body()]})
        assert "required" not in client["signed_request_object"]
        changed = api.change(client, signed_request_object={"required": True})["signed_request_object"]
        assert changed == {"required": True, **client["signed_request_object"]}
        assert "signed_request_object" not in api.change(client, signed_request_object=None)

    @pytest.mark.parametrize(
        ("body", "scope", "missing"),
        [
            ({"name": "b"}, "update:client_keys", "update:clients"),
            ({"client_secret": "s" * 64}, "update:clients", "update:client_keys"),
            ({"client_authentication_methods": None}, "update:clients", "update:client_credentials"),
            ({"signed_request_object": None}, "update:clients", "update:client_credentials"),
        ],
    )
    def test_some_fields_need_a_scope_of_their_own(self, api: Api, body: Any, scope: str, missing: str) -> None:
        client = api.new_client()
        answer = api("PATCH", f"/clients/{client['client_id']}", body, scope=scope, expect=403)
        assert message(answer) == f"Insufficient scope, expected any of: {missing}"

    def test_creating_with_credentials_needs_the_scope_for_them(self, api: Api) -> None:
        answer = api("POST", "/clients", {"name": "a", **by_key(key_body())}, scope="create:clients", expect=403)
        assert message(answer) == "Insufficient scope, expected any of: create:client_credentials"

    def test_what_only_a_new_client_may_say_is_refused(self, api: Api) -> None:
        client = api.new_client()
        api.change(client, 400, resource_server_identifier="x")
        api.change(client, 400, client_id="x")

    def test_a_change_that_another_worker_overtook_is_decided_again(self, api: Api, management: Management) -> None:
        client = api.new_client()
        management.records.lose_next = 3
        assert api.change(client, name="b")["name"] == "b"
        assert sum(event.description == "Update a client" for event in management.records.events) == 1


class TestAuthenticationMethod:
    def test_to_keys_and_back(self, api: Api, management: Management) -> None:
        client = api.new_client(token_endpoint_auth_method="client_secret_basic")
        assert client["token_endpoint_auth_method"] == "client_secret_basic"
        one, two = api.add(client, **key_body()), api.add(client, **key_body())
        changed = api.change(client, **by_key({"id": one["id"]}, {"id": two["id"]}), token_endpoint_auth_method=None)
        assert not {"token_endpoint_auth_method", "client_secret"} & changed.keys()
        assert [row["id"] for row in api.credentials(client)] == [two["id"], one["id"]]
        fewer = api.change(client, **by_key({"id": two["id"]}))
        assert fewer["client_authentication_methods"]["private_key_jwt"]["credentials"] == [{"id": two["id"]}]
        back = api.change(client, client_authentication_methods=None, token_endpoint_auth_method="client_secret_post")
        assert "client_secret" not in back
        registered = api.run(management.directory.find("t1", client["client_id"]))
        assert [hash for _, hash in registered.secrets] == [management.hasher.hash(client["client_secret"]).encode()]

    def test_both_at_once_or_one_without_null_for_the_other_is_refused(self, api: Api) -> None:
        client = api.new_client(**by_key(key_body()))
        assert "exclude one another" in message(api.change(client, 400, token_endpoint_auth_method="none"))
        secret = api.new_client(token_endpoint_auth_method="client_secret_post")
        assert "exclude one another" in message(api.change(secret, 400, **by_key()))
        assert "exclude one another" in message(
            api.change(secret, 400, **by_key(), token_endpoint_auth_method="client_secret_post")
        )

    def test_a_client_that_had_only_keys_gets_a_secret_when_it_comes_back(self, api: Api) -> None:
        client = api.new_client(**by_key(key_body()))
        back = api.change(client, client_authentication_methods=None, token_endpoint_auth_method="client_secret_post")
        assert len(back["client_secret"]) == 64

    @pytest.mark.parametrize(
        ("scope", "told"),
        [
            ("update:clients", False),
            ("update:clients+update:client_keys", True),
            ("update:clients+read:client_keys", True),
            ("update:clients+read:client_credentials", True),
        ],
    )
    def test_a_secret_made_on_the_way_back_is_for_those_who_may_have_secrets(
        self, api: Api, scope: str, told: bool
    ) -> None:
        """Else `update:clients` alone, there and back, would take over any application: the managing one too."""
        path = f"/clients/{api.new_client()['client_id']}"
        api("PATCH", path, {"token_endpoint_auth_method": "none"}, scope="update:clients", expect=200)
        back = api("PATCH", path, {"token_endpoint_auth_method": "client_secret_post"}, scope=scope, expect=200)
        assert ("client_secret" in back) == told
        assert any("update:client_keys" in warning for warning in back.get("warnings", ())) != told

    def test_to_none_ends_secrets_and_removes_the_grant(self, api: Api, management: Management) -> None:
        client = api.new_client()
        changed = api.change(client, token_endpoint_auth_method="none")
        assert "client_credentials" not in changed["grant_types"]
        assert changed["warnings"] == [
            "client_secret: the live client secrets were ended",
            "grant_types: client_credentials was removed",
        ]
        assert api.credentials(client) == []
        assert api.run(management.directory.find("t1", client["client_id"])).secrets == ()
        for row in management.records.rows[Credential].values():
            assert (row.secret_hash, row.withdrawn_at_ms) == (None, NOW_MS)
        again = api.change(client, token_endpoint_auth_method="client_secret_post")
        assert again["client_secret"] not in (client["client_secret"], None)

    def test_to_none_refuses_what_needs_authentication(self, api: Api) -> None:
        client = api.new_client()
        body = {"token_endpoint_auth_method": "none"}
        refused = api.change(client, 400, **body, grant_types=["client_credentials"])
        assert "on property grant_types" in message(refused)
        refused = api.change(client, 400, **body, **by_key())
        assert "on property client_authentication_methods" in message(refused)
        api.change(client, 400, **body, client_secret="abcdefghij" * 5)
        api.change(client, **body)
        assert "on property grant_types" in message(api.change(client, 400, grant_types=["client_credentials"]))

    def test_a_profile_narrows_the_methods(self, api: Api) -> None:
        client = api.new_client()
        refused = api.change(client, 400, compliance_level="fapi2_sp_pkj_mtls")
        assert "allows the authentication methods private_key_jwt, not client_secret_post" in message(refused)
        refused = api.change(client, 400, compliance_level="fapi2_sp_mtls_mtls", **by_key())
        assert "not private_key_jwt" in message(refused)
        refused = api.change(client, 400, compliance_level="fapi2_sp_pkj_mtls", **by_key())
        assert "needs a live credential here" in message(refused)
        key = api.add(client, **key_body("ES256"))
        api.change(client, compliance_level="fapi2_sp_pkj_mtls", **by_key({"id": key["id"]}))
        back = {"client_authentication_methods": None, "token_endpoint_auth_method": "client_secret_post"}
        api.change(client, 400, **back)
        api.change(client, **back, compliance_level=None)

    def test_a_profile_narrows_the_algorithms(self, api: Api) -> None:
        client = api.new_client()
        weak, good = api.add(client, **key_body("RS256")), api.add(client, **key_body("PS256"))
        refused = api.change(client, 400, compliance_level="fapi2_sp_pkj_mtls", **by_key({"id": weak["id"]}))
        assert "not RS256" in message(refused)
        api.change(client, compliance_level="fapi2_sp_pkj_mtls", **by_key({"id": good["id"]}))

    def test_an_update_references_by_id_alone(self, api: Api) -> None:
        client = api.new_client()
        for reference in (key_body(), {"id": 5}, {"id": "cred_1", "name": "x"}, {"id": "cred_unknown"}, {}):
            refused = api.change(client, 400, **by_key(reference))
            assert "on property client_authentication_methods.private_key_jwt.credentials[0]" in message(refused)

    def test_a_credential_of_another_application_cannot_be_referenced(self, api: Api) -> None:
        mine, theirs = api.new_client(), api.new_client()
        credential = api.add(theirs, **key_body())
        refused = api.change(mine, 400, **by_key({"id": credential["id"]}))
        assert "The credential does not exist" in message(refused)


class TestSecret:
    def test_a_chosen_secret_replaces_the_others(self, api: Api, management: Management) -> None:
        client = api.new_client()
        chosen = "correct-horse-battery-staple-0123456789"
        assert api.change(client, client_secret=chosen)["client_secret"] == chosen
        registered = api.run(management.directory.find("t1", client["client_id"]))
        assert [management.hasher.matches(chosen, hash.decode()) for _, hash in registered.secrets] == [True]

    @pytest.mark.parametrize("secret", ["", "short", "a" * 64, "x" * 1000, "sp ace" * 10, "ünïcode" * 10, None])
    def test_a_poor_secret_is_refused(self, api: Api, secret: str | None) -> None:
        assert "on property client_secret" in message(api.change(api.new_client(), 400, client_secret=secret))

    def test_rotation_ends_the_others_at_once(self, api: Api, management: Management) -> None:
        client = api.new_client()
        rotated = api("POST", f"/clients/{client['client_id']}/rotate-secret", expect=200)
        assert rotated["client_secret"] != client["client_secret"]
        assert rotated["name"] == "app"
        registered = api.run(management.directory.find("t1", client["client_id"]))
        assert [hash for _, hash in registered.secrets] == [management.hasher.hash(rotated["client_secret"]).encode()]

    def test_rotation_with_an_overlap_lets_both_live(self, api: Api, management: Management) -> None:
        client = api.new_client()
        path = f"/clients/{client['client_id']}/rotate-secret"
        api("POST", path, {"overlap_s": 60}, expect=200)

        def live() -> int:
            registered = api.run(management.directory.find("t1", client["client_id"]))
            return sum(credential.is_live(management.clock.ms) for credential, _ in registered.secrets)

        assert live() == 2
        management.clock.move(seconds=59)
        api("POST", path, {"overlap_s": 3600}, expect=200)
        assert live() == 3
        management.clock.move(seconds=1)
        assert live() == 2
        api("POST", path, {"overlap_s": 0}, expect=200)
        assert live() == 1

    @pytest.mark.parametrize("body", [{"overlap_s": -1}, {"overlap_s": "60"}, {"overlap_s": 10**9}, {"overlap": 1}])
    def test_a_bad_overlap_is_refused(self, api: Api, body: Any) -> None:
        api("POST", f"/clients/{api.new_client()['client_id']}/rotate-secret", body, expect=400)

    def test_rotation_keeps_the_limit(self, api: Api) -> None:
        client = api.new_client()
        path = f"/clients/{client['client_id']}/rotate-secret"
        for _ in range(9):
            api("POST", path, {"overlap_s": 1000}, expect=200)
        assert "maximum of 10 credentials" in message(api("POST", path, {"overlap_s": 1000}, expect=400))
        api("POST", path, expect=200)

    @pytest.mark.parametrize("body", [by_key(), {"app_type": "spa"}, {"token_endpoint_auth_method": "none"}])
    def test_clients_without_a_secret_have_none_to_rotate(self, api: Api, body: Any) -> None:
        client = api.new_client(**body)
        api("POST", f"/clients/{client['client_id']}/rotate-secret", expect=400)
        api.add(client, 400, credential_type="client_secret")
        api.change(client, 400, client_secret="abcdefghij0123456789abcdefghij0123456789")


class TestDelete:
    def test_what_depends_on_it_goes_and_its_keys_stay_withdrawn(self, api: Api, management: Management) -> None:
        key = key_body()
        client = api.new_client(**by_key(key))
        grant = ClientGrant(
            tenant_id="t1",
            id="cgr_1",
            client_id=client["client_id"],
            audience="https://api",
            created_at_ms=0,
            updated_at_ms=0,
        )
        management.records._save(grant)
        api("DELETE", f"/clients/{client['client_id']}", expect=204)
        api("GET", f"/clients/{client['client_id']}", expect=404)
        assert management.records.rows[ClientGrant] == {}
        assert api.run(management.directory.find("t1", client["client_id"])) is None
        answer = api.add(api.new_client(), 409, **key)
        assert answer["errorCode"] == "credential_withdrawn"

    def test_deleting_what_is_not_there_is_done_already(self, api: Api) -> None:
        api("DELETE", "/clients/unknown", expect=204)

    def test_the_global_client_stays(self, api: Api, management: Management) -> None:
        management.records._save(GLOBAL)
        api("DELETE", "/clients/global", expect=400)
        api("POST", "/clients/global/rotate-secret", expect=400)
        api("POST", "/clients/global/credentials", {"credential_type": "client_secret"}, expect=400)
        for fixed in (
            {"name": "other"},
            {"grant_types": ["client_credentials"]},
            {"token_endpoint_auth_method": "none"},
            {"client_secret": "Zk3-" * 2 + "q8WvTn0xLr5yHb2cJd7fKg9mPs4uAe6R"},
        ):
            assert "The global client keeps" in message(api("PATCH", "/clients/global", fixed, expect=400))
        shown = api("GET", "/clients/global", expect=200)
        assert (shown["global"], shown["name"]) == (True, "All Applications")
        page = {"name": "All Applications", "custom_login_page": "<html/>", "token_endpoint_auth_method": None}
        assert api("PATCH", "/clients/global", page, expect=200)["custom_login_page"] == "<html/>"


class TestOrderOfReferences:
    def test_a_list_in_another_order_is_no_change_and_new_ones_come_last(self, api: Api) -> None:
        """auth0-deploy-cli sends back what it read from the list of credentials: newest first."""
        client = api.new_client(**by_key(key_body(name="a"), key_body(name="b")))
        first, second = client["client_authentication_methods"]["private_key_jwt"]["credentials"]
        third = {"id": api.add(client, **key_body(name="c"))["id"]}

        def after(*references: Any) -> Any:
            changed = api.change(client, **by_key(*references))
            return changed["client_authentication_methods"]["private_key_jwt"]["credentials"]

        assert after(second, first) == [first, second]
        assert after(third, second, first) == [first, second, third]
        assert after(third, first) == [first, third]
        assert after(second, first) == [first, second]
