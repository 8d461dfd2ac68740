"""``/clients/{id}/credentials`` over HTTP: what is taken, shown, ended and refused (auth0.md 3)."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from tallystick.clients.credential import Credential
from tallystick.clients.dates import iso_from_ms
from tallystick.jose.keys import jwk_of, public_key_from_pem, public_key_of
from tests.certs import CA, DAY_MS, NO_CA, NOW_MS, SERVER_AUTH, certify
from tests.forge import Key

from .conftest import Api, Management
from .test_clients import by_key, key_body, message

RSA = rsa.generate_private_key(65537, 2048)
PEM = RSA.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
PKCS1 = RSA.public_key().public_bytes(Encoding.PEM, PublicFormat.PKCS1).decode()
PRIVATE = RSA.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
CERTIFICATE = certify("client", None, NO_CA).certificate
AUTHORITY = certify("client", None, CA).certificate
EXPIRED = certify("client", None, NO_CA, days=(-10, -1)).certificate
FUTURE = "2027-01-01T00:00:00.000Z"
DATE = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"


def ec_jwk(**more: Any) -> dict[str, Any]:
    return {**jwk_of(public_key_of(ec.generate_private_key(ec.SECP256R1()).public_key())), **more}


class TestShapes:
    def test_a_public_key(self, api: Api) -> None:
        row = api.add(api.new_client(), credential_type="public_key", pem=PEM, name="k1", expires_at=FUTURE)
        assert re.fullmatch(r"cred_[1-9A-HJ-NP-Za-km-z]{22}", row.pop("id"))
        assert row == {
            "credential_type": "public_key",
            "kid": public_key_from_pem(PEM).thumbprint,
            "alg": "RS256",
            "name": "k1",
            "created_at": "2026-06-01T00:00:00.000Z",
            "updated_at": "2026-06-01T00:00:00.000Z",
            "expires_at": FUTURE,
        }

    def test_a_certificate(self, api: Api) -> None:
        row = api.add(api.new_client(), credential_type="x509_cert", pem=CERTIFICATE.pem, name="c2")
        assert row.keys() == {
            "id", "credential_type", "name", "thumbprint_sha256", "created_at", "updated_at", "expires_at"
        }  # fmt: skip
        assert row["thumbprint_sha256"] == CERTIFICATE.thumbprint
        assert row["expires_at"] == iso_from_ms(CERTIFICATE.not_after_ms)

    @pytest.mark.parametrize("given", [
        {"pem": certify(x509.Name.from_rfc4514_string("CN=Dev,OU=DX,O=Okta,C=es"), None, NO_CA).certificate.pem},
        {"subject_dn": "CN=Dev,OU=DX,O=Okta,C=es"},
        {"subject_dn": "C=es\nO=Okta\nOU=DX\nCN=Dev"},
    ])  # fmt: skip
    def test_a_subject_is_shown_in_lines(self, api: Api, given: dict[str, str]) -> None:
        row = api.add(api.new_client(), credential_type="cert_subject_dn", **given)
        assert row["subject_dn"] == "C=es\nO=Okta\nOU=DX\nCN=Dev"
        assert row.keys() == {"id", "credential_type", "name", "subject_dn", "created_at", "updated_at"}

    @pytest.mark.parametrize(
        ("kind", "value", "shown"),
        [
            ("dns", "Client.Example", "client.example"),
            ("uri", "urn:example:client", "urn:example:client"),
            ("ip", "2001:DB8::0001", "2001:db8::1"),
            ("email", "Ops@Example.COM", "Ops@example.com"),
        ],
    )
    def test_other_names(self, api: Api, kind: str, value: str, shown: str) -> None:
        client = api.new_client()
        row = api.add(client, credential_type=f"cert_san_{kind}", **{f"san_{kind}": value})
        assert row[f"san_{kind}"] == shown
        api.change(client, **by_key({"id": row["id"]}, method="tls_client_auth"))
        api.add(client, 400, credential_type=f"cert_san_{kind}", **{f"san_{kind}": "*.?"})

    def test_a_secret_is_told_once(self, api: Api, management: Management) -> None:
        client = api.new_client()
        row = api.add(client, credential_type="client_secret", name="s2", expires_at=FUTURE)
        secret = row.pop("client_secret")
        assert re.fullmatch(r"[A-Za-z0-9_-]{64}", secret)
        path = f"/clients/{client['client_id']}/credentials/{row['id']}"
        assert api("GET", path, expect=200) == row
        registered = api.run(management.directory.find("t1", client["client_id"]))
        hashes = [hash for _, hash in registered.secrets]
        assert hashes == [management.hasher.hash(one).encode() for one in (client["client_secret"], secret)]
        api("DELETE", path, expect=204)
        assert len(api.run(management.directory.find("t1", client["client_id"])).secrets) == 1
        assert management.records.rows[Credential][("t1", row["id"])].secret_hash is None

    def test_the_list_is_a_plain_array_newest_first(self, api: Api) -> None:
        client = api.new_client(**by_key(key_body(name="old")))
        api.add(client, **key_body(name="new"))
        for params in ({}, {"include_totals": "true", "per_page": "50"}):
            assert [row["name"] for row in api.credentials(client, **params)] == ["new", "old"]

    def test_secrets_are_listed_only_when_asked_for_by_type(self, api: Api) -> None:
        """Auth0's tools delete what this list has and their files have not: it would be every secret."""
        client = api.new_client()
        key = api.add(client, **key_body())
        for _ in ("by secret", "by key"):
            assert [row["credential_type"] for row in api.credentials(client)] == ["public_key"]
            assert len(api.credentials(client, credential_type="client_secret")) == 1
            api.change(client, **by_key({"id": key["id"]}))

    def test_no_key_and_no_certificate_is_ever_shown(self, api: Api) -> None:
        client = api.new_client()
        api.add(client, credential_type="x509_cert", pem=CERTIFICATE.pem)
        api.add(client, credential_type="public_key", pem=PEM)
        assert not any({"pem", "jwk", "public_jwk", "secret_hash"} & row.keys() for row in api.credentials(client))


