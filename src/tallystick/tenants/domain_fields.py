"""The table of a custom domain's members (auth0.md 4.8): types, limits, and what no update changes."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from ..fields import Field, field_table
from .hostnames import checked_host

DOMAIN_CHARS_MAX = 230
"""253 less the longest name that is put in front of it, `domain_rules.TXT_PREFIX`, with some to spare."""
METADATA_KEYS_MAX = 10
METADATA_CHARS_MAX = 255
OVERLAP_S_MAX = 7 * 86_400
OVERLAP_S = 3600
"""Long enough to put a new key into a proxy and reload it; short enough that a lost key is soon worthless."""


def check_name(domain: str) -> None:
    """A host name of at least two labels as the DNS has it. Raises ValueError."""
    if domain != domain.lower() or not domain.isascii():
        raise ValueError("must be in lower case and ASCII; write an internationalised name as xn--…")
    if ":" in domain or checked_host(domain) != domain:
        raise ValueError("must be a host name without a port")
    if "." not in domain:
        raise ValueError("must have at least two labels")
    if domain.rpartition(".")[2].isdigit():
        raise ValueError("must be a name, not an address")


def check_metadata(values: dict[str, str | None]) -> None:
    """At most so many keys and characters. Raises ValueError."""
    if len(values) > METADATA_KEYS_MAX:
        raise ValueError(f"Domain metadata has at most {METADATA_KEYS_MAX} keys")
    texts = [*values, *(value for value in values.values() if value is not None)]
    if "" in values or any(len(text) > METADATA_CHARS_MAX for text in texts):
        raise ValueError(f"Keys and values of domain metadata have at most {METADATA_CHARS_MAX} characters")


CUSTOM_DOMAIN_FIELDS = field_table(
    (
        Field(
            name="domain",
            type=Annotated[str, Meta(min_length=3, max_length=DOMAIN_CHARS_MAX)],
            required=True,
            on_update=False,
            check=check_name,
            description="Host name, lower case, without a port",
        ),
        Field(
            name="type",
            type=Literal["self_managed_certs", "auth0_managed_certs"],
            required=True,
            on_update=False,
            description="Who serves it: a proxy of yours, or this server's own listeners",
        ),
        Field(
            name="verification_method",
            type=Literal["txt"],
            on_update=False,
            description="How it is verified",
        ),
        Field(name="tls_policy", type=Literal["recommended"], default="recommended", description="TLS policy"),
        Field(
            name="custom_client_ip_header",
            type=Literal["true-client-ip", "cf-connecting-ip", "x-forwarded-for", "x-azure-clientip", ""],
            nullable=True,
            description="Header in which the proxy names the client's address",
        ),
        Field(
            name="domain_metadata",
            type=dict[str, str | None],
            nullable=True,
            check=check_metadata,
            description="Keys and values of your own; an update sets the keys it names, null removes",
        ),
        Field(
            name="relying_party_identifier",
            type=Annotated[str, Meta(min_length=1, max_length=DOMAIN_CHARS_MAX)],
            nullable=True,
            check=check_name,
            description="Relying party for passkeys: the domain or one above it",
        ),
    )
)
DEFAULT_FIELDS = field_table(
    (Field(name="domain", type=Annotated[str, Meta(min_length=1, max_length=300)], required=True),)
)
"""The body of ``PATCH /custom-domains/default``."""
ROTATION_FIELDS = field_table(
    (
        Field(
            name="overlap_s",
            type=Annotated[int, Meta(ge=0, le=OVERLAP_S_MAX)],
            default=OVERLAP_S,
            description="Seconds for which the key before is still taken",
        ),
    )
)
"""The body of ``POST /custom-domains/{id}/rotate-key``."""
