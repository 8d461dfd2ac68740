"""What an API says when it refuses: the challenges of ``WWW-Authenticate`` (RFC 9110 11.6.1), read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

HEADER = "www-authenticate"
_TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"  # noqa: S105  # RFC 9110 5.6.2
_QUOTED = r'"(?:[^"\\]|\\.)*"'
_PARAMETER = re.compile(rf"\s*({_TOKEN})\s*=\s*({_TOKEN}|{_QUOTED})\s*(?:,|$)")
_SCHEME = re.compile(rf"[\s,]*({_TOKEN})(?:\s+([A-Za-z0-9._~+/-]+=*)\s*(?=,|$)|\s+|\s*(?=,|$))")
_ESCAPED = re.compile(r"\\(.)")
_SECONDS = re.compile(r"[0-9]{1,9}")
_STEP_UP = ("acr_values", "max_age")


@dataclass(frozen=True, slots=True)
class Challenge:
    """One way to authenticate, or why the one that was tried did not do. ``scheme`` is lower case."""

    scheme: str
    parameters: Mapping[str, str]

    @property
    def error(self) -> str:
        """Its ``error``, empty without one."""
        return self.parameters.get("error", "")


def challenges_in(headers: Mapping[str, str]) -> tuple[Challenge, ...]:
    """The challenges of an answer, its header names in lower case. What cannot be read is left out."""
    text = headers.get(HEADER, "")
    found: list[Challenge] = []
    at = 0
    while scheme := _SCHEME.match(text, at):
        at = scheme.end()
        parameters: dict[str, str] = {}
        while parameter := _PARAMETER.match(text, at):
            at = parameter.end()
            parameters.setdefault(parameter[1].lower(), _unquoted(parameter[2]))
        found.append(Challenge(scheme[1].lower(), parameters))
    return tuple(found)


def step_up_of(headers: Mapping[str, str]) -> dict[str, str]:
    """The parameters with which to send the person to sign in again, as the API wants it (RFC 9470 4).

    Empty when the answer asks for nothing of that kind; what means nothing, such as a ``max_age`` that is no number, is
    left out.
    """
    for challenge in challenges_in(headers):
        if challenge.error == "insufficient_user_authentication":
            return {name: value for name in _STEP_UP if _means(name, value := challenge.parameters.get(name, ""))}
    return {}


def _means(name: str, value: str) -> bool:
    return _SECONDS.fullmatch(value) is not None if name == "max_age" else bool(value)


def _unquoted(value: str) -> str:
    return _ESCAPED.sub(r"\1", value[1:-1]) if value.startswith('"') else value
