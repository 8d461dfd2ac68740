"""Options in force: what pages and checks of passwords read, remembered while the tenant stands still."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any

import msgspec

from ..fields import UNSET, FieldTable
from ..ids import connection_id_of
from ..records import Json, Records, RevisionCache, Revisions
from .option import (
    BRANDING,
    BREACHED_PASSWORD_DETECTION,
    BRUTE_FORCE_PROTECTION,
    CONNECTION,
    GUARDIAN_FACTORS,
    GUARDIAN_POLICIES,
    SUSPICIOUS_IP_THROTTLING,
    TenantOption,
)
from .option_fields import (
    ALL_APPLICATIONS,
    CONNECTION_OPTION_FIELDS,
    FACTORS,
    OPTION_FIELDS,
)
from .password_rules import PasswordRules


class ConnectionOptions(msgspec.Struct, frozen=True, kw_only=True):
    """How people sign in and up at the database connection."""

    id: str
    disable_signup: bool
    requires_username: bool
    brute_force_protection: bool
    password_enabled: bool
    passkey_enabled: bool
    password_rules: PasswordRules
    username_chars_min: int
    username_chars_max: int

    @property
    def may_sign_up(self) -> bool:
        """Whether people may make accounts themselves: an account begins with a password."""
        return self.password_enabled and not self.disable_signup

    @property
    def password_length_min(self) -> int:
        """Characters."""
        return self.password_rules.length_min


class Protection(msgspec.Struct, frozen=True, kw_only=True):
    """What both protections against guessing have."""

    enabled: bool
    blocks: bool
    """Whether more attempts are refused, and not only counted."""
    allowlist: tuple[IPv4Network | IPv6Network, ...]


class BruteForce(Protection, frozen=True, kw_only=True):
    """Wrong passwords for one account."""

    per_address: bool
    """Whether an account is blocked only for the address that tried; otherwise for everybody."""
    max_attempts: int


class Rate(msgspec.Struct, frozen=True, kw_only=True):
    """A bucket of attempts."""

    max_attempts: int
    interval_ms: int
    """In which one attempt is given back."""


class AddressThrottling(Protection, frozen=True, kw_only=True):
    """Attempts from one address, for any account."""

    sign_in: Rate
    sign_up: Rate


class Breached(msgspec.Struct, frozen=True, kw_only=True):
    """What happens to a password that is on the operator's list."""

    enabled: bool
    blocks_sign_in: bool
    blocks_sign_up: bool
    blocks_change: bool


class Branding(msgspec.Struct, frozen=True, kw_only=True):
    """How the pages look; None where the tenant said nothing."""

    primary_color: str | None = None
    page_background: str | None = None
    logo_url: str | None = None
    favicon_url: str | None = None
    font_url: str | None = None


class FactorPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """Which second factors there are, and whether everybody must have one."""

    enabled: frozenset[str]
    """Names of `option_fields.FACTORS`."""
    required: bool


class TenantOptions(msgspec.Struct, frozen=True, kw_only=True):
    """Everything in force in one tenant."""

    connection: ConnectionOptions
    brute_force: BruteForce
    address_throttling: AddressThrottling
    breached: Breached
    branding: Branding
    factor_policy: FactorPolicy


class Options:
    """Reads options; a change counts in every worker as soon as it sees the tenant's new revision."""

    def __init__(self, records: Records, revisions: Revisions) -> None:
        self._records = records
        self._cache: RevisionCache[TenantOptions] = RevisionCache(revisions)

    async def of(self, tenant_id: str) -> TenantOptions:
        """All of them."""

        async def load() -> TenantOptions:
            found = await self._records.find(TenantOption, tenant_id)
            return in_force(tenant_id, {option.name: option.value for option in found})

        return await self._cache.get(tenant_id, "", load)

    async def connection(self, tenant_id: str) -> ConnectionOptions:
        """How people sign in and up."""
        return (await self.of(tenant_id)).connection

    async def brute_force(self, tenant_id: str) -> BruteForce:
        """Wrong passwords for one account."""
        return (await self.of(tenant_id)).brute_force

    async def address_throttling(self, tenant_id: str) -> AddressThrottling:
        """Attempts from one address."""
        return (await self.of(tenant_id)).address_throttling

    async def breached(self, tenant_id: str) -> Breached:
        """Passwords that others know."""
        return (await self.of(tenant_id)).breached

    async def branding(self, tenant_id: str) -> Branding:
        """How the pages look."""
        return (await self.of(tenant_id)).branding

    async def factor_policy(self, tenant_id: str) -> FactorPolicy:
        """Second factors."""
        return (await self.of(tenant_id)).factor_policy


