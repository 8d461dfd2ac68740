"""The rules for custom domains: what a new one is, what verifying it makes, what an update or a rotation does. Pure."""

from __future__ import annotations

import re
import secrets
import string
from collections.abc import Iterable, Sequence
from hashlib import sha256

import msgspec
from msgspec.structs import replace

from ..errors import Conflict, InvalidField, Refused
from ..fields import check_create, check_update, merged
from ..records import Json
from .addresses import MTLS_PREFIX, Listeners, custom_domain_addresses, edge_zone, own_names
from .custom_domain import MANAGED, READY, SELF_MANAGED, CustomDomain, PreviousKey, Verification
from .domain_fields import CUSTOM_DOMAIN_FIELDS, check_metadata
from .tenant import Tenant, TenantHost

DOMAINS_MAX = 20
"""Per tenant. Each has up to three host names, and each of these a certificate of the local CA."""
TXT_PREFIX = "_cf-custom-hostname."
"""Where the TXT record stands, in front of the domain (auth0.md 4.8)."""
COLUMNS = ("domain", "type")
_ID_CHARS = string.ascii_lowercase + string.digits
_LABEL_CHARS_MAX = 40
_NOT_LABEL = re.compile(r"[^a-z0-9]+")


def new_custom_domain_id() -> str:
    """A fresh id: ``cd_`` and 16 characters, 82 bits. Lower case, for it becomes part of a host name."""
    return "cd_" + "".join(secrets.choice(_ID_CHARS) for _ in range(16))


def new_cname_api_key() -> str:
    """A fresh key for a proxy: 128 hex digits, 512 bits (auth0.md 4.8)."""
    return secrets.token_hex(64)


def key_hash(key: str) -> str:
    """What is kept of a key. It is random, so a plain hash tells nothing of it."""
    return sha256(key.encode()).hexdigest()


def checked_new(listeners: Listeners, body: Json) -> Json:
    """The members of a new domain. Raises InvalidField, also for names that are the deployment's own."""
    values = check_create(CUSTOM_DOMAIN_FIELDS, body)
    domain = values["domain"]
    if {domain, MTLS_PREFIX + domain} & own_names(listeners) or _is_below(domain, "localhost", edge_zone(listeners)):
        raise InvalidField("domain", "is a name of this server itself", check="custom_domain.own_name")
    if values["type"] == MANAGED and listeners.mtls_port is None:
        reason = "this deployment does not serve TLS itself: use self_managed_certs"
        raise InvalidField("type", reason, check="custom_domain.no_tls")
    _check_relying_party(domain, values)
    return values


def new_custom_domain(
    tenant_id: str, id: str, values: Json, existing: Sequence[CustomDomain], now_ms: int
) -> CustomDomain:
    """The record of checked members; ``existing`` are the tenant's. Raises Conflict.

    Whether another tenant claims the same name is not asked: a claim without proof keeps nobody from proving theirs.
    """
    if any(other.domain == values["domain"] for other in existing):
        raise _conflict(f"The domain {values['domain']} is already registered", "custom_domain.unique")
    if len(existing) >= DOMAINS_MAX:
        raise _conflict(f"At most {DOMAINS_MAX} custom domains per tenant", "custom_domain.limit")
    verification = msgspec.to_builtins(Verification(record=secrets.token_urlsafe(32)))
    return CustomDomain(
        tenant_id=tenant_id,
        custom_domain_id=id,
        domain=values["domain"],
        type=values["type"],
        metadata={**_with_metadata({}, values), "verification": verification},
        created_at_ms=now_ms,
        updated_at_ms=now_ms,
    )


def updated_custom_domain(domain: CustomDomain, body: Json, now_ms: int) -> CustomDomain:
    """The domain after an update: members left out are kept, ``null`` clears. Raises InvalidField."""
    update = check_update(CUSTOM_DOMAIN_FIELDS, body)
    _check_relying_party(domain.domain, update)
    return replace(domain, metadata=_with_metadata(domain.metadata, update), updated_at_ms=now_ms)


def verified_custom_domain(
    domain: CustomDomain, tenant: Tenant, listeners: Listeners, key: str | None, now_ms: int
) -> CustomDomain:
    """The domain after its record was found. ``key`` is the new key of its proxy, None to leave it as it is."""
    found = replace(domain.verification, status="verified", error_msg=None, last_verified_at_ms=now_ms)
    verified = replace(domain, status=READY, metadata=_verification(domain, found), updated_at_ms=now_ms)
    if key is None:
        return verified
    return replace(
        verified,
        cname_api_key_hash=key_hash(key),
        origin_domain_name=_origin_domain_name(tenant, domain.custom_domain_id, listeners),
    )


def unverified_custom_domain(domain: CustomDomain, reason: str, now_ms: int) -> CustomDomain:
    """The domain after a look in vain: what it was, ready or pending, and why."""
    failed = replace(domain.verification, status="failed", error_msg=reason)
    return replace(domain, metadata=_verification(domain, failed), updated_at_ms=now_ms)


