"""What is asked of every server, and how one sees that it does it."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from .target import Target

Requests = Callable[[Target, str, int], Iterator[bytes]]
ES256, RS256, BOUND, OPAQUE = (f"urn:bench:{name}" for name in ("es256", "rs256", "bound", "opaque"))


@dataclass(frozen=True)
class Scenario:
    """One way to show who one is, what one gets for it, and from which API."""

    shows: str
    gets: str
    api: str
    requests: Requests
    is_right: Callable[[dict[str, Any]], bool]
    """Whether an answer is what the scenario says."""
    is_once: bool
    """Whether the very same request must be refused the second time."""


def _kind(answer: dict[str, Any]) -> tuple[str, str]:
    header = answer["access_token"].partition(".")[0]
    return answer["token_type"], json.loads(base64.urlsafe_b64decode(header + "=="))["alg"]


def _is_es256(answer: dict[str, Any]) -> bool:
    return _kind(answer) == ("Bearer", "ES256")


def _is_rs256(answer: dict[str, Any]) -> bool:
    return _kind(answer) == ("Bearer", "RS256")


def _is_bound(answer: dict[str, Any]) -> bool:
    return _kind(answer) == ("DPoP", "ES256")


def _is_active(answer: dict[str, Any]) -> bool:
    return answer["active"] is True


SCENARIOS = (
    Scenario("client_secret", "ES256", ES256, Target.by_secret, _is_es256, is_once=False),
    Scenario("client_secret", "RS256", RS256, Target.by_secret, _is_rs256, is_once=False),
    Scenario("private_key_jwt", "ES256", ES256, Target.by_key, _is_es256, is_once=True),
    Scenario("private_key_jwt", "RS256", RS256, Target.by_key, _is_rs256, is_once=True),
    Scenario("private_key_jwt, DPoP", "ES256, bound", BOUND, Target.by_key_bound, _is_bound, is_once=True),
    Scenario("client_secret", "introspection", OPAQUE, Target.introspecting, _is_active, is_once=False),
)
