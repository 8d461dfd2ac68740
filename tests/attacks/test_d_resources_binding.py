"""Attacks 28 and 31 where access tokens are taken: what a token is bound to decides, whatever scheme it comes in."""

from __future__ import annotations

from urllib.parse import quote, urlencode

import pytest
from msgspec.structs import replace

from tests.attacks.bound_resources import CERTIFICATE, KEY, OTHER_CERTIFICATE, OTHER_KEY, Resource, userinfo_of
from tests.inprocess import FORM, Answered, InProcess

SCHEMES = ["Bearer", "bEARER", "DPoP", "dPOP", "DPOP"]


def in_form(house: InProcess, token: str, certificates: tuple[bytes, ...] = (), *proofs: str) -> Answered:
    headers = [(b"content-type", FORM), *((b"dpop", proof.encode()) for proof in proofs)]
    return house.sent("POST", "/userinfo", urlencode({"access_token": token}).encode(), headers, certificates)


@pytest.mark.parametrize("scheme", ["DPoP", "dPOP", "DPOP", "dpop"])
def test_the_scheme_is_compared_without_case(resource: Resource, scheme: str) -> None:
    """RFC 9110 11.1; `access-token-type-header-case-sensitivity`."""
    assert resource.call(resource.proof(), scheme=scheme).status == 200
    assert resource.call(scheme="bEARER", token=resource.unbound).status == 200


def test_d31_a_bound_token_without_its_proof(resource: Resource) -> None:
    row = resource.refused(resource.call(), "invalid_token", "possession.proof_missing")
    assert row.details["jwt_claims"]["iss"] == resource.house.issuer


@pytest.mark.parametrize("scheme", ["Bearer", "bEARER"])
def test_d31_a_bound_token_as_a_bearer_token(resource: Resource, scheme: str) -> None:
    """CVE-2024-49755: with and without the proof, and with a certificate (RFC 9449 7.2)."""
    for proofs in ((), (resource.proof(),)):
        answer = resource.call(*proofs, scheme=scheme, certificates=CERTIFICATE)
        resource.refused(answer, "invalid_token", "possession.scheme")
        # What it wants instead is said, in the other scheme's challenge.
        challenge = answer.headers["www-authenticate"]
        assert challenge.count("error=") == 1
        assert challenge.index("Bearer") < challenge.index('error="invalid_token"') < challenge.index("DPoP ")


def test_d31_an_unbound_token_as_a_bound_one(resource: Resource) -> None:
    proof = resource.proof(ath=replace(resource, token=resource.unbound).claims()["ath"])
    for proofs in ((), (proof,)):
        answer = resource.call(*proofs, token=resource.unbound)
        resource.refused(answer, "invalid_token", "possession.scheme")


def test_d31_a_proof_of_another_key(resource: Resource) -> None:
    resource.refused(resource.call(resource.proof(OTHER_KEY)), "invalid_token", "possession.key")


def test_d31_a_certificate_does_not_stand_in_for_a_proof(resource: Resource) -> None:
    answer = resource.call(certificates=CERTIFICATE)
    resource.refused(answer, "invalid_token", "possession.proof_missing")


@pytest.mark.parametrize("scheme", SCHEMES)
def test_c28_a_certificate_bound_token_needs_its_certificate(resource: Resource, scheme: str) -> None:
    """Auth0 documents the DPoP scheme for these, RFC 8705 has Bearer: the certificate decides (auth0.md 6.4)."""
    token = resource.certified
    assert resource.call(scheme=scheme, token=token, certificates=CERTIFICATE).status == 200
    proof = resource.proof(ath=replace(resource, token=token).claims()["ath"])
    for certificates in ((), OTHER_CERTIFICATE, (*OTHER_CERTIFICATE, *CERTIFICATE)):
        for proofs in ((), (proof,)):
            answer = resource.call(*proofs, scheme=scheme, token=token, certificates=certificates)
            resource.refused(answer, "invalid_token", "possession.certificate")


