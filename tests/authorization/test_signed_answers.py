"""Signed answers (JARM): in each response mode, for success and for refusals of every kind, and never unsigned."""

from __future__ import annotations

from typing import Any
from unittest.mock import patch
from urllib.parse import urlsplit

import pytest
from msgspec.structs import replace

from tallystick.jose.keys import pem_of
from tallystick.jose.private_keys import AnyPrivateKey, generate_private_key, public_key_for
from tallystick.profiles import OAUTH21, PROFILES
from tallystick.signing.ring import KeyRing, NoSigningKey
from tests.authorization.asking import REDIRECT_URI, Asking, asking, asking_nobody, check_of, set_tenant
from tests.authorization.signed_answer import decrypted, signed_answer
from tests.authorization.test_response_checks import asking_hybrid, spa
from tests.inprocess import InProcess
from tests.people import PASSWORD, person
from tests.signin import Stop

CARRIERS = {"jwt": "query", "query.jwt": "query", "fragment.jwt": "fragment", "form_post.jwt": "form_post"}


def carrier_of(stop: Stop) -> str:
    """Where the answer came, and that it is nowhere else."""
    if not stop.location:
        (form,) = stop.page.forms
        assert (form.method, form.action) == ("POST", REDIRECT_URI)
        return "form_post"
    parts = urlsplit(stop.location)
    assert bool(parts.query) != bool(parts.fragment)
    return "query" if parts.query else "fragment"


def refused(app: Asking, stop: Stop, error: str, check: str) -> None:
    """A refusal, signed like any answer."""
    answer = signed_answer(app, stop)
    assert set(answer.members) == {"error", "error_description", "state"}
    assert answer.members["error"] == error
    assert check_of(app.house) == check


@pytest.mark.parametrize(("mode", "carrier"), CARRIERS.items())
def test_a_code_comes_signed(house: InProcess, mode: str, carrier: str) -> None:
    app = asking(house)
    stop = app.ask(response_mode=mode)
    assert carrier_of(stop) == carrier
    answer = signed_answer(app, stop)
    assert set(answer.members) == {"code", "state"}
    assert answer.header["alg"] == "RS256"


@pytest.mark.parametrize(("mode", "carrier"), CARRIERS.items())
def test_an_error_comes_signed(house: InProcess, mode: str, carrier: str) -> None:
    """From where the redirect URI is proven; by later rows; and when nobody may be asked."""
    app = asking_nobody(house)
    cases: tuple[tuple[dict[str, Any], str, str], ...] = (
        ({"response_type": None}, "invalid_request", "response_type_known"),
        ({"registration": "{}"}, "registration_not_supported", "registration"),
        ({"prompt": "none"}, "login_required", "person_needed"),
    )
    for asked, error, check in cases:
        stop = app.ask(response_mode=mode, **asked)
        assert carrier_of(stop) == carrier
        refused(app, stop, error, f"authorize.{check}")


def test_a_request_that_could_not_even_be_read_is_refused_in_a_signed_answer(house: InProcess) -> None:
    app = asking_nobody(house)
    refused(app, app.ask(response_mode="jwt", request="e30.e30.e30"), "invalid_request_object", "jwt.alg")


def test_jwt_with_tokens_is_a_fragment(house: InProcess) -> None:
    """JARM 2.3.4."""
    app = asking_hybrid(house)
    stop = app.ask(response_mode="jwt", response_type="code id_token token", nonce="n")
    assert carrier_of(stop) == "fragment"
    members = signed_answer(app, stop).members
    assert {"code", "id_token", "access_token", "token_type", "expires_in"} <= set(members)


def test_no_token_comes_in_a_signed_query(house: InProcess) -> None:
    """JARM 2.3.1; signed is not hidden."""
    app = asking_hybrid(house)
    stop = app.ask(response_mode="query.jwt", response_type="code id_token", nonce="n")
    assert carrier_of(stop) == "fragment"
    refused(app, stop, "invalid_request", "authorize.response_mode_safe")


def test_who_signs_in_or_cancels_is_told_signed(house: InProcess) -> None:
    person(house, "jane@example.org", password=PASSWORD)
    app = asking_nobody(house)
    cancelled = app.ask(response_mode="jwt").press("cancel", username=None, password=None)
    refused(app, cancelled, "access_denied", "authorize.person_refused")
    signed_in = app.ask(response_mode="jwt").press("sign-in", username="jane@example.org", password=PASSWORD)
    assert set(signed_answer(app, signed_in).members) == {"code", "state"}


def test_what_a_request_says_never_says_who_answers(house: InProcess) -> None:
    """The setting for ``iss`` is about plain answers; a signed one names its issuer within (JARM 2.1)."""
    set_tenant(house, authorization_response_iss_parameter_supported=False)
    app = asking(house)
    assert signed_answer(app, app.ask(response_mode="jwt", iss="x", aud="y", exp="1")).claims["iss"] == house.issuer


def encrypting(house: InProcess, **fields: Any) -> tuple[dict[str, Any], AnyPrivateKey]:
    """Fields of a client that wants its answers encrypted, to a key for an hour; and that key."""
    key = generate_private_key("ES256")
    credential = {"credential_type": "public_key", "pem": pem_of(public_key_for(key)), "alg": "ECDH-ES"}
    wanted = {"authorization_encrypted_response_alg": "ECDH-ES", "authorization_encrypted_response_enc": "A256GCM"}
    held = {"credentials": [{**credential, "expires_at": house.later_iso(3600)}]}
    return {**wanted, "response_encryption": held, **fields}, key