def needs_key(domain: CustomDomain) -> bool:
    """Whether verifying it makes a key: the first time, and where a proxy is to prove itself."""
    return domain.type == SELF_MANAGED and domain.cname_api_key_hash is None


def rotated_custom_domain(domain: CustomDomain, key: str, overlap_s: int, now_ms: int) -> CustomDomain:
    """The domain with a new key; the one before is taken ``overlap_s`` longer. Raises Conflict where there is none."""
    if domain.cname_api_key_hash is None:
        raise _conflict("The custom domain has no key: it is made when the domain is verified", "custom_domain.no_key")
    previous = PreviousKey(sha256=domain.cname_api_key_hash, until_ms=now_ms + overlap_s * 1000)
    kept = {"previous_key": msgspec.to_builtins(previous) if overlap_s else None}
    return replace(
        domain,
        cname_api_key_hash=key_hash(key),
        metadata=merged(domain.metadata, kept),
        updated_at_ms=now_ms,
    )


def hosts_of(domain: CustomDomain, listeners: Listeners) -> list[TenantHost]:
    """The hosts that lead to a verified domain, given how the deployment listens."""
    addresses = custom_domain_addresses(listeners, domain.domain, domain.origin_domain_name)
    return [
        TenantHost(
            tenant_id=domain.tenant_id,
            host=host,
            issuer=addresses.issuer,
            mtls_issuer=addresses.mtls_issuer,
            custom_domain_id=domain.custom_domain_id,
        )
        for host in addresses.hosts
    ]


def check_free(hosts: Iterable[TenantHost], existing: Iterable[TenantHost]) -> None:
    """Raises Conflict when one of the hosts leads elsewhere already; to whom, nobody is told."""
    owner = {row.host: (row.tenant_id, row.custom_domain_id) for row in existing}
    for row in hosts:
        if owner.get(row.host, own := (row.tenant_id, row.custom_domain_id)) != own:
            raise _conflict(f"The host {row.host} is already in use on this server", "custom_domain.host")


def check_verified(domain: CustomDomain) -> None:
    """Raises Conflict for a domain that nobody has verified yet."""
    if not domain.is_ready:
        raise _conflict("The domain is not verified", "custom_domain.unverified")


def with_default(domains: Sequence[CustomDomain], chosen: CustomDomain | None, now_ms: int) -> list[CustomDomain]:
    """Those of a tenant's domains that change when ``chosen`` becomes the default. Raises Refused if unverified."""
    if chosen is not None and not chosen.is_ready:
        reason = "The domain must be verified before it can be set as default."
        raise Refused(reason, check="custom_domain.default_unverified")
    return [
        replace(domain, is_default=domain == chosen, updated_at_ms=now_ms)
        for domain in domains
        if domain.is_default != (domain == chosen)
    ]


def check_no_identifier(identifiers: Iterable[str]) -> None:
    """Raises Conflict when APIs of the tenant have names under the domain's URL: their tokens would look like ours."""
    if found := sorted(identifiers):
        description = "A resource server has an identifier under this domain"
        raise _conflict(description, "custom_domain.identifier", identifiers=found[:10])


def _is_below(name: str, *zones: str) -> bool:
    """Whether ``name`` is one of the zones, or below one by whole labels."""
    labels = name.split(".")
    return any(labels[-len(parts) :] == parts for parts in (zone.split(".") for zone in zones))


def _check_relying_party(domain: str, values: Json) -> None:
    """Web Authentication 13.4.9: a relying party's id is its host or a registrable name above it."""
    party = values.get("relying_party_identifier")
    if party is not None and not _is_below(domain, party):
        raise InvalidField(
            "relying_party_identifier", "must be the domain or one above it", check="custom_domain.relying_party"
        )


def _with_metadata(metadata: Json, values: Json) -> Json:
    laid = {name: value for name, value in values.items() if name not in COLUMNS}
    if laid.get("domain_metadata") is not None:
        laid["domain_metadata"] = merged(metadata.get("domain_metadata") or {}, laid["domain_metadata"])
        try:
            check_metadata(laid["domain_metadata"])
        except ValueError as problem:
            raise InvalidField("domain_metadata", str(problem), check="custom_domain.metadata") from None
    return merged(metadata, laid)


def _verification(domain: CustomDomain, verification: Verification) -> Json:
    return {**domain.metadata, "verification": msgspec.to_builtins(verification)}


def _origin_domain_name(tenant: Tenant, id: str, listeners: Listeners) -> str:
    """``<tenant>-cd-<id>.edge.<deployment host>``; the id alone makes it unique."""
    label = _NOT_LABEL.sub("-", tenant.name.lower())[:_LABEL_CHARS_MAX].strip("-") or "tenant"
    return f"{label}-{id.replace('_', '-')}.{edge_zone(listeners)}"


def _conflict(description: str, check: str, **evidence: object) -> Conflict:
    return Conflict(description, error_code="custom_domain_conflict", check=check, **evidence)
