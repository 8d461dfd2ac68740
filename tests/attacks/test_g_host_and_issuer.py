"""G49 Host-derived issuer or audience; and the walls between two tenants of one server."""

from __future__ import annotations

import socket
import ssl
from typing import Any

import pytest
from cryptography import x509

from tests.administrator import Administrator
from tests.application import Application, decoded
from tests.attacks.expect import accepted, refused, refused_for
from tests.attacks.neighbour import Neighbour
from tests.attacks.wire import Wire, ask, form_request
from tests.forge import Key
from tests.server import Server

DISCOVERY = "/.well-known/openid-configuration"


def get(host: str | None, *headers: str, target: str = DISCOVERY, version: str = "1.1") -> bytes:
    """A GET; ``host`` None leaves the header out."""
    lines = [f"GET {target} HTTP/{version}", *([f"Host: {host}"] if host is not None else []), *headers]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


OURS = ["localhost:{port}", "localhost:{mtls}", "LOCALHOST:{port}", "LocalHost:{port}"]
OURS += ["127.0.0.1:{port}", "127.0.0.1:{mtls}", "[::1]:{port}", "[::1]:{mtls}"]
STRANGE = {
    "unknown": "victim.example",
    "unknown with our port": "victim.example:{port}",
    "another port": "localhost:1",
    "default port": "localhost",
    "default port, spelled": "localhost:443",
    "port with zeros": "localhost:0{port}",
    "port and more": "localhost:{port}0",
    "empty port": "localhost:",
    "final dot": "localhost.:{port}",
    "subdomain": "x.localhost:{port}",
    "suffix": "localhost.victim.example:{port}",
    "prefix": "xlocalhost:{port}",
    "loopback in one number": "2130706433:{port}",
    "loopback, short": "127.1:{port}",
    "another loopback": "127.0.0.2:{port}",
    "loopback in hex": "0x7f.0.0.1:{port}",
    "IPv6, long": "[0:0:0:0:0:0:0:1]:{port}",
    "IPv6, mapped": "[::ffff:127.0.0.1]:{port}",
    "percent-encoded": "%6cocalhost:{port}",
    "Kelvin sign": "localhost\u00e2\u0084\u00aa:{port}",
    "empty": "",
    "user information": "victim@localhost:{port}",
    "we as user information": "localhost:{port}@victim.example",
    "path": "localhost:{port}/victim.example",
    "URL": "https://localhost:{port}",
    "list": "localhost:{port}, victim.example",
    "NUL": "localhost\x00:{port}",
    "space": "local host:{port}",
    "tab": "localhost:{port}\tvictim.example",
    "IPv6 with scope": "[::1%25lo]:{port}",
    "IPv6 without brackets": "::1:{port}",
    "very long": "a" * 5000 + ":{port}",
}
FORWARDED = [
    "X-Forwarded-Host: victim.example",
    "X-Forwarded-Proto: http",
    "X-Forwarded-Port: 1",
    "X-Forwarded-Server: victim.example",
    "X-Forwarded-Prefix: /victim",
    "X-Host: victim.example",
    "X-Original-Host: victim.example",
    "X-Original-URL: https://victim.example/",
    "X-Rewrite-URL: /victim",
    "X-HTTP-Host-Override: victim.example",
    "X-HTTP-Method-Override: DELETE",
    "Forwarded: host=victim.example;proto=http",
    "Origin: https://victim.example",
    "Referer: https://victim.example/",
]


def spelled(host: str, server: Server) -> str:
    """The host with this server's ports."""
    return host.format(port=server.port, mtls=server.mtls_port)


@pytest.mark.parametrize("host", OURS)
@pytest.mark.parametrize("mtls", [False, True], ids=["public port", "mTLS port"])
def test_g49_the_issuer_is_the_same_under_every_name_and_port(
    server: Server, secret: Application, host: str, mtls: bool
) -> None:
    expected = ask(server, get(server.domain)).json
    assert expected["issuer"] == server.issuer
    assert ask(server, get(spelled(host, server)), mtls=mtls).json == expected
    form = secret.form(client_id=secret.client_id, client_secret=secret.secret)
    answer = ask(server, form_request(server, form, host=spelled(host, server)), mtls=mtls)
    claims = decoded(answer.json["access_token"])[1]
    assert (claims["iss"], claims["aud"]) == (server.issuer, secret.audience)