def test_tokens_come_in_a_query_when_they_are_encrypted(house: InProcess) -> None:
    """JARM 2.2 and 2.3.1; a code likewise, and a refusal."""
    fields, key = encrypting(house)
    app = asking_hybrid(house, **fields)
    for asked, member in (
        ({"response_mode": "query.jwt", "response_type": "code id_token", "nonce": "n"}, "id_token"),
        ({"response_mode": "jwt"}, "code"),
        ({"response_mode": "form_post.jwt", "prompt": "none login"}, "error"),
    ):
        stop = app.ask(**asked)
        assert carrier_of(stop) == ("form_post" if member == "error" else "query")
        answer = signed_answer(app, stop, lambda response: decrypted(response, key, "ECDH-ES", "A256GCM"))
        assert member in answer.members
    plain = app.ask(response_mode="query", response_type="code id_token", nonce="n")
    assert plain.answer["error"] == "invalid_request"


@pytest.mark.parametrize("asked", [{}, {"prompt": "none login"}])
def test_what_cannot_be_encrypted_is_told_to_nobody_but_the_person(house: InProcess, asked: dict[str, str]) -> None:
    app = asking(house, **encrypting(house)[0])
    house.clock.advance(3601)
    stop = app.ask(response_mode="jwt", **asked)
    assert (stop.status, stop.location) == (400, "")
    assert not [form for form in stop.page.forms if form.action.startswith("https://")]
    assert check_of(house) == "encryption.key"


def test_discovery_says_so(house: InProcess) -> None:
    document = house.request("GET", "/.well-known/openid-configuration").json()
    assert set(CARRIERS) <= set(document["response_modes_supported"])
    assert document["authorization_signing_alg_values_supported"] == ["RS256", "PS256", "ES256", "EdDSA"]
    assert "ECDH-ES" in document["authorization_encryption_alg_values_supported"]
    assert "A256GCM" in document["authorization_encryption_enc_values_supported"]


def with_profile(house: InProcess, **fields: Any) -> Any:
    """A profile that demands just this, of clients that have none of their own."""
    return patch.dict(PROFILES, none=replace(OAUTH21, **fields))


def test_the_refusal_of_an_unsigned_answer_is_signed(house: InProcess) -> None:
    with with_profile(house, signed_response_types=frozenset({"code"})):
        app = spa(house)
        for mode, carrier in {None: "query", "form_post": "form_post", "web_message": "query"}.items():
            stop = app.ask(response_mode=mode)
            assert carrier_of(stop) == carrier
            refused(app, stop, "invalid_request", "authorize.response_signed_as_demanded")
        assert signed_answer(app, app.ask(response_mode="jwt")).members["code"]


def test_a_profile_may_demand_iss_in_plain_answers(house: InProcess) -> None:
    """FAPI 2 Security Profile 5.3.2.2, whatever the tenant's setting is."""
    set_tenant(house, authorization_response_iss_parameter_supported=False)
    with with_profile(house, requires_issuer=True):
        app = asking(house)
        assert app.ask().answer["iss"] == app.ask(prompt="none login").answer["iss"] == house.issuer
    said = "authorization_response_iss_parameter_supported"
    assert house.request("GET", "/.well-known/openid-configuration").json()[said] is False
    set_tenant(house, compliance_level_floor="fapi2_security")
    assert house.request("GET", "/.well-known/openid-configuration").json()[said] is True


@pytest.mark.parametrize("asked", [{}, {"prompt": "none login"}])
def test_what_cannot_be_signed_is_told_to_nobody_but_the_person(
    house: InProcess, asked: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def no_signer(self: KeyRing, tenant_id: str, alg: str) -> None:
        raise NoSigningKey("none")

    app = asking(house)
    monkeypatch.setattr(KeyRing, "signer", no_signer)
    stop = app.ask(response_mode="jwt", **asked)
    assert (stop.status, stop.location) == (500, "")
    assert not [form for form in stop.page.forms if form.action.startswith("https://")]
    assert check_of(house) == "authorization_response.signing_key"


@pytest.mark.filterwarnings("ignore:EdDSA is deprecated")
def test_the_application_chooses_the_algorithm(house: InProcess) -> None:
    for alg, header in {"PS256": "PS256", "ES256": "ES256", "EdDSA": "EdDSA"}.items():
        app = asking(house, authorization_signed_response_alg=alg)
        assert signed_answer(app, app.ask(response_mode="jwt")).header["alg"] == header


def test_an_algorithm_that_the_profile_does_not_have_signs_nothing(house: InProcess) -> None:
    """And nobody signs in for that."""
    app = asking_nobody(house, authorization_signed_response_alg="RS256")
    with with_profile(house, signing_algs=frozenset({"PS256"})):
        house.ask("PATCH", f"clients/{app.client['client_id']}", {"description": "read anew"})
        stop = app.ask(response_mode="jwt")
    assert (stop.status, stop.location) == (400, "")
    assert check_of(house) == "profile.signing_algs"
    rows = house.run(house.worker.storage.log_page(house.tenant.tenant_id, limit=20))
    assert sum(row.event.details.get("check") == "profile.signing_algs" for row in rows) == 1
