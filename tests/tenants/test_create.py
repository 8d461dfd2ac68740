"""A new tenant: its hosts are its own, and nobody else's."""

from __future__ import annotations

from typing import Any

import pytest

from tallystick.errors import Conflict, InvalidField
from tallystick.tenants.create import new_tenant, new_tenant_id
from tallystick.tenants.tenant import Tenant, TenantHost

from .stored import NOW_MS, TENANT


def create(**given: Any) -> Any:
    values: dict[str, Any] = {
        "tenant_id": "t2",
        "name": "two",
        "issuer": "https://two.example/",
        "mtls_issuer": "https://mtls.two.example:8444/",
        "existing_tenants": [TENANT],
        "existing_hosts": [TenantHost(tenant_id="t1", host="one.example")],
        "now_ms": NOW_MS,
    }
    return new_tenant(**values | given)


def test_hosts_come_from_both_issuers_and_what_is_named() -> None:
    decision = create(hosts=["Two.example:8443", "two.example", "[::1]:8443"])
    hosts = [save.host for save in decision.saves if isinstance(save, TenantHost)]
    assert hosts == ["two.example", "mtls.two.example:8444", "two.example:8443", "[::1]:8443"]
    assert all(save.tenant_id == "t2" for save in decision.saves)
    assert isinstance(decision.saves[0], Tenant)


@pytest.mark.parametrize(
    "given",
    [
        {"hosts": ["one.example"]},
        {"hosts": ["ONE.example"]},
        {"mtls_issuer": "https://one.example/"},
        {"name": "one"},
        {"issuer": "https://one.example/"},
        {"tenant_id": "t1"},
    ],
)
def test_what_is_another_tenants_is_refused(given: dict[str, Any]) -> None:
    with pytest.raises(Conflict):
        create(**given)


@pytest.mark.parametrize(
    "given",
    [
        {"name": ""},
        {"name": "  "},
        {"name": "a\nb"},
        {"name": "a" * 101},
        {"issuer": "https://two.example"},
        {"mtls_issuer": "two.example"},
        {"hosts": ["two.example."]},
        {"hosts": [f"h{n}.example" for n in range(101)]},
    ],
)
def test_bad_names_issuers_and_hosts_are_refused(given: dict[str, Any]) -> None:
    with pytest.raises(InvalidField):
        create(**given)


def test_ids_are_never_guessable_or_equal() -> None:
    assert len({new_tenant_id() for _ in range(100)}) == 100
