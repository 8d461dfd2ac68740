"""One challenge of ``WWW-Authenticate`` (RFC 9110 11.6.1)."""

from __future__ import annotations

import re

_ODD = re.compile(r"[^\x20-\x7e]")


def challenge(scheme: str, **parameters: object) -> str:
    """``scheme name="value", …``; a parameter that is None is left out.

    Values are quoted strings (RFC 9110 5.6.4); a character that no header can hold becomes a question mark, so that
    nothing of a value can end the line.
    """
    quoted = ", ".join(f'{name}="{_escaped(str(value))}"' for name, value in parameters.items() if value is not None)
    return f"{scheme} {quoted}" if quoted else scheme


def _escaped(value: str) -> str:
    return _ODD.sub("?", value).replace("\\", "\\\\").replace('"', '\\"')
