"""The diagnoses by themselves: how much is told, and of what."""

from __future__ import annotations

import asyncio
from typing import Any

from msgspec.structs import replace

from tallystick.certs.chain import PRESENTED_MAX
from tallystick.clientauth.certificate_diagnosis import CertificateDebugger
from tallystick.clientauth.diagnosis import Asked, Clients, Diagnosis
from tallystick.clients.client_keys import ClientKeys
from tallystick.clients.directory import ClientDirectory
from tallystick.records import Record
from tests.application import now_ms
from tests.certificate_mill import Holder, authority, leaf
from tests.clientauth.evidence import (
    CLIENT_ID,
    HASHER,
    TENANT,
    TOKEN_URLS,
    client,
    client_using,
    credential,
    registered_certificate,
)
from tests.clientauth.test_mtls_methods import NAMES, ROOT, trusting
from tests.memory import MemoryRecords

NO_KEY_SETS = ClientKeys(None)  # type: ignore[arg-type]  # no client here has its certificates by address


def diagnosis(*shown: Holder, records: tuple[Record, ...] = (), client_id: str | None = None) -> Diagnosis:
    """What becomes of a chain."""
    kept = MemoryRecords(*records)
    debugger = CertificateDebugger(Clients(ClientDirectory(kept, kept), NO_KEY_SETS, kept), HASHER)
    asked = Asked(tenant=TENANT, client_id=client_id, endpoint_urls=TOKEN_URLS, now_ms=now_ms())
    return asyncio.run(debugger.diagnose(asked, "".join(holder.pem for holder in shown)))


def told(*shown: Holder, **given: Any) -> dict[str, Any]:
    """What is told beside the rules."""
    return diagnosis(*shown, **given).about


def test_the_rules_are_those_of_the_clients_own_method() -> None:
    """Whatever the certificate looks like."""
    row = credential("cert_subject_dn", subject_dn="CN=one")
    for method in ("tls_client_auth", "self_signed_tls_client_auth"):
        for holder in (leaf("CN=one"), leaf("CN=one", ROOT)):
            records = client_using(method, row), row
            assert told(holder, records=records, client_id=CLIENT_ID)["method"] == method


def test_without_a_client_nothing_is_asked_that_one_would_have_registered() -> None:
    for holder, method in ((leaf("CN=one"), "self_signed_tls_client_auth"), (leaf("CN=one", ROOT), "tls_client_auth")):
        found = diagnosis(holder)
        assert found.about["method"] == method
        assert {"subject", "registered"}.isdisjoint(outcome.rule for outcome in found.outcomes)


def test_an_authority_that_signed_itself_is_judged_as_one_of_a_chain() -> None:
    about = told(authority("CN=one"))
    assert (about["method"], "path" in about) == ("tls_client_auth", False)


def test_certificates_that_were_withdrawn_are_told() -> None:
    one = leaf("CN=one")
    row = registered_certificate(one, withdrawn_at_ms=1)
    about = told(one, records=(client_using("self_signed_tls_client_auth"), row), client_id=CLIENT_ID)
    assert [(each["credential_id"], each["matches"], each["live"]) for each in about["credentials"]] == [
        (row.id, True, False)
    ]


def test_fifty_authorities_are_tried_one_by_one() -> None:
    (row,) = (loaded.authority for loaded in trusting(a=ROOT).by_id.values())
    rows = tuple(replace(row, id=f"ca_{number:02}") for number in range(51))
    tried = told(leaf("CN=one", ROOT), records=rows)["authorities"]
    assert [one["id"] for one in tried] == [row.id for row in rows[:50]]
    assert all((one["subject"], one["chains"]) == ("CN=root", True) for one in tried)


def test_fifty_credentials_are_compared() -> None:
    rows = tuple(credential("cert_subject_dn", subject_dn=f"CN={number}") for number in range(51))
    about = told(leaf("CN=one", ROOT), records=(client_using("tls_client_auth", *rows), *rows), client_id=CLIENT_ID)
    assert [one["credential_id"] for one in about["credentials"]] == [row.id for row in rows[:50]]


def test_every_kind_of_name_is_compared_with_its_own() -> None:
    one = leaf("CN=one", ROOT, san=[name for _, name, _ in NAMES.values()])
    texts = {"cert_subject_dn": "CN=one", **{kind: text for kind, (_, _, text) in NAMES.items()}}
    rows = (
        credential("cert_subject_dn", subject_dn="CN=one", certificate_authority_id="its own"),
        *(credential(kind, subject_san=text) for kind, (_, _, text) in NAMES.items()),
    )
    about = told(one, records=(client_using("tls_client_auth", *rows), *rows), client_id=CLIENT_ID)
    compared = {each["credential_type"]: (each["registered"], each["shown"]) for each in about["credentials"]}
    assert compared == {kind: (text, [text]) for kind, text in texts.items()}
    assert all(each["matches"] for each in about["credentials"])
    assert [each["certificate_authority_id"] for each in about["credentials"]] == ["its own", *[None] * len(NAMES)]


def test_all_that_is_shown_beside_a_certificate_helps_to_find_an_authority() -> None:
    """As many as the endpoint looks at; the certificate itself is none of them."""
    (row,) = (loaded.authority for loaded in trusting(a=ROOT).by_id.values())
    middle = authority("CN=middle", ROOT)
    beside = [*(authority(f"CN={number}") for number in range(PRESENTED_MAX - 1)), middle]
    (tried,) = told(leaf("CN=one", middle), *beside, records=(row,))["authorities"]
    assert tried["chains"] is True


def test_the_address_of_keys_is_not_told_of_a_certificate() -> None:
    methods = {"private_key_jwt": {"jwks_uri": "https://client.example/jwks.json"}}
    robot = client(metadata={"client_authentication_methods": methods})
    about = told(leaf("CN=alone"), records=(robot,), client_id=CLIENT_ID)
    assert (about["method"], "key_set" in about) == ("self_signed_tls_client_auth", False)
