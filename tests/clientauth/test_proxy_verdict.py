"""What a believed proxy says of a chain, and how far it is believed: never for the leaf, never for a pinned name."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from msgspec.structs import replace

from tallystick.certs.verdict import CaVerdict
from tallystick.clientauth import tls_client_auth
from tallystick.clientauth.authenticate import AuthenticationRequest, Authenticator
from tallystick.clientauth.method import ClientAuthenticationFailed, Evidence
from tallystick.clientauth.presented import PresentedNothing
from tallystick.clients.client_keys import ClientKeys
from tallystick.clients.credential import CERT_SUBJECT_DN, Credential
from tallystick.clients.directory import AuthoritySet, ClientDirectory
from tallystick.tallies import Tallies
from tests.application import now_ms
from tests.certificate_mill import EXPIRED_DAYS, NO_CA, SERVER_AUTH, Holder, authority, certify, leaf
from tests.clientauth.evidence import CLIENT_ID, HASHER, TENANT, TOKEN_URLS, client_using, credential, der, evidence
from tests.clientauth.test_mtls_methods import ROOT, trusting
from tests.memory import MemoryRecords, MemoryTallies

NOW_MS = now_ms()
DN = "CN=client,O=Tests"
STRANGER = authority("CN=known to the proxy alone")


def shown(holder: Holder, row: Credential, authorities: AuthoritySet | None = None, **told: Any) -> Evidence:
    of = client_using("tls_client_auth", row)
    given: dict[str, Any] = {"certificates": (der(holder),), "authorities": authorities, "now_ms": NOW_MS}
    return replace(evidence(of, (row,), PresentedNothing(client_id=CLIENT_ID), **given), **told)


def check_of(*arguments: Any, **told: Any) -> str:
    """The failing check; empty where there is none."""
    try:
        tls_client_auth.verify(shown(*arguments, **told))
    except ClientAuthenticationFailed as refusal:
        return refusal.check
    return ""


ROW = credential(CERT_SUBJECT_DN, subject_dn=DN)
PINNED = credential(CERT_SUBJECT_DN, subject_dn=DN, certificate_authority_id="a")
TRUSTED: dict[str, Any] = {"trust_proxy_verification": True, "ca_verdict": CaVerdict.SUCCESS}


@pytest.mark.parametrize("verdict", CaVerdict)
@pytest.mark.parametrize("is_trusted", [False, True])
@pytest.mark.parametrize("row", [ROW, PINNED], ids=["any authority", "pinned"])
def test_success_stands_in_for_the_path_of_a_name_that_is_not_pinned(
    row: Credential, is_trusted: bool, verdict: CaVerdict
) -> None:
    told = {"ca_verdict": verdict, "trust_proxy_verification": is_trusted}
    holder = leaf(DN, STRANGER)
    if verdict is CaVerdict.FAILED:
        expected = "tls_client_auth.proxy_verdict"
    elif is_trusted and row is ROW and verdict is CaVerdict.SUCCESS:
        expected = ""
    else:
        expected = "chain.no_issuer"
    assert check_of(holder, row, trusting(a=ROOT), **told) == expected
    if expected == "chain.no_issuer":
        assert check_of(holder, row, **told) == "tls_client_auth.no_authority"
        assert check_of(leaf(DN, ROOT), row, trusting(a=ROOT), **told) == ""


def test_nothing_is_believed_unless_the_deployment_says_so() -> None:
    """The switch is off where nobody named it: in the evidence, and in whoever makes it."""
    told = {"ca_verdict": CaVerdict.SUCCESS}
    assert check_of(leaf(DN, STRANGER), ROW, trusting(a=ROOT), **told) == "chain.no_issuer"


def test_nor_by_the_authenticator() -> None:
    records = MemoryRecords(client_using("tls_client_auth", ROW), ROW)
    keys: Any = ClientKeys(None)  # type: ignore[arg-type]  # no client here has its keys by address
    given: tuple[Any, ...] = (ClientDirectory(records, records), keys, None, HASHER, Tallies(MemoryTallies()))
    request = AuthenticationRequest(
        tenant=TENANT,
        endpoint_urls=TOKEN_URLS,
        authorization=(),
        parameters={"client_id": CLIENT_ID},
        peer_certificates=(der(leaf(DN, STRANGER)),),
        now_ms=NOW_MS,
        ca_verdict=CaVerdict.SUCCESS,
    )
    with pytest.raises(ClientAuthenticationFailed, match="authentication failed"):
        asyncio.run(Authenticator(*given).authenticate(request))
    believing = Authenticator(*given, trust_proxy_verification=True)
    assert asyncio.run(believing.authenticate(request)).credential == ROW


@pytest.mark.parametrize(
    ("holder", "check"),
    [
        (leaf("CN=another", STRANGER), "tls_client_auth.subject"),
        (leaf(DN, STRANGER, days=EXPIRED_DAYS), "certificate.expired"),
        (certify(DN, STRANGER, NO_CA, SERVER_AUTH), "chain.eku"),
        (authority(DN, STRANGER), "chain.leaf_is_ca"),
    ],
)
def test_the_leaf_is_ours_to_check_all_the_same(holder: Holder, check: str) -> None:
    assert check_of(holder, ROW, trusting(a=ROOT), **TRUSTED) == check


def test_what_each_rule_of_the_chain_waits_for() -> None:
    """The path is looked for once the authorities are known; what is said of the leaf alone waits for nothing else."""
    needs = {rule.name: rule.needs for rule in tls_client_auth.RULES}
    assert needs["anchors"] == ("presented", "authority")
    assert {name for name, needed in needs.items() if "authority" in needed} == {"anchors"}
    assert all("presented" in needs[rule.name] for rule in tls_client_auth.RULES[5:])
