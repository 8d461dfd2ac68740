"""A new tenant: its record and its hosts, decided from what the operator says. Its keys are made by `signing`."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Sequence

from ..errors import Conflict, InvalidField
from ..records import Decision, Json
from .hostnames import checked_host, checked_issuer, host_of
from .tenant import Tenant, TenantHost

NAME_CHARS_MAX = 100
HOSTS_MAX = 100
"""More names than one certificate usually carries."""


def new_tenant_id() -> str:
    """A fresh id: 24 lower-case hex digits. Nobody outside sees it."""
    return secrets.token_hex(12)


def new_tenant(
    *,
    tenant_id: str,
    name: str,
    issuer: str,
    mtls_issuer: str,
    host: str = "",
    mtls_host: str = "",
    hosts: Sequence[str] = (),
    settings: Json | None = None,
    existing_tenants: Iterable[Tenant],
    existing_hosts: Iterable[TenantHost],
    now_ms: int,
) -> Decision[Tenant]:
    """The tenant, and its ``hosts`` beside those of both issuers; ``host``, ``mtls_host`` as the operator named them.

    Raises InvalidField for bad syntax, Conflict when a name, an issuer or a host is another tenant's. The change is
    committed under `records.DEPLOYMENT`, and ``existing_…`` must have been read for that revision.
    """
    if not name.strip() or len(name) > NAME_CHARS_MAX or not name.isprintable():
        raise InvalidField("name", f"must be 1 to {NAME_CHARS_MAX} printable characters", check="tenant.name")
    for field, value in (("issuer", issuer), ("mtls_issuer", mtls_issuer)):
        _checked(field, checked_issuer, value)
    leading = [host_of(issuer), host_of(mtls_issuer), *(_checked("hosts", checked_host, each) for each in hosts)]
    tenant = Tenant(
        tenant_id=tenant_id,
        name=name,
        issuer=issuer,
        mtls_issuer=mtls_issuer,
        host=host,
        mtls_host=mtls_host,
        settings=settings or {},
        created_at_ms=now_ms,
    )
    _check_free(tenant, existing_tenants)
    return Decision(tenant, saves=(tenant, *_free_hosts(tenant, leading, existing_hosts)))


def _checked(field: str, check: Callable[[str], str], value: str) -> str:
    try:
        return check(value)
    except ValueError as problem:
        raise InvalidField(field, str(problem), check=f"tenant.{field}", value=value[:300]) from None


def _check_free(tenant: Tenant, existing: Iterable[Tenant]) -> None:
    for other in existing:
        # Two tenants of one issuer could speak for each other's tokens.
        if other.tenant_id == tenant.tenant_id or other.name == tenant.name or other.issuer == tenant.issuer:
            raise Conflict(
                "A tenant with this name or issuer already exists.", error_code="tenant_conflict", check="tenant.unique"
            )


def _free_hosts(tenant: Tenant, hosts: Sequence[str], existing: Iterable[TenantHost]) -> list[TenantHost]:
    unique = list(dict.fromkeys(hosts))
    if len(unique) > HOSTS_MAX:
        raise InvalidField("hosts", f"must be at most {HOSTS_MAX} hosts", check="tenant.hosts")
    taken = {row.host for row in existing if row.tenant_id != tenant.tenant_id}
    for host in unique:
        if host in taken:
            raise Conflict(
                f"The host {host} leads to another tenant.", error_code="host_conflict", check="tenant.host", host=host
            )
    return [TenantHost(tenant_id=tenant.tenant_id, host=host) for host in unique]
