"""What proves a domain, what does not, and how trouble with the DNS is told: never by an error."""

from __future__ import annotations

from pathlib import Path

import pytest

from tallystick.outbound import lookup
from tests.application import now_ms
from tests.inprocess import InProcess, in_process
from tests.nameserver import NameServer

from .domain_calls import DOMAIN, ISSUER, create, discovery, publish, refused, verified, verify


@pytest.mark.parametrize(
    ("mood", "said"),
    [
        ("", "There is no name _cf-custom-hostname.id.acme.example in the DNS."),
        ("silent", "The DNS did not answer within"),
        ("SERVFAIL", "No DNS server could answer"),
        ("garbage", "."),
    ],
)
def test_trouble_with_the_dns_is_told_in_the_domain(
    house: InProcess, dns: NameServer, mood: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for limit, seconds in (("LOOKUP_S_MAX", 0.4), ("ATTEMPT_S_MAX", 0.2), ("SETTLE_S", 0.1)):
        monkeypatch.setattr(lookup, limit, seconds)
    dns.mood, made = mood, create(house)
    found = verify(house, made)
    assert found["status"] == "pending_verification"
    assert found["verification"]["status"] == "failed"
    assert said in found["verification"]["error_msg"]
    assert found["verification"]["last_verified_at"] is None
    assert "cname_api_key" not in found
    assert discovery(house, DOMAIN).status == 421
    dns.mood = ""
    publish(dns, made)
    assert verify(house, made)["verification"]["error_msg"] is None


def test_only_the_exact_value_proves(house: InProcess, dns: NameServer) -> None:
    made = create(house)
    (method,) = made["verification"]["methods"]
    record = method["record"]
    wrong = ["", record[:-1], record + "x", record.swapcase(), f" {record}", f"{record} ", f"v={record}"]
    dns.texts[method["domain"]] = wrong
    assert "has the expected value" in verify(house, made)["verification"]["error_msg"]
    # Elsewhere it proves nothing.
    dns.texts |= {DOMAIN: [record], f"_cf-custom-hostname.mtls.{DOMAIN}": [record], method["domain"]: ["x"]}
    assert verify(house, made)["status"] == "pending_verification"
    dns.texts[method["domain"]] = [*wrong, record]
    assert verify(house, made)["status"] == "ready"


def test_the_record_of_another_domain_proves_nothing(house: InProcess, dns: NameServer) -> None:
    first, second = create(house), create(house, "login.acme.example")
    dns.texts["_cf-custom-hostname.login.acme.example"] = [first["verification"]["methods"][0]["record"]]
    assert verify(house, second)["status"] == "pending_verification"


def test_a_later_look_in_vain_is_told_and_shuts_nobody_out(house: InProcess, dns: NameServer) -> None:
    found = verified(house, dns)
    dns.texts.clear()
    again = verify(house, found)
    assert again["status"] == "ready"
    assert again["verification"]["status"] == "failed"
    assert again["verification"]["last_verified_at"] == found["verification"]["last_verified_at"]
    assert discovery(house, DOMAIN).status == 200


def test_an_operator_may_vouch_instead(tmp_path: Path) -> None:
    with in_process(tmp_path / "data", now_ms(), custom_domain_verification="none") as house:
        found = verify(house, create(house))
        assert found["status"] == "ready"
        assert house.ask("POST", f"custom-domains/{found['custom_domain_id']}/test") == {"success": True}
        assert discovery(house, DOMAIN).json()["issuer"] == ISSUER


def test_a_test_says_what_the_dns_lacks(house: InProcess, dns: NameServer) -> None:
    made = create(house)
    path = f"custom-domains/{made['custom_domain_id']}/test"
    assert "not verified" in refused(house, 409, "POST", path)
    publish(dns, made)
    verify(house, made)
    assert "There is no name id.acme.example" in house.ask("POST", path)["message"]
    dns.addresses |= {DOMAIN: ["192.0.2.1"]}
    assert house.ask("POST", path) == {
        "success": False,
        "message": "There is no name mtls.id.acme.example in the DNS.",
    }
    dns.addresses |= {f"mtls.{DOMAIN}": ["2001:db8::1"]}
    assert house.ask("POST", path) == {"success": True}
