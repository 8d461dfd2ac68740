"""One challenge of ``WWW-Authenticate`` (RFC 9110 11.6.1): in which scheme a token is wanted, and what was wrong."""

from __future__ import annotations

import re
from collections.abc import Mapping

from .algorithms import DPOP_ALGS, dpop_alg_names
from .possession import BEARER, DPOP_SCHEME

SPELLED = {BEARER: "Bearer", DPOP_SCHEME: "DPoP"}
"""The schemes, as they are written."""
_TELL_ALGS = frozenset({DPOP_SCHEME})
_ODD = re.compile(r"[^\x20-\x7e]")


def challenge(scheme: str, parameters: Mapping[str, str], algs: frozenset[str] = DPOP_ALGS) -> str:
    """``Scheme name="value", …``; a parameter that is empty is left out, and DPoP also says ``algs`` (RFC 9449 7.1).

    Values are quoted strings (RFC 9110 5.6.4); a character that no header can hold becomes a question mark, so that
    nothing of a value can end the line.
    """
    said = {**parameters, "algs": " ".join(dpop_alg_names(algs))} if scheme in _TELL_ALGS else parameters
    quoted = ", ".join(f'{name}="{_escaped(value)}"' for name, value in said.items() if value)
    return f"{SPELLED[scheme]} {quoted}".rstrip()


def _escaped(value: str) -> str:
    return _ODD.sub("?", value).replace("\\", "\\\\").replace('"', '\\"')
