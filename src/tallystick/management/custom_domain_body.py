"""Custom domains as administrators see them (auth0.md 4.8): their members, and what is told of how they are proven."""

from __future__ import annotations

from ..clients.dates import DATE, to_wire
from ..fields import Field, field_table
from ..records import Json
from ..tenants.custom_domain import CustomDomain
from ..tenants.domain_fields import CUSTOM_DOMAIN_FIELDS
from ..tenants.domain_registry import DomainWithKey
from ..tenants.domain_rules import TXT_PREFIX
from .description import Shown

_MEMBERS = ("tls_policy", "custom_client_ip_header", "domain_metadata", "relying_party_identifier")
"""Members that are shown as they were set, and left out while they have no value."""

_FIELDS = (
    Field(name="custom_domain_id", type=str),
    Field(name="domain", type=str),
    Field(name="primary", type=bool, description="The same as is_default"),
    Field(name="is_default", type=bool),
    Field(name="status", type=str, description="pending_verification or ready"),
    Field(name="type", type=str, description="self_managed_certs or auth0_managed_certs"),
    Field(name="verification", type=Json, description="The TXT record to make, and how the last look for it went"),
    *(Field(name=name, type=CUSTOM_DOMAIN_FIELDS[name].type, nullable=True) for name in _MEMBERS),
    Field(name="origin_domain_name", type=str, description="The Host by which the proxy forwards"),
    Field(name="created_at", type=DATE),
)
_KEY = Field(name="cname_api_key", type=str, description="The proxy's key; only in the answer that made it")
_OPTIONAL = (*_MEMBERS, "origin_domain_name")
SHOWN = Shown("CustomDomain", field_table(_FIELDS), optional=_OPTIONAL, id="custom_domain_id")
WITH_KEY = Shown("CustomDomainWithKey", field_table((*_FIELDS, _KEY)), optional=(*_OPTIONAL, "cname_api_key"))
DEFAULT = Shown(
    "DefaultDomain", field_table(_FIELDS), optional=tuple(field.name for field in _FIELDS if field.name != "domain")
)
"""A custom domain; or ``domain`` alone, which is then the tenant's own host."""
TESTED = Shown(
    "CustomDomainTest",
    field_table((Field(name="success", type=bool), Field(name="message", type=str, description="What is missing"))),
    optional=("message",),
)


def domain_body(domain: CustomDomain) -> Json:
    """The domain as administrators see it; of its key there is nothing."""
    body: Json = {
        "custom_domain_id": domain.custom_domain_id,
        "domain": domain.domain,
        "primary": domain.is_default,
        "is_default": domain.is_default,
        "status": domain.status,
        "type": domain.type,
        "verification": _verification(domain),
        **{name: domain.metadata[name] for name in _MEMBERS if name in domain.metadata},
    }
    if domain.origin_domain_name is not None:
        body["origin_domain_name"] = domain.origin_domain_name
    return {**body, "created_at": to_wire(domain.created_at_ms)}


def _verification(domain: CustomDomain) -> Json:
    verification = domain.verification
    method = {"name": "TXT", "record": verification.record, "domain": TXT_PREFIX + domain.domain}
    return {
        "methods": [method],
        "status": verification.status,
        "error_msg": verification.error_msg,
        "last_verified_at": to_wire(verification.last_verified_at_ms),
    }


def body_with_key(made: DomainWithKey) -> Json:
    """The domain, and its key when one was made just now: shown this once."""
    key = {} if made.cname_api_key is None else {"cname_api_key": made.cname_api_key}
    return domain_body(made.domain) | key


def default_body(found: CustomDomain | str) -> Json:
    """The default domain; the tenant's own host is shown by its name alone."""
    return {"domain": found} if isinstance(found, str) else domain_body(found)
