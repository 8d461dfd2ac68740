"""Refusals of the table of checks: each in the form of RFC 6749 4.1.2.1."""

from __future__ import annotations

import re

from ..errors import OAuthError

_NOT_DESCRIBABLE = re.compile(r"[^\x20\x21\x23-\x5b\x5d-\x7e]")
"""RFC 6749 4.1.2.1: what an ``error_description`` may not hold."""
NAMED_CHARS_MAX = 200


def refuse(code: str, description: str, *, check: str, **evidence: object) -> OAuthError:
    """The refusal."""
    return OAuthError(code, description, check=check, **evidence)


def named(value: str) -> str:
    """What a stranger sent, as far as a description may repeat it."""
    return _NOT_DESCRIBABLE.sub("?", value[:NAMED_CHARS_MAX])