def test_several_authorization_headers(resource: Resource) -> None:
    for other in (f"Bearer {resource.unbound}", f"DPoP {resource.token}"):
        more = [(b"authorization", other.encode())]
        answer = resource.call(resource.proof(), more=more)
        assert answer.status == 400
        assert "www-authenticate" not in answer.headers or "invalid_request" in answer.headers["www-authenticate"]


def test_rfc9449_7_1_in_a_form_only_what_needs_no_proof(bound_house: InProcess) -> None:
    resource = userinfo_of(bound_house)
    assert in_form(bound_house, resource.unbound).status == 200
    assert in_form(bound_house, resource.certified, CERTIFICATE).status == 200
    resource.refused(in_form(bound_house, resource.certified), "invalid_token", "possession.certificate")
    for proofs in ((), (resource.proof(htm="POST"),)):
        answer = in_form(bound_house, resource.token, (), *proofs)
        resource.refused(answer, "invalid_token", "possession.scheme")


def test_a_proof_for_get_is_none_for_post(bound_house: InProcess) -> None:
    resource = userinfo_of(bound_house)
    headers = [(b"authorization", f"DPoP {resource.token}".encode()), (b"dpop", resource.proof().encode())]
    answer = bound_house.sent("POST", "/userinfo", b"", headers)
    resource.refused(answer, "invalid_dpop_proof", "dpop.htm")
    headers[1] = (b"dpop", resource.proof(htm="POST").encode())
    assert bound_house.sent("POST", "/userinfo", b"", headers).status == 200


def test_both_schemes_are_offered_where_no_token_is_shown(resource: Resource) -> None:
    """RFC 9449 7.2, RFC 6750 3.1: and nothing is said of an error, nor written down."""
    answer = resource.house.sent("GET", f"/{resource.path}")
    challenge = answer.headers["www-authenticate"]
    assert (answer.status, "error" in challenge) == (401, False)
    assert challenge.startswith("Bearer ")
    assert ", DPoP " in challenge
    assert 'algs="PS256 ' in challenge
    house = resource.house
    where = {"correlation_id": answer.headers["x-correlation-id"]}
    assert house.run(house.worker.storage.log_page(house.tenant.tenant_id, where=where)) == []


def test_neither_token_nor_proof_reaches_the_log(resource: Resource, capfd: pytest.CaptureFixture[str]) -> None:
    proof = resource.proof(nonce="n" * 40)
    answers = [
        resource.call(proof),
        resource.call(proof, scheme="Bearer"),
        resource.call(proof, proof),
        resource.call(resource.proof(OTHER_KEY)),
        resource.call(proof[:-4] + "AAAA"),
    ]
    assert {answer.status for answer in answers} == {401}
    written = "".join(str(resource.row(answer)) for answer in answers) + "".join(capfd.readouterr())
    told = "".join(answer.text + str(answer.header_list) for answer in answers)
    for secret in (*proof.split("."), *resource.token.split(".")[1:], "n" * 40):
        assert secret not in written
        assert secret not in told
    shown = resource.row(answers[3]).details
    assert shown["proof_header"]["jwk"] == f"(object, {len(KEY_MEMBERS)} members)"
    assert shown["proof_claims"]["htm"] == "GET"


KEY_MEMBERS = ("kty", "crv", "x", "y")
assert KEY.alg == "ES256"


@pytest.mark.parametrize("whose", ["client", "api"])
def test_d31_an_unbound_token_from_before_it_had_to_be_bound(house: InProcess, whose: str) -> None:
    """Who switches a demand on means what was given out until then, too."""
    identifier = house.issuer + "api/v2/"
    client = house.client(identifier, ["read:clients"])
    proof = {name: client[name] for name in ("client_id", "client_secret")}
    token = house.token(**proof, audience=identifier).json()["access_token"]
    assert house.call("GET", "clients", token=token).status == 200
    if whose == "client":
        house.ask("PATCH", f"clients/{client['client_id']}", {"require_proof_of_possession": True})
    else:
        demanded = {"mechanism": "dpop", "required": True}
        house.ask("PATCH", f"resource-servers/{quote(identifier, safe='')}", {"proof_of_possession": demanded})
    assert house.call("GET", "clients", token=token).status == 401
