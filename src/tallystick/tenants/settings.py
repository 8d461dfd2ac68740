"""Tenant settings: what is in force, and what an update makes of them."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from ..errors import InvalidField
from ..fields import UNSET, check_update, merged
from ..records import Json
from .setting_fields import FLAG_DEFAULTS, SETTINGS
from .tenant import Tenant

_MINUTES = "_in_minutes"


def setting(tenant: Tenant, name: str) -> Any:
    """The value in force: what was set, or the default; None for a setting without either. KeyError if unknown."""
    default = SETTINGS[name].default
    return tenant.settings.get(name, None if default is UNSET else default)


def flag(tenant: Tenant, name: str) -> bool:
    """A member of ``flags``; one that was never set and has no default is off."""
    return bool((tenant.settings.get("flags") or {}).get(name, FLAG_DEFAULTS.get(name, False)))


def mtls_endpoint_aliases(tenant: Tenant) -> bool:
    """Whether discovery shows ``mtls_endpoint_aliases`` (RFC 8705 5)."""
    return bool(setting(tenant, "mtls")["enable_endpoint_aliases"])


def credentials_per_client_max(tenant: Tenant) -> int:
    """How many live credentials one application may hold."""
    return int(setting(tenant, "credentials_per_client_max"))


def allows_key_sharing(tenant: Tenant) -> bool:
    """Whether two applications may register the same key."""
    return bool(setting(tenant, "allow_key_sharing_between_clients"))


def compliance_level_floor(tenant: Tenant) -> str:
    """The profile that every client meets at least: one of `profiles.FLOORS`."""
    return str(setting(tenant, "compliance_level_floor"))


def requires_proof_nonces(tenant: Tenant) -> bool:
    """Whether every DPoP proof needs a nonce (RFC 9449 8), whoever shows it where."""
    return bool(setting(tenant, "dpop_nonce_required"))


def log_retention_days(tenant: Tenant) -> int:
    """How many days a row of the log is kept."""
    return int(setting(tenant, "log_retention_days"))


def settings_shown(tenant: Tenant) -> Json:
    """Every setting in force, as the Management API shows them; those without a value are left out."""
    shown = {name: setting(tenant, name) for name in SETTINGS}
    flags = {**FLAG_DEFAULTS, **(tenant.settings.get("flags") or {})}
    return {name: value for name, value in {**shown, "flags": flags}.items() if value is not None}


def with_settings(tenant: Tenant, update: Json) -> Tenant:
    """The tenant after an update: merged by setting, and by flag; ``null`` clears. Raises InvalidField."""
    checked = _in_hours(check_update(SETTINGS, update))
    if checked.get("flags") is not None:
        flags = merged(tenant.settings.get("flags") or {}, checked["flags"])
        checked["flags"] = flags or None
    return replace(tenant, settings=merged(tenant.settings, checked))


def _in_hours(update: Json) -> Json:
    """The update with every ``…_in_minutes`` as the setting in hours that it is another name of (auth0.md 4.6).

    Two values for one setting would differ sooner or later: deploy-cli reads hours and writes minutes.
    """
    hours: Json = {}
    for name, value in update.items():
        setting_name = name.removesuffix(_MINUTES)
        if setting_name == name:
            hours[name] = value
        elif setting_name in update:
            raise InvalidField(name, f"This is {setting_name} in minutes: send one of the two", check="settings.twice")
        else:
            hours[setting_name] = value if value is None else _hours(value)
    return hours


def _hours(minutes: int) -> float:
    hours, rest = divmod(minutes, 60)
    return minutes / 60 if rest else hours
