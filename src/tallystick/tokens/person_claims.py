"""Which claims of a person go where: by scope, and by the ``claims`` parameter (OpenID Connect Core 5.4, 5.5). Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from ..records import Json
from ..users.claims import CLAIMS_BY_SCOPE

OFFLINE_ACCESS = "offline_access"
OPENID = "openid"
OPENID_SCOPES = (OPENID, *CLAIMS_BY_SCOPE, OFFLINE_ACCESS)
"""Scopes that are about the person, whichever API is asked for beside."""
ID_TOKEN, USERINFO = "id_token", "userinfo"
"""The members of the parameter."""


def claims_by_scope(person: Json, scopes: Collection[str]) -> Json:
    """What the scopes ask for, as far as the person has it."""
    return _picked(person, (name for scope, names in CLAIMS_BY_SCOPE.items() if scope in scopes for name in names))


def claims_requested(person: Json, parameter: Mapping[str, object], member: str) -> Json:
    """What a member of the ``claims`` parameter asks for by name, as far as the person has it; unknown ones are none.

    Core 5.5.1: that a claim is essential, or which value it should have, never stops the answer; it has the value that
    is true. ``sub`` and ``acr`` are judged where the request is (`authorization`).
    """
    asked = parameter.get(member)
    return _picked(person, asked) if isinstance(asked, dict) else {}


def _picked(person: Json, names: Iterable[object]) -> Json:
    return {name: person[name] for name in names if isinstance(name, str) and name in person}