@pytest.mark.parametrize("host", STRANGE)
def test_g49_hosts_that_are_not_ours_are_refused(server: Server, secret: Application, host: str) -> None:
    name = spelled(STRANGE[host], server)
    form = secret.form(client_id=secret.client_id, client_secret=secret.secret)
    for mtls in (False, True):
        # An empty host must be there as a header to be the attack.
        for request in (get(name), form_request(server, form, f"Host: {name}".encode("latin-1"), host="")):
            answer = ask(server, request, mtls=mtls)
            assert answer.status in (400, 421)
            assert answer.error == "invalid_request"
            assert b"victim" not in answer.body
            assert "victim" not in repr(answer.headers)


def test_g49_none_and_two_hosts(server: Server) -> None:
    assert ask(server, get(None)).error == "invalid_request"
    assert ask(server, get(None, version="1.0")).error == "invalid_request"
    for first, second in (
        (server.domain, server.domain),
        (server.domain, "victim.example"),
        ("victim.example", server.domain),
    ):
        assert ask(server, get(first, f"Host: {second}")).error == "invalid_request"
        assert ask(server, get(first, f"hOST: {second}")).error == "invalid_request"
    assert ask(server, get(server.domain, " victim.example")).status == 400  # a folded line


def test_g49_absolute_targets_name_the_host_that_the_header_names(server: Server) -> None:
    good = ask(server, get(server.domain, target=f"https://{server.domain}{DISCOVERY}"))
    assert good.json["issuer"] == server.issuer
    for authority in ("victim.example", f"victim.example:{server.port}", f"victim@{server.domain}", "localhost:1", ""):
        answer = ask(server, get(server.domain, target=f"https://{authority}{DISCOVERY}"))
        assert answer.error == "invalid_request"
        answer = ask(server, get("victim.example", target=f"https://{server.domain}{DISCOVERY}"))
        assert answer.error == "invalid_request"
    for target in ("//victim.example" + DISCOVERY, "*", "victim.example:443", f"ftp://{server.domain}{DISCOVERY}"):
        with Wire(server) as wire:
            wire.send(get(server.domain, target=target))
            assert wire.answer().status in (400, 404)


@pytest.mark.parametrize("header", FORWARDED)
def test_g49_forwarding_headers_change_nothing(server: Server, secret: Application, header: str) -> None:
    expected = ask(server, get(server.domain))
    found = ask(server, get(server.domain, header))
    assert found.json == expected.json
    assert "victim" not in repr(found.headers)
    form = secret.form(client_id=secret.client_id, client_secret=secret.secret)
    answer = ask(server, form_request(server, form, header.encode()))
    assert decoded(answer.json["access_token"])[1]["iss"] == server.issuer
    assert "victim" not in repr(answer.headers)


def test_g49_the_peer_is_who_the_log_says_not_who_a_header_says(admin: Administrator, secret: Application) -> None:
    headers = {"X-Forwarded-For": "203.0.113.9", "X-Real-IP": "203.0.113.9", "True-Client-IP": "203.0.113.9"}
    answer = secret.post(secret.form(client_id=secret.client_id), headers=headers)
    row = admin.log(answer.headers["X-Correlation-Id"])
    assert row["ip"] in ("127.0.0.1", "::1")
    assert "203.0.113.9" not in repr(row)


def test_g49_every_url_of_discovery_is_under_the_issuer(server: Server, neighbour: Neighbour) -> None:
    for tenant in (server, neighbour):
        document = tenant.http().get(DISCOVERY).json()
        assert document == tenant.http().get("/.well-known/oauth-authorization-server").json()
        assert document["issuer"] == tenant.issuer
        for name, value in document.items():
            if name.endswith(("_endpoint", "_uri")):
                assert value.startswith(tenant.issuer), name
        aliases = document["mtls_endpoint_aliases"]
        assert all(
            value.startswith(f"https://{tenant.issuer.split('/')[2].split(':')[0]}:") for value in aliases.values()
        )


# Two tenants


