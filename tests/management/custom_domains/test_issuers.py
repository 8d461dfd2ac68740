"""What a verified domain leads to: the tenant under the domain's issuer and nothing else (attacks.md 1, 49)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from cryptography import x509

from tests.application import JWT_BEARER, decoded, now_ms
from tests.authorization.asking import Asking, application
from tests.authorization.pushing import PKCE, post, visit
from tests.authorization.request_objects.signing import Signing, signing
from tests.forge import Key
from tests.inprocess import Answered, InProcess, in_process
from tests.nameserver import NameServer
from tests.people import person, signed_in
from tests.signin import visitor

from .domain_calls import DOMAIN, ISSUER, MANAGED, MTLS, create, discovery, publish, refused, verified, verify


def test_g49_its_hosts_show_its_issuer_exactly_and_others_lead_nowhere(house: InProcess, dns: NameServer) -> None:
    before = discovery(house, "localhost:8443").json()
    origin = verified(house, dns)["origin_domain_name"]
    expected = None
    for name in (DOMAIN, f"mtls.{DOMAIN}", origin):
        for spelled in (name, name.upper(), f"{name}:443", f"{name}:8443", f"{name}:8444"):
            document = discovery(house, spelled).json()
            expected = expected or document
            assert document == expected
            assert document["issuer"] == ISSUER
            assert document["token_endpoint"] == f"{ISSUER}oauth/token"
            assert document["mtls_endpoint_aliases"] == {
                "token_endpoint": f"{MTLS}oauth/token",
                "userinfo_endpoint": f"{MTLS}userinfo",
                "pushed_authorization_request_endpoint": f"{MTLS}oauth/par",
                "revocation_endpoint": f"{MTLS}oauth/revoke",
                "introspection_endpoint": f"{MTLS}oauth/introspect",
            }
            assert "localhost" not in str(document)
        for odd in ("{}.", "{}:80", "{}:8443.", "{}:0443", "x.{}", "x{}", "{}x", "{}.evil.example", "{}@evil.example"):
            assert discovery(house, odd.format(name)).status == 421, odd
    assert discovery(house, "acme.example").status == 421
    assert discovery(house, "localhost:8443").json() == before


def test_tokens_are_from_the_issuer_of_the_host_and_count_by_every_host(house: InProcess, dns: NameServer) -> None:
    verified(house, dns)
    management = house.bootstrap["management"]
    canonical = management["audience"]
    tokens = {}
    for host, issuer in ((DOMAIN, ISSUER), ("localhost:8443", house.issuer)):
        # As SDKs build it from their domain, or as it is: the token is for the one Management API.
        for audience in (canonical, f"{ISSUER}api/v2/", f"{MTLS}api/v2/", f"https://{DOMAIN}:443/api/v2/"):
            answer = house.token(host=host.encode(), **{**management, "audience": audience})
            assert answer.status == 200, answer
            claims = decoded(answer.json()["access_token"])[1]
            assert (claims["iss"], claims["aud"]) == (issuer, canonical)
            tokens[host] = answer.json()["access_token"]
    for token in tokens.values():
        for host in (DOMAIN, f"mtls.{DOMAIN}", "localhost:8443"):
            assert house.call("GET", "custom-domains", token=token, host=host.encode()).status == 200
    other = house.token(host=DOMAIN.encode(), **{**management, "audience": "https://acme.example/api/v2/"})
    assert other.json()["error"] == "invalid_target"


def by_assertion(house: InProcess, host: str, audience: str, assertion: str) -> Answered:
    form: dict[str, Any] = {"client_assertion_type": JWT_BEARER, "client_assertion": assertion}
    return house.token((b"certificate",), host=host.encode(), audience=audience, **form)


@pytest.mark.parametrize("profile", [None, "fapi2_sp_pkj_mtls"])
def test_a1_an_assertion_is_for_the_issuer_of_the_host_it_comes_by(
    house: InProcess, dns: NameServer, profile: str | None
) -> None:
    origin = verified(house, dns)["origin_domain_name"]
    key = Key("ES256")
    credentials = [{"credential_type": "public_key", "pem": key.public_pem, "alg": "ES256"}]
    level: dict[str, Any] = {}
    if profile is not None:
        level = {"compliance_level": profile, "require_proof_of_possession": False}
    level["client_authentication_methods"] = {"private_key_jwt": {"credentials": credentials}}
    audience = house.api()["identifier"]
    client = house.client(audience, **level)

    def ask(host: str, aud: Any) -> int:
        answer = by_assertion(house, host, audience, key.assertion(client["client_id"], aud))
        if answer.status == 200:
            expected = house.issuer if host == "localhost:8443" else ISSUER
            assert decoded(answer.json()["access_token"])[1]["iss"] == expected
        return answer.status

    for host in (DOMAIN, f"mtls.{DOMAIN}", f"{origin}:443"):
        assert ask(host, ISSUER) == 200
        for aud in (
            house.issuer,
            f"{house.issuer}oauth/token",
            ISSUER[:-1],
            MTLS,
            f"https://{origin}/",
            ISSUER.upper(),
        ):
            assert ask(host, aud) == 401, aud
        assert ask(host, [ISSUER, house.issuer]) == 401
        assert ask(host, f"{ISSUER}oauth/token") == (200 if profile is None else 401)
    assert ask("localhost:8443", house.issuer) == 200
    assert ask("localhost:8443", ISSUER) == 401


def test_a2_an_assertion_counts_once_whatever_host_it_comes_by(house: InProcess, dns: NameServer) -> None:
    verified(house, dns)
    key = Key("ES256")
    credentials = [{"credential_type": "public_key", "pem": key.public_pem, "alg": "ES256"}]
    audience = house.api()["identifier"]
    client = house.client(audience, client_authentication_methods={"private_key_jwt": {"credentials": credentials}})
    assertions = [key.assertion(client["client_id"], issuer, jti="once") for issuer in (ISSUER, house.issuer)]
    assert by_assertion(house, DOMAIN, audience, assertions[0]).status == 200
    assert by_assertion(house, "localhost:8443", audience, assertions[1]).status == 401


def test_a_request_is_pushed_and_visited_by_its_host(house: InProcess, dns: NameServer) -> None:
    """RFC 9126 2: an assertion for the issuer of that host proves the client, and the answer is that issuer's."""
    verified(house, dns)
    key = Key()
    body = {"credential_type": "public_key", "pem": key.public_pem, "alg": key.alg}
    methods = {"private_key_jwt": {"credentials": [body]}}
    app = Asking(house, application(house, client_authentication_methods=methods), visitor(house))
    form = {**app.parameters(), **PKCE, "client_assertion_type": JWT_BEARER}
    taken = None
    for issuer, status in ((house.issuer, 401), (ISSUER, 201), (f"{ISSUER}oauth/par", 201)):
        assertion = key.assertion(app.client["client_id"], issuer)
        answer = post(app, {**form, "client_assertion": assertion}, host=DOMAIN.encode())
        assert answer.status == status, answer.content
        taken = answer
    assert taken is not None
    house.host = DOMAIN.encode()
    stop = visit(app, taken.json()["request_uri"], signed_in(house, person(house)))
    assert stop.answer["iss"] == ISSUER