def shown(table: FieldTable, value: Json) -> Json:
    """A document as it is in force: what was set, defaults for the rest; members without either are left out.

    A member that is an object keeps the defaults of those of its own members that were not set.
    """
    values: Json = {}
    for name, field in table.items():
        default = None if field.default is UNSET else field.default
        set_to = value.get(name)
        if isinstance(default, dict) and isinstance(set_to, dict):
            set_to = {**default, **{member: one for member, one in set_to.items() if one is not None}}
        values[name] = default if set_to is None else set_to
    return {name: one for name, one in values.items() if one is not None}


def in_force(tenant_id: str, documents: Mapping[str, Json]) -> TenantOptions:
    """What the documents come to. Pure."""
    values = {name: shown(table, documents.get(name, {})) for name, table in OPTION_FIELDS.items()}
    options = shown(CONNECTION_OPTION_FIELDS, documents.get(CONNECTION, {}).get("options") or {})
    return TenantOptions(
        connection=_connection(connection_id_of(tenant_id), options),
        brute_force=_brute_force(values[BRUTE_FORCE_PROTECTION]),
        address_throttling=_address_throttling(values[SUSPICIOUS_IP_THROTTLING]),
        breached=_breached(values[BREACHED_PASSWORD_DETECTION]),
        branding=_branding(values[BRANDING]),
        factor_policy=FactorPolicy(
            enabled=frozenset(factors_shown(documents.get(GUARDIAN_FACTORS, {}), enabled=True)),
            required=ALL_APPLICATIONS in documents.get(GUARDIAN_POLICIES, {}).get("policies", []),
        ),
    )


def factors_shown(value: Json, *, enabled: bool | None = None) -> dict[str, bool]:
    """Every factor's name → whether it is on; with ``enabled``, only those that are on, or off."""
    switches = {name: is_offered and bool(value.get(name, True)) for name, is_offered in FACTORS.items()}
    return {name: is_on for name, is_on in switches.items() if enabled is None or is_on == enabled}


def _connection(connection_id: str, options: Json) -> ConnectionOptions:
    methods, length = options["authentication_methods"], options["validation"]["username"]
    dictionary = options["password_dictionary"]
    return ConnectionOptions(
        id=connection_id,
        disable_signup=options["disable_signup"],
        requires_username=options["requires_username"],
        brute_force_protection=options["brute_force_protection"],
        password_enabled=methods["password"]["enabled"],
        passkey_enabled=methods["passkey"]["enabled"],
        password_rules=PasswordRules(
            policy=options["passwordPolicy"],
            length_min=options["password_complexity_options"]["min_length"],
            no_personal_info=options["password_no_personal_info"]["enable"],
            dictionary=frozenset(map(str.casefold, dictionary.get("dictionary", ())))
            if dictionary["enable"]
            else frozenset(),
        ),
        username_chars_min=length["min"],
        username_chars_max=length["max"],
    )


def _brute_force(value: Json) -> BruteForce:
    return BruteForce(
        enabled=value["enabled"],
        blocks="block" in value["shields"],
        allowlist=tuple(map(ip_network, value["allowlist"])),
        per_address=value["mode"] == "count_per_identifier_and_ip",
        max_attempts=value["max_attempts"],
    )


def _address_throttling(value: Json) -> AddressThrottling:
    def rate(stage: Json) -> Rate:
        return Rate(max_attempts=stage["max_attempts"], interval_ms=stage["rate"])

    return AddressThrottling(
        enabled=value["enabled"],
        blocks="block" in value["shields"],
        allowlist=tuple(map(ip_network, value["allowlist"])),
        sign_in=rate(value["stage"]["pre-login"]),
        sign_up=rate(value["stage"]["pre-user-registration"]),
    )


def _breached(value: Json) -> Breached:
    enabled = value["enabled"]

    def blocks(shields: list[Any]) -> bool:
        return enabled and "block" in shields

    return Breached(
        enabled=enabled,
        blocks_sign_in=blocks(value["shields"]),
        blocks_sign_up=blocks(value["stage"]["pre-user-registration"]["shields"]),
        blocks_change=blocks(value["stage"]["pre-change-password"]["shields"]),
    )


def _branding(value: Json) -> Branding:
    colors, font = value.get("colors", {}), value.get("font", {})
    return Branding(
        primary_color=colors.get("primary"),
        page_background=colors.get("page_background"),
        logo_url=value.get("logo_url"),
        favicon_url=value.get("favicon_url"),
        font_url=font.get("url"),
    )