class TestKeys:
    @pytest.mark.parametrize("pem", [PEM, PKCS1])
    def test_both_encodings_of_a_key_are_the_same_key(self, api: Api, pem: str) -> None:
        row = api.add(api.new_client(), credential_type="public_key", pem=pem)
        assert row["kid"] == public_key_from_pem(PEM).thumbprint

    @pytest.mark.parametrize(
        ("alg", "shown"),
        [(alg, alg) for alg in ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")]
        + [("Ed25519", "Ed25519"), ("EdDSA", "Ed25519")],
    )
    def test_algorithms(self, api: Api, alg: str, shown: str) -> None:
        body = key_body() | {"pem": Key(shown).public_pem, "alg": alg}
        assert api.add(api.new_client(), **body)["alg"] == shown

    @pytest.mark.parametrize("alg", ["ES256", "ES384", "ES512", "Ed25519"])
    def test_the_algorithm_follows_from_the_curve(self, api: Api, alg: str) -> None:
        body = {"credential_type": "public_key", "pem": Key(alg).public_pem}
        assert api.add(api.new_client(), **body)["alg"] == alg

    def test_a_jwk(self, api: Api) -> None:
        client = api.new_client()
        row = api.add(client, credential_type="public_key", jwk=ec_jwk(kid="key-1", use="sig", alg="ES256"))
        assert (row["kid"], row["alg"]) == ("key-1", "ES256")

    def test_a_certificate_as_wrapping_can_give_the_end(self, api: Api) -> None:
        body = {"credential_type": "public_key", "pem": CERTIFICATE.pem, "alg": "ES256"}
        row = api.add(api.new_client(), **body, parse_expiry_from_cert=True)
        assert row["expires_at"] == iso_from_ms(CERTIFICATE.not_after_ms)
        api.add(api.new_client(), 400, **body, parse_expiry_from_cert=True, expires_at=FUTURE)

    def test_a_kid_of_ones_own(self, api: Api) -> None:
        client = api.new_client()
        assert api.add(client, **key_body(kid="my-own-key_1"))["kid"] == "my-own-key_1"
        assert api.add(client, 409, **key_body(kid="my-own-key_1"))["errorCode"] == "credential_conflict"

    @pytest.mark.parametrize(
        ("body", "reason"),
        [
            ({}, "on property credential_type"),
            ({"credential_type": "magic"}, "on property credential_type"),
            ({"credential_type": ["public_key"]}, "on property credential_type"),
            ({"pem": PEM, "credential_type": "client_secret"}, "Additional properties not allowed: pem"),
            ({"credential_type": "public_key"}, "Exactly one of pem and jwk"),
            ({"credential_type": "public_key", "pem": PEM, "jwk": ec_jwk()}, "Exactly one of pem and jwk"),
            ({"credential_type": "public_key", "pem": PRIVATE}, "This is a private key"),
            ({"credential_type": "public_key", "pem": PEM + PRIVATE}, "This is a private key"),
            ({"credential_type": "public_key", "jwk": ec_jwk(d="AAAA")}, "private"),
            ({"credential_type": "public_key", "jwk": {"kty": "oct", "k": "AAAA"}}, "private or secret members"),
            ({"credential_type": "public_key", "jwk": ec_jwk(x="AAAA")}, "on property jwk"),
            ({"credential_type": "public_key", "jwk": ec_jwk(kid=5)}, "on property jwk.kid"),
            ({"credential_type": "public_key", "jwk": ec_jwk(alg="ES384"), "alg": "ES256"}, "on property alg"),
            ({"credential_type": "public_key", "jwk": ec_jwk(use="enc", alg="ES256")}, "use must be sig"),
            ({"credential_type": "public_key", "pem": "hello"}, "on property pem"),
            ({"credential_type": "public_key", "pem": ""}, "on property pem"),
            ({"credential_type": "public_key", "pem": "x" * 20_000}, "on property pem"),
            ({"credential_type": "public_key", "pem": PEM, "alg": "HS256"}, "on property alg"),
            ({"credential_type": "public_key", "pem": PEM, "alg": "none"}, "on property alg"),
            ({"credential_type": "public_key", "pem": PEM, "alg": "rs256"}, "on property alg"),
            ({"credential_type": "public_key", "pem": PEM, "alg": "ES256"}, "ES256 is not for RSA keys"),
            ({"credential_type": "public_key", "pem": PEM, "kid": "short"}, "on property kid"),
            ({"credential_type": "public_key", "pem": PEM, "kid": "../../../etc"}, "on property kid"),
            ({"credential_type": "public_key", "pem": PEM, "kid": "abcdefghij\n"}, "on property kid"),
            ({"credential_type": "public_key", "pem": PEM, "name": "n" * 129}, "on property name"),
            ({"credential_type": "public_key", "pem": PEM, "parse_expiry_from_cert": True}, "not a certificate"),
            ({"credential_type": "public_key", "pem": PEM, "expires_at": "tomorrow"}, "on property expires_at"),
            ({"credential_type": "public_key", "pem": PEM, "expires_at": "2027-01-01"}, "on property expires_at"),
            ({"credential_type": "public_key", "pem": PEM, "expires_at": "2027-01-01T00:00:00"}, "date-time"),
            ({"credential_type": "public_key", "pem": PEM, "expires_at": 1800000000}, "on property expires_at"),
            ({"credential_type": "public_key", "pem": PEM, "expires_at": "2020-01-01T00:00:00Z"}, "in the past"),
            ({"credential_type": "public_key", "pem": PEM, "expires_at": FUTURE, "not_before": FUTURE}, "not_before"),
            ({"credential_type": "public_key", "pem": EXPIRED.pem}, "The certificate has expired"),
            ({"credential_type": "x509_cert", "pem": EXPIRED.pem}, "The certificate has expired"),
            ({"credential_type": "x509_cert", "pem": PEM}, "on property pem"),
            ({"credential_type": "x509_cert"}, "Missing required property: pem"),
            ({"credential_type": "x509_cert", "pem": CERTIFICATE.pem * 2}, "exactly one certificate"),
            ({"credential_type": "x509_cert", "pem": CERTIFICATE.pem + PRIVATE}, "private key"),
            ({"credential_type": "x509_cert", "pem": CERTIFICATE.pem, "alg": "ES256"}, "not allowed: alg"),
            (
                {"credential_type": "x509_cert", "pem": CERTIFICATE.pem, "expires_at": "2030-01-01T00:00:00Z"},
                "The certificate itself ends earlier",
            ),
            ({"credential_type": "cert_subject_dn"}, "Exactly one of pem and subject_dn"),
            ({"credential_type": "cert_subject_dn", "subject_dn": "hello"}, "on property subject_dn"),
            ({"credential_type": "cert_subject_dn", "subject_dn": ""}, "on property subject_dn"),
            ({"credential_type": "cert_subject_dn", "subject_dn": "CN=" + "x" * 256}, "on property subject_dn"),
            ({"credential_type": "cert_subject_dn", "pem": AUTHORITY.pem}, "CA:TRUE"),
            (
                {"credential_type": "cert_subject_dn", "subject_dn": "CN=a", "certificate_authority_id": "ca_x"},
                "on property certificate_authority_id",
            ),
            ({"credential_type": "cert_san_dns"}, "Missing required property: san_dns"),
            ({"credential_type": "cert_san_dns", "san_dns": "*.example.com"}, "wildcard"),
            ({"credential_type": "cert_san_dns", "san_dns": "10.0.0.1"}, "IP address"),
            ({"credential_type": "cert_san_dns", "san_uri": "urn:x"}, "san_uri"),
        ],
    )
    def test_what_is_not_acceptable_is_refused_with_the_reason(
        self, api: Api, body: dict[str, Any], reason: str
    ) -> None:
        client = api.new_client()
        answer = api.add(client, 400, **body)
        assert reason in message(answer)
        assert answer["errorCode"] == "invalid_body"
        assert api.credentials(client) == []

    @pytest.mark.parametrize(("bits", "exponent"), [(1024, 65537), (2048, 3)])
    def test_weak_keys_are_refused(self, api: Api, bits: int, exponent: int) -> None:
        weak = rsa.generate_private_key(exponent, bits).public_key()
        pem = weak.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
        assert "on property pem" in message(api.add(api.new_client(), 400, credential_type="public_key", pem=pem))

    def test_oddities_of_a_certificate_are_warnings(self, api: Api) -> None:
        row = api.add(api.new_client(), credential_type="x509_cert", pem=AUTHORITY.pem)
        assert "CA:TRUE" in row["warnings"][0]
        other = certify("client", None, NO_CA, SERVER_AUTH).certificate
        row = api.add(api.new_client(), credential_type="cert_subject_dn", pem=other.pem)
        assert "clientAuth" in row["warnings"][0]


class TestOneKeyOneUsage:
    def test_one_credential_does_not_serve_two_usages(self, api: Api) -> None:
        client = api.new_client()
        row = {"id": api.add(client, **key_body())["id"]}
        answer = api.change(client, 400, **by_key(row), signed_request_object={"credentials": [row]})
        assert "already serves private_key_jwt" in message(answer)
        assert "on property signed_request_object.credentials[0]" in message(answer)
        api.change(client, **by_key(row))
        api.change(client, 400, signed_request_object={"credentials": [row]})

    def test_the_key_counts_and_not_what_wraps_it(self, api: Api, management: Management) -> None:
        certificate = certify("client", None, NO_CA, key=RSA).certificate
        client = api.new_client()
        api.add(client, credential_type="public_key", pem=PEM)
        for body in (
            {"credential_type": "public_key", "pem": PKCS1},
            {"credential_type": "public_key", "jwk": jwk_of(public_key_from_pem(PEM)), "kid": "another-kid"},
            {"credential_type": "public_key", "pem": certificate.pem, "alg": "PS256", "kid": "another-kid"},
            {"credential_type": "x509_cert", "pem": certificate.pem},
        ):
            assert api.add(client, 409, **body)["errorCode"] == "credential_conflict"

    def test_a_key_twice_in_one_body_is_refused(self, api: Api) -> None:
        body = {"credential_type": "public_key", "pem": PEM}
        api("POST", "/clients", {"name": "a", **by_key(body, {**body, "kid": "another-kid"})}, expect=409)
        answer = api(
            "POST", "/clients", {"name": "a", **by_key(body), "signed_request_object": {"credentials": [body]}}
        )
        assert answer.status_code == 409

    def test_a_renewed_certificate_over_the_same_key_is_welcome(self, api: Api) -> None:
        client = api.new_client()
        old, new = (certify("client", None, NO_CA, key=RSA, days=(-1, days)).certificate for days in (10, 100))
        first = api.add(client, credential_type="x509_cert", pem=old.pem)
        api.add(client, 409, credential_type="x509_cert", pem=old.pem)
        second = api.add(client, credential_type="x509_cert", pem=new.pem)
        references = [{"id": first["id"]}, {"id": second["id"]}]
        api.change(client, **by_key(*references, method="self_signed_tls_client_auth"))
        api.add(client, 409, credential_type="public_key", pem=PEM)

    @pytest.mark.parametrize(
        ("scope", "told"),
        [
            ("create:client_credentials", "Another application of the tenant already holds this key."),
            ("create:client_credentials+read:clients", "The application {client_id} already holds this key."),
            (
                "create:client_credentials+read:clients+read:client_credentials",
                "The application {client_id} already holds this key in the credential {id}.",
            ),
        ],
    )
    def test_a_clash_is_named_within_what_the_caller_sees(self, api: Api, scope: str, told: str) -> None:
        holder = api.new_client()
        row = api.add(holder, credential_type="public_key", pem=PEM)
        path = f"/clients/{api.new_client()['client_id']}/credentials"
        answer = api("POST", path, {"credential_type": "public_key", "pem": PEM}, scope=scope, expect=409)
        assert message(answer) == told.format(client_id=holder["client_id"], id=row["id"])

    def test_a_setting_allows_sharing_for_the_same_usage(self, api: Api, management: Management) -> None:
        management.set(allow_key_sharing_between_clients=True)
        body = {"credential_type": "public_key", "pem": PEM}
        api.new_client(**by_key(body))
        other = api.new_client()
        row = {"id": api.add(other, **body)["id"]}
        refused = api.change(other, 400, signed_request_object={"credentials": [row]})
        assert "already serves private_key_jwt" in message(refused)
        api.change(other, **by_key(row))

    def test_a_withdrawn_key_needs_a_word(self, api: Api) -> None:
        client = api.new_client()
        body = {"credential_type": "public_key", "pem": PEM}
        first = api.add(client, **body)
        api("DELETE", f"/clients/{client['client_id']}/credentials/{first['id']}", expect=204)
        assert api.add(client, 409, **body)["errorCode"] == "credential_withdrawn"
        assert api.add(client, **body, allow_withdrawn_key=True)["id"] != first["id"]

    def test_other_tenants_keys_are_no_business_here(self, api: Api, management: Management) -> None:
        api.add(api.new_client(), credential_type="public_key", pem=PEM)
        for row in list(management.records.rows[Credential].values()):
            moved = Credential(**{name: getattr(row, name) for name in row.__struct_fields__} | {"tenant_id": "t2"})
            management.records.rows[Credential] = {("t2", row.id): moved}
        api.add(api.new_client(), credential_type="public_key", pem=PEM)

    @pytest.mark.parametrize(
        ("method", "body"),
        [
            ("tls_client_auth", key_body),
            ("self_signed_tls_client_auth", key_body),
            ("private_key_jwt", lambda: {"credential_type": "x509_cert", "pem": CERTIFICATE.pem}),
            ("self_signed_tls_client_auth", lambda: {"credential_type": "cert_subject_dn", "subject_dn": "CN=a"}),
            ("private_key_jwt", lambda: {"credential_type": "client_secret"}),
        ],
    )
    def test_each_usage_takes_its_own_types(self, api: Api, method: str, body: Callable[[], dict[str, Any]]) -> None:
        client = api.new_client()
        row = api.add(client, **body())
        answer = api.change(client, 400, **by_key({"id": row["id"]}, method=method))
        assert "The credential_type must be one of" in message(answer)

    def test_a_credential_stands_once_in_a_list(self, api: Api) -> None:
        client = api.new_client()
        row = {"id": api.add(client, **key_body())["id"]}
        assert "twice" in message(api.change(client, 400, **by_key(row, row)))


class TestLife:
    def test_the_limit_is_a_setting(self, api: Api, management: Management) -> None:
        client = api.new_client()
        for _ in range(10):
            api.add(client, **key_body())
        assert "A client can have a maximum of 10 credentials" in message(api.add(client, 400, **key_body()))
        management.set(credentials_per_client_max=11)
        api.add(client, **key_body())
        management.set(credentials_per_client_max=2)
        api.add(client, 400, **key_body())
        api("POST", "/clients", {"name": "a", **by_key(*(key_body() for _ in range(3)))}, expect=400)

    def test_only_the_end_may_change(self, api: Api, management: Management) -> None:
        client = api.new_client()
        row = api.add(client, **key_body())
        path = f"/clients/{client['client_id']}/credentials/{row['id']}"
        management.clock.move(seconds=5)
        changed = api("PATCH", path, {"expires_at": FUTURE}, expect=200)
        assert changed == row | {"expires_at": FUTURE, "updated_at": "2026-06-01T00:00:05.000Z"}
        assert "expires_at" not in api("PATCH", path, {"expires_at": None}, expect=200)
        for body in ({}, {"name": "x"}, {"expires_at": "x"}, {"expires_at": FUTURE, "alg": "RS256"}):
            api("PATCH", path, body, expect=400)

    def test_a_certificate_ends_no_later_than_it_says(self, api: Api) -> None:
        client = api.new_client()
        row = api.add(client, credential_type="x509_cert", pem=CERTIFICATE.pem)
        path = f"/clients/{client['client_id']}/credentials/{row['id']}"
        api("PATCH", path, {"expires_at": "2040-01-01T00:00:00Z"}, expect=400)
        assert api("PATCH", path, {"expires_at": FUTURE}, expect=200)["expires_at"] == FUTURE
        assert api("PATCH", path, {"expires_at": None}, expect=200)["expires_at"] == row["expires_at"]

    def test_not_before_is_kept_and_obeyed(self, api: Api, management: Management) -> None:
        client = api.new_client()
        row = api.add(client, credential_type="client_secret", not_before=iso_from_ms(NOW_MS + DAY_MS))
        assert row["not_before"] == iso_from_ms(NOW_MS + DAY_MS)
        (_, (credential, _)) = api.run(management.directory.find("t1", client["client_id"])).secrets
        assert [credential.is_live(NOW_MS + DAY_MS + ms) for ms in (-1, 0)] == [False, True]

    def test_a_referenced_credential_stays(self, api: Api) -> None:
        client = api.new_client(**by_key(key_body()))
        (row,) = api.credentials(client)
        path = f"/clients/{client['client_id']}/credentials/{row['id']}"
        assert "still serves private_key_jwt" in message(api("DELETE", path, expect=400))
        api.change(client, **by_key())
        api("DELETE", path, expect=204)
        for method, body in (("GET", None), ("PATCH", {"expires_at": None}), ("DELETE", None)):
            assert api(method, path, body, expect=404)["errorCode"] == "inexistent_client_credential"
        assert api.credentials(client) == []
        assert api.change(client, 400, **by_key({"id": row["id"]}))

    def test_what_is_withdrawn_keeps_id_thumbprint_and_end(self, api: Api, management: Management) -> None:
        client = api.new_client()
        row = api.add(client, credential_type="x509_cert", pem=CERTIFICATE.pem)
        api("DELETE", f"/clients/{client['client_id']}/credentials/{row['id']}", expect=204)
        kept = management.records.rows[Credential][("t1", row["id"])]
        assert (kept.thumbprint_sha256, kept.expires_at_ms, kept.withdrawn_at_ms) == (
            CERTIFICATE.thumbprint,
            CERTIFICATE.not_after_ms,
            NOW_MS,
        )

    def test_a_credential_is_reached_through_its_own_client_alone(self, api: Api) -> None:
        mine, theirs = api.new_client(), api.new_client()
        row = api.add(theirs, **key_body())
        path = f"/clients/{mine['client_id']}/credentials/{row['id']}"
        for method, body in (("GET", None), ("PATCH", {"expires_at": None}), ("DELETE", None)):
            api(method, path, body, expect=404)

    def test_changes_are_rows_of_the_log_and_hold_no_secret(self, api: Api, management: Management) -> None:
        client = api.new_client()
        row = api.add(client, credential_type="client_secret")
        event = management.records.events[-1]
        assert (event.type, event.client_id, event.description) == ("sapi", "manager", "Create a client credential")
        assert event.details["credential_id"] == row["id"]
        assert row["client_secret"] not in repr(management.records.events) + repr(management.records.rows)


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("GET", "", "read:client_credentials"),
        ("POST", "", "create:client_credentials"),
        ("GET", "/cred_x", "read:client_credentials"),
        ("PATCH", "/cred_x", "update:client_credentials"),
        ("DELETE", "/cred_x", "delete:client_credentials"),
    ],
)
def test_each_call_has_its_scope(api: Api, method: str, path: str, scope: str) -> None:
    path = f"/clients/unknown/credentials{path}"
    assert message(api(method, path, {}, scope="read:clients", expect=403)).endswith(f": {scope}")
    assert api(method, path, {}, scope=scope).status_code in (400, 404)