def test_34_a_request_object_is_for_the_issuer_of_the_host_it_comes_by(house: InProcess, dns: NameServer) -> None:
    """And counts once whatever host it comes by."""
    verified(house, dns)
    app = signing(house)
    hosts = {ISSUER: DOMAIN.encode(), house.issuer: house.host}
    for issuer, other in ((ISSUER, house.issuer), (house.issuer, ISSUER)):
        house.host = hosts[issuer]
        here = Signing(house, app.client, signed_in(house, person(house, f"{len(issuer)}@example.org")), app.key)
        assert here.carry(app.object(aud=other)).answer["error"] == "invalid_request_object"
        assert here.push(app.object(aud=other)).status == 400
        stop = here.carry(app.object(aud=issuer, jti="once"))
        assert ("code" in stop.answer) is (issuer == ISSUER), stop.answer
        assert stop.answer["iss"] == issuer


def test_identifiers_under_a_custom_domain_are_reserved(house: InProcess, dns: NameServer) -> None:
    api = house.api(f"{ISSUER}orders")
    made = create(house)
    publish(dns, made)
    verify_path = f"custom-domains/{made['custom_domain_id']}/verify"
    assert "resource server" in refused(house, 409, "POST", verify_path)
    assert discovery(house, DOMAIN).status == 421
    house.ask("DELETE", f"resource-servers/{api['id']}")
    origin = verify(house, made)["origin_domain_name"]
    for url in (ISSUER, MTLS, f"https://{origin}/", house.issuer):
        for identifier in (url, url[:-1], f"{url}api/v2/", f"{url}orders"):
            body = {"identifier": identifier}
            assert "reserved" in refused(house, 400, "POST", "resource-servers", body), identifier
    house.api("https://id.acme.example.org/")


def test_signing_keys_rotated_by_a_custom_host_name_the_tenant(house: InProcess, dns: NameServer) -> None:
    verified(house, dns)
    house.host = DOMAIN.encode()
    house.ask("POST", "keys/signing/rotate")
    certificates = [x509.load_pem_x509_certificate(key["cert"].encode()) for key in house.ask("GET", "keys/signing")]
    assert {each.subject.rfc4514_string() for each in certificates} == {"CN=localhost"}


def test_with_managed_certificates_our_own_listeners_serve_it(house: InProcess, dns: NameServer) -> None:
    found = verified(house, dns, **MANAGED)
    assert {"cname_api_key", "origin_domain_name"}.isdisjoint(found)
    document = discovery(house, f"{DOMAIN}:8443").json()
    assert document["issuer"] == f"https://{DOMAIN}:8443/"
    assert document["mtls_endpoint_aliases"]["token_endpoint"] == f"https://mtls.{DOMAIN}:8444/oauth/token"
    assert discovery(house, DOMAIN).status == 421
    hosts = house.run(house.opened.hosts())
    assert {DOMAIN, f"mtls.{DOMAIN}"} <= set(hosts)
    path = f"custom-domains/{found['custom_domain_id']}/rotate-key"
    assert "has no key" in refused(house, 409, "POST", path, {})


def test_without_tls_of_our_own_there_are_no_managed_certificates(tmp_path: Path, dns: NameServer) -> None:
    with in_process(tmp_path / "data", now_ms(), dns_server=dns.address, insecure_http=True) as house:
        body = {"domain": DOMAIN, **MANAGED}
        assert "does not serve TLS" in refused(house, 400, "POST", "custom-domains", body)
        verified(house, dns)
        document = discovery(house, DOMAIN).json()
        assert document["mtls_endpoint_aliases"]["token_endpoint"] == f"{MTLS}oauth/token"
