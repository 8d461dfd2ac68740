"""Changing how a client authenticates: the two fields that say it, and what goes along with a change. Pure.

    token_endpoint_auth_method     none | client_secret_post | client_secret_basic
    client_authentication_methods  {private_key_jwt | tls_client_auth | self_signed_tls_client_auth: {credentials}}

Exactly one of them is in force; a change over sets the one and sends the other as null, in one update (auth0.md 2.1).
"""

from __future__ import annotations

from typing import Any

import msgspec

from ..errors import InvalidField
from ..records import Json
from .client import KEY_METHODS, SECRET_METHODS, Client

BY_NAME = "token_endpoint_auth_method"
BY_KEY = "client_authentication_methods"


class Switch(msgspec.Struct, frozen=True, kw_only=True):
    """What follows from a change of the method."""

    update: Json
    """The update, with what the change brings along."""
    ends_secrets: bool = False
    needs_secret: bool = False
    """Secrets begin to count: from before a key method there may be live ones; if not, one is to be issued."""
    told: tuple[str, ...] = ()
    """What was done beside what was asked, field by field, for the caller."""


def check_exclusive(values: Json) -> None:
    """A new client names one of the two at most. Raises InvalidField."""
    if values.get(BY_NAME) is not None and values.get(BY_KEY) is not None:
        raise _exclusive(BY_KEY, BY_NAME)


def switched(client: Client, update: Json, after: Client) -> Switch:
    """What ``update`` (checked) means for a client; ``after`` is the client with the update laid over it."""
    _check_fields(client, update)
    before_method, method = client.authentication_method, after.authentication_method
    if "client_secret" in update and method not in SECRET_METHODS:
        reason = f"The client authenticates by {method}, so it has no client secret"
        raise InvalidField("client_secret", reason, check="switch.secret")
    if method == "none":
        return _to_none(before_method, after, update)
    begins = method in SECRET_METHODS and before_method not in SECRET_METHODS
    return Switch(update=update, needs_secret=begins)


def _check_fields(client: Client, update: Json) -> None:
    check_exclusive(update)
    for mine, other in ((BY_NAME, BY_KEY), (BY_KEY, BY_NAME)):
        sets_mine = update.get(mine) is not None
        if sets_mine and other not in update and client.metadata.get(other) is not None:
            raise _exclusive(mine, other)


def _exclusive(mine: str, other: str) -> InvalidField:
    reason = f"{mine} and {other} exclude one another; to change over send the other as null"
    return InvalidField(mine, reason, check="switch.exclusive")


def _to_none(before_method: str, after: Client, update: Json) -> Switch:
    """A public client proves nothing: no secret, no key method, no client credentials grant (RFC 6749 4.4)."""
    grant_types: list[Any] = list(after.grant_types)
    if "client_credentials" not in grant_types or "grant_types" in update or before_method == "none":
        # If the body itself asks for the grant, `consistency` refuses it.
        return Switch(update=update, ends_secrets=True, told=_ended(before_method))
    grant_types.remove("client_credentials")
    removed = "grant_types: client_credentials was removed"
    return Switch(
        update={**update, "grant_types": grant_types}, ends_secrets=True, told=(*_ended(before_method), removed)
    )


def _ended(before_method: str) -> tuple[str, ...]:
    if before_method in SECRET_METHODS:
        return ("client_secret: the live client secrets were ended",)
    if before_method in KEY_METHODS:
        return ("client_secret: client secrets from before were ended",)
    return ()