@pytest.fixture(scope="module")
def its_admin(neighbour: Neighbour) -> Administrator:
    """The neighbour's administrator."""
    return Administrator(neighbour)


def test_tenants_have_certificates_for_their_own_hosts(server: Server, neighbour: Neighbour) -> None:
    def names(server_name: str, port: int) -> list[str]:
        context = server.tls()
        context.check_hostname = False
        with (
            socket.create_connection(("127.0.0.1", port), 10) as raw,
            context.wrap_socket(raw, server_hostname=server_name) as tls,
        ):
            der = tls.getpeercert(binary_form=True)
        assert der is not None
        certificate = x509.load_der_x509_certificate(der)
        return certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value.get_values_for_type(
            x509.DNSName
        )

    for port in (server.port, server.mtls_port):
        assert names(neighbour.host, port) == [neighbour.host]
        assert names(neighbour.host.upper(), port) == [neighbour.host]
        assert names("localhost", port) == ["localhost"]
        assert names("victim.example", port) == ["localhost"]
    with pytest.raises(ssl.SSLCertVerificationError):
        server.tls().wrap_socket(
            socket.create_connection(("127.0.0.1", server.port), 10), server_hostname="victim.example"
        ).close()


def test_a_client_of_one_tenant_is_unknown_at_the_other(
    admin: Administrator, its_admin: Administrator, secret: Application, keyed: Application, neighbour: Neighbour
) -> None:
    ours, theirs = secret, its_admin.application()
    form = ours.form(client_id=ours.client_id, client_secret=ours.secret)
    refused_for(its_admin, theirs.post(form), "client.unknown")
    refused_for(its_admin, theirs.post({**form, "audience": theirs.audience}), "client.unknown")
    form = theirs.form(client_id=theirs.client_id, client_secret=theirs.secret)
    refused_for(admin, ours.post(form), "client.unknown")
    for audience in (keyed.server.issuer, neighbour.issuer):
        assertion = keyed.key.assertion(keyed.client_id, audience)
        refused_for(its_admin, keyed.by_assertion(assertion, theirs.http), "client.unknown")
    accepted(theirs.by_secret())
    accepted(ours.by_secret())


def test_the_host_decides_and_not_the_server_name_of_the_connection(
    its_admin: Administrator, secret: Application, neighbour: Neighbour
) -> None:
    theirs = its_admin.application()
    for application, host, good in (
        (theirs, neighbour.domain, True),
        (theirs, secret.server.domain, False),
        (secret, neighbour.domain, False),
        (secret, secret.server.domain, True),
    ):
        form = application.form(client_id=application.client_id, client_secret=application.secret)
        answer = ask(secret.server, form_request(secret.server, form, host=host))  # SNI says localhost throughout
        assert answer.status == (200 if good else 401)
        if good:
            assert decoded(answer.json["access_token"])[1]["iss"] == application.server.issuer


def test_an_audience_of_the_other_tenant_is_none(
    admin: Administrator, its_admin: Administrator, secret: Application, neighbour: Neighbour
) -> None:
    theirs = its_admin.application()
    for application, at, audience in (
        (secret, admin, theirs.audience),
        (theirs, its_admin, secret.audience),
        (secret, admin, f"{neighbour.issuer}api/v2/"),
        (theirs, its_admin, f"{secret.server.issuer}api/v2/"),
        (theirs, its_admin, f"https://127.0.0.1:{secret.server.port}/api/v2/"),
    ):
        answer = application.post(
            application.form(client_id=application.client_id, client_secret=application.secret, audience=audience)
        )
        refused_for(at, answer, "client_credentials.audience_unknown", "invalid_target")


def test_an_assertion_for_the_other_tenant_is_refused(
    its_admin: Administrator, neighbour: Neighbour, server: Server
) -> None:
    application = its_admin.key_application()
    for audience in (
        server.issuer,
        f"{server.issuer}oauth/token",
        f"{server.mtls_url}oauth/token",
        f"https://127.0.0.1:{server.port}/oauth/token",
        [neighbour.issuer, server.issuer],
    ):
        answer = application.by_assertion(application.key.assertion(application.client_id, audience))
        refused_for(its_admin, answer, "private_key_jwt.aud")
    accepted(application.by_assertion())


