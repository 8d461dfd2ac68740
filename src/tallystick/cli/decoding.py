"""Looking into a JWT, for people. Nothing is verified here, and nothing decided."""

from __future__ import annotations

import json
import sys
from typing import Any

from .exits import Failed
from .moments import in_utc
from .output import console

DATES = ("iat", "nbf", "exp", "auth_time")


def decode(token: str) -> dict[str, Any]:
    """``header`` and ``claims`` of a JWT, unverified; Failed for what is none, such as an opaque token."""
    from ..jose.base64url import decode as base64url_decode

    parts = token.split(".")
    try:
        header, claims = (json.loads(base64url_decode(part)) for part in parts[:2])
    except ValueError as error:
        hint = "what an opaque token says, `tallystick introspect` tells; without --decode the token itself is printed"
        raise Failed("the token is not a JWT, so there is nothing to show", hint=hint) from error
    return {"header": header, "claims": claims}


def print_decoded(decoded: dict[str, Any]) -> None:
    """Header and claims, with dates as people read them."""
    from rich.json import JSON

    for part in ("header", "claims"):
        print(part)
        if sys.stdout.isatty():
            console().print(JSON.from_data(decoded[part], indent=2))
        else:
            print(json.dumps(decoded[part], indent=2, ensure_ascii=False))
    for name in DATES:
        value = decoded["claims"].get(name)
        if isinstance(value, int):
            print(f"{name}  {in_utc(value)}")
