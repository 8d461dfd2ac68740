"""What a value of client metadata must be beyond its type. Each check raises ValueError with what is wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from . import metadata_types as types
from .client import SOURCED_USAGES
from .key_sources import check_source
from .urls import check_https


def each(check: Callable[[str], None]) -> Callable[[Iterable[str]], None]:
    """The check for a list of what ``check`` is for."""

    def check_all(values: Iterable[str]) -> None:
        for value in values:
            check(value)

    return check_all


def one_of(known: Iterable[str], what: str) -> Callable[[str], None]:
    """A check that takes the ``known`` values; ``what`` begins the refusal of any other."""
    values = frozenset(known)

    def check(value: str) -> None:
        if value not in values:
            raise ValueError(f"{what}: {value[:100]}")

    return check


check_app_type = one_of(types.APP_TYPES, "Unknown application type")
check_app_types = each(check_app_type)


def check_name(name: str) -> None:
    """Printable, and no markup."""
    if "<" in name or ">" in name or not name.strip() or not name.isprintable():
        raise ValueError("A name is printable, without < and >")


def check_grant_types(values: list[str]) -> None:
    """Known ones, each once."""
    unknown = [value[:100] for value in values if value not in types.GRANT_TYPES]
    if unknown or len(set(values)) != len(values):
        raise ValueError(f"Invalid grant types: {', '.join(unknown) or 'one stands twice'}")


def check_client_metadata(values: dict[str, str | None]) -> None:
    """Auth0's limits."""
    if len(values) > 10:
        raise ValueError("Client metadata has at most 10 keys")
    if any(not key or len(key) > 255 or (value is not None and len(value) > 255) for key, value in values.items()):
        raise ValueError("Keys and values of client metadata have at most 255 characters")


def check_one_method(methods: dict[str, Any]) -> None:
    """One method, with its keys from one source."""
    if len(methods) != 1:
        raise ValueError("Exactly one authentication method is expected")
    for method in SOURCED_USAGES:
        if method in methods:
            check_source(method)(methods[method])


def check_logout_urls(settings: dict[str, Any]) -> None:
    """https, without a fragment (OpenID Connect Back-Channel Logout 1.0, 2.2)."""
    for url in settings.get("backchannel_logout_urls", ()):
        check_https(url)


def check_refresh_token(settings: dict[str, Any]) -> None:
    """A token that rotates expires."""
    if settings["rotation_type"] == "rotating" and settings["expiration_type"] != "expiring":
        raise ValueError("Rotating refresh tokens must be expiring")


def check_no_quota(value: Any) -> None:
    """None is taken: kept without being enforced, a quota would promise what nobody holds."""
    raise ValueError("token quotas are not supported")