def test_a_token_of_one_tenant_opens_nothing_at_the_other(admin: Administrator, its_admin: Administrator) -> None:
    for token, door in ((admin.token, its_admin), (its_admin.token, admin)):
        answer = door.http.get("api/v2/clients", headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 401
        assert set(answer.json()) >= {"statusCode", "error", "message"}
    assert admin.call("GET", "clients").status_code == 200
    assert its_admin.call("GET", "clients").status_code == 200


def test_what_one_tenant_holds_the_other_does_not_find(
    admin: Administrator, its_admin: Administrator, secret: Application
) -> None:
    ca = admin.ask("GET", "certificate-authorities")
    api = next(each for each in admin.ask("GET", "resource-servers") if not each.get("is_system"))
    kid = admin.ask("GET", "keys/signing")[0]["kid"]
    paths = [f"clients/{secret.client_id}", f"clients/{secret.client_id}/credentials", f"resource-servers/{api['id']}"]
    paths += [f"keys/signing/{kid}", *(f"certificate-authorities/{each['id']}" for each in ca[:1])]
    for path in paths:
        assert admin.call("GET", path).status_code == 200, path
        assert its_admin.call("GET", path).status_code == 404, path
    for method, path, body in (
        ("PATCH", f"clients/{secret.client_id}", {"name": "taken"}),
        ("POST", f"clients/{secret.client_id}/rotate-secret", None),
        ("POST", f"clients/{secret.client_id}/credentials", {"credential_type": "client_secret"}),
        ("PATCH", f"resource-servers/{api['id']}", {"name": "taken"}),
    ):
        assert its_admin.call(method, path, body).status_code == 404, path
    for path in (f"clients/{secret.client_id}", f"resource-servers/{api['id']}"):
        assert its_admin.call("DELETE", path).status_code in (204, 404)
        assert admin.call("GET", path).status_code == 200, path
    listed = {each["client_id"] for each in its_admin.ask("GET", "clients?per_page=100")}
    assert secret.client_id not in listed
    accepted(secret.by_secret())


def test_signing_keys_are_each_tenants_own(
    server: Server, neighbour: Neighbour, its_admin: Administrator, secret: Application
) -> None:
    ours, theirs = (tenant.http().get(".well-known/jwks.json").json()["keys"] for tenant in (server, neighbour))
    assert {key["kid"] for key in ours}.isdisjoint({key["kid"] for key in theirs})
    material = [{key.get("n") or key["x"] for key in keys} for keys in (ours, theirs)]
    assert material[0].isdisjoint(material[1])
    token = accepted(its_admin.application().by_secret())
    assert decoded(token)[0]["kid"] in {key["kid"] for key in theirs}
    assert decoded(accepted(secret.by_secret()))[0]["kid"] in {key["kid"] for key in ours}


@pytest.mark.parametrize("kid", ["theirs", "ours"])
def test_a_forged_token_that_names_a_kid_of_the_other_tenant(
    admin: Administrator, neighbour: Neighbour, its_admin: Administrator, kid: str
) -> None:
    """A forged token cannot be signed by either; naming the other's key must not even find it."""
    header, claims = decoded(its_admin.token)
    own = neighbour.http().get(".well-known/jwks.json").json()["keys"]
    shown: dict[str, Any] = {"kid": header["kid"] if kid == "theirs" else "no-such-kid", "typ": "JWT"}
    assert header["kid"] in {key["kid"] for key in own}
    forged = Key("RS256").jwt({**claims, "iss": admin.server.issuer, "aud": f"{admin.server.issuer}api/v2/"}, **shown)
    assert admin.http.get("api/v2/clients", headers={"Authorization": f"Bearer {forged}"}).status_code == 401


def test_the_other_tenants_log_knows_nothing(
    its_admin: Administrator, admin: Administrator, secret: Application
) -> None:
    answer = secret.post(secret.form(client_id=secret.client_id, client_secret="w" * 64))
    refused(answer)
    theirs = its_admin.application().by_secret(scope="nonsense")
    ours_row = admin.log(answer.headers["X-Correlation-Id"])
    their_row = admin.log(theirs.headers["X-Correlation-Id"])  # read over all tenants
    assert ours_row["tenant_id"] != their_row["tenant_id"]
