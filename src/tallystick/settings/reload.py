"""What a reload makes of settings that were read again: live ones change, the others wait for a restart."""

from __future__ import annotations

import msgspec

from .checks import checked
from .settings import Settings
from .table import FIELDS, LIVE


class Reloaded(msgspec.Struct, frozen=True, kw_only=True):
    """What a running server makes of settings that were read again."""

    settings: Settings
    changed: tuple[str, ...]
    """Names of live settings that are otherwise now."""
    needs_restart: tuple[str, ...]
    """Names of the others that were changed; the settings still have the old values."""


def reloaded(current: Settings, wanted: Settings) -> Reloaded:
    """``current`` with every live setting of ``wanted``; raises StartupError when the mixture makes no sense."""
    different = [field for field in FIELDS if getattr(current, field.name) != getattr(wanted, field.name)]
    changed = {field.name: getattr(wanted, field.name) for field in different if field.name in LIVE}
    return Reloaded(
        settings=checked(msgspec.structs.replace(current, **changed)),
        changed=tuple(changed),
        needs_restart=tuple(field.name for field in different if field.name not in LIVE),
    )
