"""``/certificate-authorities`` over HTTP: whom ``tls_client_auth`` may trust."""

from __future__ import annotations

from typing import Any

import pytest

from tallystick.clients.dates import iso_from_ms
from tallystick.clients.directory import ClientDirectory
from tests.certs import CA, NO_CA, certify

from .conftest import Api, Management
from .test_clients import message

ROOT = certify("Root", None, CA)
MIDDLE = certify("Middle", ROOT, CA)
LEAF = certify("client", MIDDLE, NO_CA)
PATH = "/certificate-authorities"


def add(api: Api, expect: int = 201, **body: Any) -> Any:
    return api("POST", PATH, {"name": "root", "pem": ROOT.certificate.pem, **body}, expect=expect)


def test_an_authority_is_added_listed_read_and_deleted(api: Api, management: Management) -> None:
    made = add(api)
    assert made["id"].startswith("ca_")
    assert (made["name"], made["subject"], made["thumbprint_sha256"]) == (
        "root",
        "CN=Root",
        ROOT.certificate.thumbprint,
    )
    assert made["not_after"] == iso_from_ms(ROOT.certificate.not_after_ms)
    assert api("GET", PATH, expect=200) == [made]
    assert api("GET", PATH + "?include_totals=true", expect=200)["total"] == 1
    assert api("GET", f"{PATH}/{made['id']}", expect=200) == made
    trusted = api.run(management.directory.authorities("t1")).trusted_for(made["id"])
    assert [authority.certificate for authority in trusted] == [ROOT.certificate]
    api("DELETE", f"{PATH}/{made['id']}", expect=204)
    assert api.run(management.directory.authorities("t1")).trusted_for(made["id"]) == ()
    for method in ("GET", "DELETE"):
        answer = api(method, f"{PATH}/{made['id']}", expect=404)
        assert answer["errorCode"] == "inexistent_certificate_authority"


def test_intermediates_come_along(api: Api, management: Management) -> None:
    apart = add(api, intermediates=[MIDDLE.certificate.pem])
    assert apart["intermediates"] == [MIDDLE.certificate.pem]
    (trusted,) = api.run(management.directory.authorities("t1")).trusted_for(None)
    assert trusted.intermediates == (MIDDLE.certificate,)
    api("DELETE", f"{PATH}/{apart['id']}", expect=204)
    assert add(api, pem=ROOT.certificate.pem + MIDDLE.certificate.pem)["intermediates"] == [MIDDLE.certificate.pem]


def test_a_worker_that_has_not_heard_of_it_yet_trusts_the_authority_that_a_new_client_is_pinned_to(
    api: Api, management: Management
) -> None:
    class Deaf:
        """Implements `records.Revisions`: a worker that no news has reached."""

        def known(self, tenant_id: str) -> int | None:
            return 1

    worker = ClientDirectory(management.records, Deaf())
    assert api.run(worker.authorities("t1")).by_id == {}
    made = add(api)
    subject = {"credential_type": "cert_subject_dn", "subject_dn": "CN=app", "certificate_authority_id": made["id"]}
    client = api.new_client(client_authentication_methods={"tls_client_auth": {"credentials": [subject]}})
    found = api.run(worker.find("t1", client["client_id"]))
    assert found is not None
    (trusted,) = api.run(worker.authorities("t1", found.subjects)).trusted_for(made["id"])
    assert trusted.certificate == ROOT.certificate


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"pem": LEAF.certificate.pem}, "CA:TRUE"),
        ({"pem": certify("", None, CA).certificate.pem}, "must have a subject"),
        ({"pem": certify("Old", None, CA, days=(-9, -1)).certificate.pem}, "has expired"),
        ({"pem": "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"}, "on property pem"),
        ({"pem": "hello"}, "on property pem"),
        ({"intermediates": [LEAF.certificate.pem]}, "on property intermediates"),
        ({"intermediates": ["x"]}, "on property intermediates[0]"),
        ({"intermediates": [MIDDLE.certificate.pem] * 9}, "on property intermediates"),
        ({"name": ""}, "on property name"),
        ({"name": None}, "Missing required property: name"),
        ({"thumbprint_sha256": "x"}, "Additional properties"),
    ],
)
def test_what_cannot_be_an_anchor_is_refused(api: Api, body: dict[str, Any], reason: str) -> None:
    assert reason in message(add(api, 400, **body))


def test_a_key_is_registered_once(api: Api) -> None:
    add(api)
    renewed = certify("Root", None, CA, key=ROOT.key, days=(-1, 999))
    assert add(api, 409, pem=renewed.certificate.pem)["errorCode"] == "certificate_authority_conflict"
    add(api, pem=certify("Root", None, CA).certificate.pem)  # a twin by name is another authority


def test_an_authority_that_credentials_are_pinned_to_stays(api: Api) -> None:
    made, client = add(api), api.new_client()
    row = api.add(client, credential_type="cert_subject_dn", subject_dn="CN=a", certificate_authority_id=made["id"])
    assert row["certificate_authority_id"] == made["id"]
    assert "still pinned" in message(api("DELETE", f"{PATH}/{made['id']}", expect=400))
    api("DELETE", f"/clients/{client['client_id']}/credentials/{row['id']}", expect=204)
    api("DELETE", f"{PATH}/{made['id']}", expect=204)


@pytest.mark.parametrize(("method", "verb"), [("GET", "read"), ("POST", "create"), ("DELETE", "delete")])
def test_scopes(api: Api, method: str, verb: str) -> None:
    path = PATH + ("/ca_x" if method == "DELETE" else "")
    assert message(api(method, path, scope="x", expect=403)).endswith(f"{verb}:certificate_authorities")
