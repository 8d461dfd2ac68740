"""``/attack-protection`` and ``/branding`` (auth0.md 7.4): documents that are read and patched whole."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from ..tenants.option import BRANDING, BREACHED_PASSWORD_DETECTION, BRUTE_FORCE_PROTECTION, SUSPICIOUS_IP_THROTTLING
from ..tenants.option_fields import OPTION_FIELDS
from ..tenants.option_registry import OptionRegistry
from .call import Answer, Call, Route
from .description import Body, Shown, kept

_PROTECTIONS: Mapping[str, tuple[str, str]] = {
    BRUTE_FORCE_PROTECTION: ("BruteForceProtection", "how wrong passwords for an account are counted"),
    SUSPICIOUS_IP_THROTTLING: ("SuspiciousIpThrottling", "how attempts from an address are counted"),
    BREACHED_PASSWORD_DETECTION: ("BreachedPasswordDetection", "what happens to a password that others know"),
}
"""Document → the name of its schema, and what it says."""


class AttackProtectionResource:
    """The three documents of attack protection."""

    def __init__(self, options: OptionRegistry) -> None:
        self._options = options

    def routes(self) -> tuple[Route, ...]:
        """Its rows of the route table."""
        return tuple(
            route
            for name, (schema, about) in _PROTECTIONS.items()
            for route in document_routes(
                self._options, name, f"/attack-protection/{name}", schema, about, "attack_protection"
            )
        )


class BrandingResource:
    """How the pages look."""

    def __init__(self, options: OptionRegistry) -> None:
        self._options = options

    def routes(self) -> tuple[Route, ...]:
        """Its rows of the route table."""
        return document_routes(self._options, BRANDING, "/branding", "Branding", "how the pages look", "branding")


def document_routes(
    options: OptionRegistry, name: str, path: str, schema: str, about: str, noun: str
) -> tuple[Route, ...]:
    """GET and PATCH of one document. ``noun`` is the resource in scopes."""
    table = OPTION_FIELDS[name]
    optional = tuple(row.name for row in table.values() if not isinstance(row.default, bool | str | int | list | dict))
    shown = Shown(schema, kept(table), optional=optional)
    return (
        Route("GET", path, partial(_get, options, name), (f"read:{noun}",), f"Get {about}", answers={200: shown}),
        Route(
            "PATCH",
            path,
            partial(_update, options, name),
            (f"update:{noun}",),
            f"Say {about}; null brings the default back",
            body=Body(f"Update{schema}", table, update=True),
            answers={200: shown},
        ),
    )


async def _get(options: OptionRegistry, name: str, call: Call) -> Answer:
    return Answer(200, await options.document(call.tenant.tenant_id, name))


async def _update(options: OptionRegistry, name: str, call: Call) -> Answer:
    return Answer(200, await options.update(call.tenant.tenant_id, name, call.body, call.now_ms, call.event))
