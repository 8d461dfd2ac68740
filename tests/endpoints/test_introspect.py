"""`/oauth/introspect`: who may ask, and what they are told (RFC 7662)."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlencode

import msgspec
import pytest
from msgspec.structs import replace

from tallystick.clients.client import Client
from tallystick.tokens.introspection import identifier_of
from tallystick.users.user import User
from tests.endpoints.introspecting import API, OTHER, Asking, application, gateway, signed, token_of
from tests.forge import LEFT_OUT, Key
from tests.inprocess import FORM, JSON, InProcess
from tests.tokens.allowed import PUBLIC, ROTATING, Allowed, allowed

OFFLINE = ["openid", "profile", "email", "offline_access"]


def asking(app: Allowed) -> Asking:
    return Asking(house=app.house, client=app.client)


class TestWhoSeesWhat:
    def test_the_application_and_the_api_see_a_token_of_the_applications_own(self, house: InProcess) -> None:
        house.api(API, token_dialect="rfc9068_profile")
        app, api = application(house), gateway(house)
        token, now_s = token_of(app), house.clock.now_ms() // 1000
        told = app.told(token)
        assert re.fullmatch(r"[A-Za-z0-9_-]{16,}", told.pop("jti"))
        assert told == {
            "active": True,
            "client_id": app.client_id,
            "iss": house.issuer,
            "sub": f"{app.client_id}@clients",
            "aud": API,
            "iat": now_s,
            "exp": now_s + 86_400,
            "scope": "read write",
            "token_type": "Bearer",
        }
        assert {**api.told(token), "jti": ""} == {**told, "jti": ""}

    def test_the_answer_is_not_to_be_stored(self, house: InProcess) -> None:
        house.api(API)
        app = application(house)
        answer = app.ask(token_of(app))
        assert (answer.headers["cache-control"], answer.headers["content-type"]) == ("no-store", JSON.decode())

    def test_an_api_sees_of_two_audiences_its_own(self, house: InProcess) -> None:
        """A token for an API and /userinfo: scopes about the person, and what they are called, are not the API's."""
        app = allowed(house)
        house.api(API)
        token = app.tokens(["openid", "profile", "email", "read"], audience=API)["access_token"]
        own, told = asking(app).told(token), gateway(house).told(token)
        assert (own["aud"], own["scope"]) == ([API, house.issuer + "userinfo"], "openid profile email read")
        assert own["username"] == app.user.email
        assert (told["aud"], told["scope"]) == (API, "read")
        assert "username" not in told
        assert told["sub"] == own["sub"] == app.user.user_id

    def test_an_api_sees_a_scope_of_its_own_that_is_spelled_like_one_about_the_person(self, house: InProcess) -> None:
        app = allowed(house)
        house.api(API, scopes=[{"value": "read"}, {"value": "email"}])
        token = app.tokens(["openid", "profile", "email", "read"], audience=API)["access_token"]
        assert gateway(house).told(token)["scope"] == "email read"

    def test_what_a_person_is_called_needs_its_scope(self, house: InProcess) -> None:
        app = allowed(house)
        assert "username" not in asking(app).told(app.tokens(["openid"])["access_token"])
        assert asking(app).told(app.tokens(["openid", "email"])["access_token"])["username"] == app.user.email

    def test_how_and_when_a_person_signed_in(self, house: InProcess) -> None:
        """RFC 9470 6.2."""
        app = allowed(house)
        house.api(API)
        told = gateway(house).told(app.tokens(["read"], audience=API, acr="phr")["access_token"])
        assert (told["acr"], told["auth_time"]) == ("phr", app.session.authenticated_at_ms // 1000)

    def test_permissions_details_and_the_transaction(self, house: InProcess) -> None:
        """RFC 9396 9.2."""
        house.api(API)
        app, api = application(house), gateway(house)
        more: dict[str, Any] = {
            "permissions": ["read"],
            "authorization_details": [{"type": "payment", "amount": 3}],
            "transaction_linking_id": "t-1",
            "cnf": {"x5t#S256": "x"},
        }
        token = signed(house, app.client_id, **more)
        for one in (app, api):
            told = one.told(token)
            assert {name: told[name] for name in more} == more
        assert api.told(signed(house, app.client_id, cnf={"jkt": "x"}))["token_type"] == "DPoP"

    def test_everybody_else_sees_nothing(self, house: InProcess) -> None:
        """Attack 43 (CVE-2026-37979, CVE-2026-18208)."""
        house.api(API)
        house.api(OTHER)
        app = application(house)
        token = token_of(app)
        strangers = [gateway(house, OTHER), application(house, OTHER), application(house, API)]
        # Whoever may ask for tokens of an API does not stand for it, and neither does a prefix or a suffix.
        strangers += [gateway(house, API[:-1]), gateway(house, API + "x"), gateway(house, API.upper())]
        assert all("warnings" in one.client for one in strangers[3:])
        assert all(one.is_blind(token) for one in strangers)
        headers = {
            name for one in strangers for name in one.ask(token).headers.items() if name[0] != "x-correlation-id"
        }
        assert headers == {pair for pair in app.ask("x").headers.items() if pair[0] != "x-correlation-id"}


class TestTokensThatCountNoMore:
    @pytest.mark.parametrize(
        "token", ["x", "a.b.c", "A" * 83, "v1." + "A" * 83, "A" * 43, "a.b.c.d.e", "ü", "x" * 20_000]
    )
    def test_garbage(self, house: InProcess, token: str) -> None:
        house.api(API)
        assert gateway(house).is_blind(token)

    @pytest.mark.parametrize(
        "claims",
        [
            {"exp": 1},
            {"exp": LEFT_OUT},
            {"iss": "https://elsewhere.example/"},
            {"client_id": "gone"},
            {"client_id": LEFT_OUT},
            {"cnf": "x"},
            {"cnf": None},
            {"grant_id": "gone"},
            {"typ": "id+jwt"},
            {"typ": "token-introspection+jwt"},
        ],
        ids=str,
    )
    def test_claims_that_do_not_hold(self, house: InProcess, claims: dict[str, Any]) -> None:
        house.api(API)
        app = application(house)
        token = signed(house, **{"client_id": app.client_id, **claims})
        assert gateway(house).is_blind(token)
        assert app.is_blind(token)

    def test_not_before(self, house: InProcess) -> None:
        """Attack 43 (CVE-2026-8922)."""
        house.api(API)
        app, api = application(house), gateway(house)
        token = signed(house, app.client_id, nbf=house.clock.now_ms() // 1000 + 60)
        assert api.is_blind(token)
        house.clock.advance(61)
        assert api.told(token)["nbf"]

    def test_a_token_that_is_over(self, house: InProcess) -> None:
        house.api(API, token_lifetime=600)
        app, api = application(house), gateway(house)
        token = token_of(app)
        assert api.told(token)["active"]
        house.clock.advance(600)
        assert api.is_blind(token)
        assert app.is_blind(token)

    def test_an_application_that_is_gone(self, house: InProcess) -> None:
        house.api(API)
        app, api = application(house), gateway(house)
        token = token_of(app)
        house.ask("DELETE", f"clients/{app.client_id}")
        assert api.is_blind(token)
        assert app.ask(token).json()["error"] == "invalid_client"

    def test_an_api_that_is_gone_or_never_was(self, house: InProcess) -> None:
        """/userinfo is ours: nobody stands for it, and nobody hears of everybody's tokens by saying so."""
        app = allowed(house)
        token = app.tokens(["openid"])["access_token"]
        assert asking(app).told(token)["aud"] == house.issuer + "userinfo"
        assert gateway(house, house.issuer + "userinfo").is_blind(token)
        registered = house.api(API)
        token = token_of(application(house))
        api = gateway(house)
        assert "warnings" not in api.client
        assert api.told(token)["active"]
        house.ask("DELETE", f"resource-servers/{registered['id']}")
        assert api.is_blind(token)

    def test_a_person_who_is_blocked_and_what_they_took_back(self, house: InProcess) -> None:
        app = allowed(house)
        house.api(API)
        api, one, two = gateway(house), *(app.tokens(["read"], audience=API)["access_token"] for _ in range(2))
        app.revoke(one)
        assert api.is_blind(one)
        assert api.told(two)["active"]
        house.ask("PATCH", f"users/{app.user.user_id}", {"blocked": True})
        assert api.is_blind(two)

    def test_a_token_that_only_its_api_can_read(self, house: InProcess) -> None:
        house.api(API)
        token = signed(house, application(house).client_id)
        assert gateway(house).is_blind(f"{token}.x.y")

    def test_an_unbound_token_of_a_client_whose_profile_binds(self, house: InProcess) -> None:
        """Our own doors refuse it as well."""
        house.api(API)
        key = {"credential_type": "public_key", "pem": Key("ES256").public_pem}
        fields: dict[str, Any] = {"client_authentication_methods": {"private_key_jwt": {"credentials": [key]}}}
        bound = house.client(API, compliance_level="fapi2_sp_pkj_mtls", **fields)
        assert gateway(house).is_blind(signed(house, bound["client_id"]))
        assert gateway(house).told(signed(house, bound["client_id"], cnf={"x5t#S256": "x"}))["active"]

    @pytest.mark.parametrize("whose", ["clients", "resource-servers"])
    def test_an_unbound_token_from_before_it_had_to_be_bound(self, house: InProcess, whose: str) -> None:
        """A gateway without cryptography has the answer alone to go by."""
        required = {"mechanism": "dpop", "required": True}
        api = house.api(API, proof_of_possession={**required, "required": False})
        app, of_api = application(house), gateway(house)
        token, bound = token_of(app), signed(house, app.client_id, cnf={"jkt": "x"})
        assert of_api.told(token)["active"]
        id, change = {
            "clients": (app.client_id, {"require_proof_of_possession": True}),
            "resource-servers": (api["id"], {"proof_of_possession": required}),
        }[whose]
        house.ask("PATCH", f"{whose}/{id}", change)
        assert of_api.is_blind(token)
        assert of_api.told(bound)["active"]

    def test_one_that_the_api_demands_of_public_clients_alone(self, house: InProcess) -> None:
        demanded = {"mechanism": "dpop", "required": True, "required_for": "public_clients"}
        house.api(API, proof_of_possession=demanded)
        app, public = application(house), allowed(house, **PUBLIC)
        of_api = gateway(house)
        assert of_api.told(token_of(app))["active"]
        assert of_api.is_blind(signed(house, public.client_id))

    def test_nothing_is_remembered_of_an_earlier_answer(self, house: InProcess) -> None:
        """CVE-2021-32701: a cached answer for another scope, or another caller."""
        house.api(API)
        app, api = application(house), gateway(house)
        narrow, wide = token_of(app, scope="read"), token_of(app)
        stranger = gateway(house, OTHER)
        for _ in range(2):
            assert (api.told(narrow)["scope"], api.told(wide)["scope"]) == ("read", "read write")
            assert stranger.is_blind(wide)


class TestRevokedTokens:
    @pytest.mark.parametrize("dialect", ["rfc9068_profile", "access_token", "opaque"])
    def test_one_access_token_and_no_other(self, house: InProcess, dialect: str) -> None:
        house.api(API, token_dialect=dialect)
        app, api = application(house), gateway(house)
        one = token_of(app)
        house.clock.advance(1)  # two of one second without a jti are one
        two = token_of(app)
        seen, own = api.told(one), app.told(one)
        assert (seen["client_id"], seen["aud"], seen["scope"]) == (app.client_id, API, "read write")
        assert own == seen
        form = {"client_id": app.client_id, "client_secret": app.client["client_secret"], "token": one}
        headers = {b"content-type": FORM}
        assert house.request("POST", "/oauth/revoke", urlencode(form).encode(), headers).status == 200
        assert api.is_blind(one)
        assert app.is_blind(one)
        assert api.told(two)["active"]

    def test_an_opaque_token_is_a_strangers_to_everybody_else(self, house: InProcess) -> None:
        house.api(API, token_dialect="opaque")
        house.api(OTHER)
        token = token_of(application(house))
        assert gateway(house, OTHER).is_blind(token)
        assert gateway(house).is_blind(token[:-1])
        assert gateway(house).is_blind(token.swapcase())


class TestRefreshTokens:
    @pytest.mark.parametrize("fields", [{}, {"refresh_token": ROTATING}], ids=["lasting", "rotating"])
    def test_their_own_client_sees_them(self, house: InProcess, fields: dict[str, Any]) -> None:
        app = allowed(house, **fields)
        told = asking(app).told(app.tokens(OFFLINE)["refresh_token"])
        assert (told["client_id"], told["sub"], told["scope"]) == (app.client_id, app.user.user_id, " ".join(OFFLINE))
        assert told["username"] == app.user.email
        assert ("exp" in told) is bool(fields)
        assert not {"token_type", "aud", "acr", "cnf"} & told.keys()

    def test_nobody_else_does(self, house: InProcess) -> None:
        app = allowed(house)
        house.api(API, allow_offline_access=True)
        token = app.tokens([*OFFLINE, "read"], audience=API)["refresh_token"]
        assert asking(app).told(token)["aud"] == API
        assert gateway(house).is_blind(token)
        assert asking(allowed(house, app.user)).is_blind(token)

    def test_no_api_takes_one_for_an_access_token(self, house: InProcess) -> None:
        """Even where the application that got it stands for the API itself."""
        app = allowed(house, app_type="resource_server", resource_server_identifier=API)
        house.api(API, allow_offline_access=True)
        token = app.tokens([*OFFLINE, "read"], audience=API)["refresh_token"]
        assert asking(app).told(token)["active"]
        assert asking(app).is_blind(token, token_scheme="Bearer")
        assert asking(app).is_blind(token, required_scope="read")

    def test_a_replaced_one_is_inactive_and_nothing_comes_of_asking(self, house: InProcess) -> None:
        app = allowed(house, refresh_token=ROTATING)
        first = app.tokens(OFFLINE)["refresh_token"]
        second = app.refresh(first).json()["refresh_token"]
        assert asking(app).is_blind(first)
        assert asking(app).told(second)["active"]
        assert app.refresh(second).status == 200

    def test_what_ends_them(self, house: InProcess) -> None:
        app = allowed(house, refresh_token={**ROTATING, "token_lifetime": 600, "idle_token_lifetime": 300})
        one, two, three = (app.tokens(OFFLINE)["refresh_token"] for _ in range(3))
        for changed in (one[:-4] + "AAAA", one.swapcase(), one.removeprefix("v1.")):
            assert asking(app).is_blind(changed)
        app.revoke(one)
        assert asking(app).is_blind(one)
        user = house.run(house.worker.storage.get(User, house.tenant.tenant_id, app.user.user_id))
        assert user is not None
        # Blocked this very moment: his families are still to be withdrawn.
        house.run(house.worker.storage.write(saves=(replace(user, blocked=True),)))
        assert asking(app).is_blind(two)
        house.run(house.worker.storage.write(saves=(replace(user, version=user.version + 1),)))
        assert asking(app).told(two)["active"]
        house.clock.advance(300)
        assert asking(app).is_blind(three)


def test_only_an_application_of_that_type_stands_for_an_api() -> None:
    """Registration holds the two together; this holds where it once did not."""
    client = Client(tenant_id="t", client_id="c", name="c", created_at_ms=0, updated_at_ms=0)
    named = replace(client, metadata={"resource_server_identifier": API})
    assert identifier_of(replace(named, app_type="resource_server")) == API
    for kind in (None, "native", "non_interactive"):
        assert identifier_of(replace(named, app_type=kind)) is None
    assert identifier_of(replace(client, app_type="resource_server")) is None


class TestTheCaller:
    @pytest.mark.parametrize("form", [{"client_secret": "wrong"}, {"client_secret": None}], ids=["wrong", "none"])
    def test_who_does_not_prove_who_they_are_learns_nothing(self, house: InProcess, form: dict[str, Any]) -> None:
        house.api(API)
        app = application(house)
        answer = app.ask(token_of(app), **form)
        assert (answer.status, answer.json()["error"]) == (401, "invalid_client")
        row = house.ask("GET", "logs")[0]
        assert row["type"] == "introspection_failed"
        assert not row.get("client_id")

    def test_a_public_client_learns_nothing_of_its_own_tokens_either(self, house: InProcess) -> None:
        """RFC 7662 2.1."""
        app = allowed(house, **PUBLIC)
        answer = asking(app).ask(app.tokens()["access_token"])
        assert (answer.status, answer.json()["error"]) == (400, "unauthorized_client")
        assert house.ask("GET", "logs")[0]["details"]["check"] == "introspection.public"

    def test_an_inactive_token_is_no_event(self, house: InProcess) -> None:
        house.api(API)
        api = gateway(house)
        before = len(house.ask("GET", "logs"))
        api.ask("x")
        assert len(house.ask("GET", "logs")) == before

    def test_only_post_and_only_with_a_token(self, house: InProcess) -> None:
        house.api(API)
        api = gateway(house)
        assert api.ask("").json()["error"] == "invalid_request"
        answer = house.request("GET", "/oauth/introspect", b"", {b"content-type": FORM})
        assert (answer.status, answer.headers["allow"]) == (405, "POST")
        twice = api.ask("x", ("token", "y"))
        assert (twice.status, twice.json()["error"]) == (400, "invalid_request")

    def test_json(self, house: InProcess) -> None:
        house.api(API)
        app = application(house)
        proof = {"client_id": app.client_id, "client_secret": app.client["client_secret"]}
        body = msgspec.json.encode({**proof, "token": token_of(app)})
        assert house.request("POST", "/oauth/introspect", body, {b"content-type": JSON}).json()["active"]

    def test_another_tenants_token_and_another_tenants_client(self, house: InProcess) -> None:
        """What one tenant signed is garbage to the next; so is its client."""
        house.api(API)
        app, here = application(house), gateway(house)
        token = token_of(app)
        host, own = house.neighbour()
        scopes = {"identifier": API, "scopes": [{"value": "read"}]}
        assert house.call("POST", "resource-servers", scopes, token=own, host=host).status == 201
        kind = {"app_type": "resource_server", "resource_server_identifier": API, "name": "gateway"}
        there = Asking(house=house, client=house.call("POST", "clients", kind, token=own, host=host).json())
        assert there.is_blind(token, host=host)
        assert here.is_blind(own)
        assert there.ask(token).json()["error"] == "invalid_client"
        assert here.ask(token, host=host).json()["error"] == "invalid_client"
        assert here.told(token)["active"]

    def test_what_the_caller_is_asked_stays_out_of_the_log(self, house: InProcess) -> None:
        house.api(API)
        app = application(house)
        token = token_of(app)
        app.ask(token, client_secret="wrong")
        assert token.encode() not in msgspec.json.encode(house.ask("GET", "logs"))


def test_discovery_tells_of_it(house: InProcess) -> None:
    document = house.request("GET", "/.well-known/openid-configuration").json()
    assert document["introspection_endpoint"] == house.issuer + "oauth/introspect"
    assert "none" not in document["introspection_endpoint_auth_methods_supported"]
    assert "private_key_jwt" in document["introspection_endpoint_auth_methods_supported"]
    assert {"ES256", "PS256"} <= set(document["introspection_signing_alg_values_supported"])
    assert {"ECDH-ES", "RSA-OAEP-256"} <= set(document["introspection_encryption_alg_values_supported"])
    assert "A256GCM" in document["introspection_encryption_enc_values_supported"]


def test_pages_of_other_origins_may_not_read(house: InProcess) -> None:
    answer = house.request("OPTIONS", "/oauth/introspect", b"", {b"origin": b"https://app.example"})
    assert "access-control-allow-origin" not in answer.headers
