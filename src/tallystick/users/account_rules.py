"""The rules of an account: what a new one is, and what an update makes of it. Pure."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from msgspec.structs import replace

from ..errors import Conflict, InvalidField, NotFound
from ..fields import check_create, check_update
from ..ids import new_user_id
from ..records import Json
from ..tenants.options import ConnectionOptions
from .fields import COLUMNS, MERGED, PROFILE, USER_FIELDS
from .user import DATABASE_CONNECTION, User

PROVIDER = "auth0"
"""What stands before the ``|`` of an id: the provider of accounts kept here, by Auth0's name."""
METADATA_BYTES_MAX = 128 * 1024
"""Profile and both kinds of metadata of one person, as JSON."""


def checked_new(body: Json, options: ConnectionOptions) -> Json:
    """The members of a new account, checked. Raises InvalidField."""
    values = check_create(USER_FIELDS, body)
    check_connection(values["connection"])
    _check_username(values, options)
    return values


def check_connection(name: str) -> None:
    """Raises InvalidField for any but the one there is."""
    if name != DATABASE_CONNECTION:
        raise InvalidField("connection", "The connection does not exist", check="user.connection")


def _check_username(values: Json, options: ConnectionOptions) -> None:
    username = values.get("username")
    if not options.requires_username:
        return
    if username is None:
        raise InvalidField("", "Missing required property: username", check="field.required")
    if not options.username_chars_min <= len(username) <= options.username_chars_max:
        bounds = f"{options.username_chars_min} to {options.username_chars_max}"
        raise InvalidField("username", f"Expected {bounds} characters", check="user.username")


def new_user(tenant_id: str, values: Json, password_hash: str | None, now_ms: int) -> User:
    """The account for checked members. Name and nickname come from the address when nobody gave them, as at Auth0."""
    email = values["email"].lower()
    given = {name: values[name] for name in PROFILE if name in values}
    metadata = {"name": email, "nickname": email.partition("@")[0], **given}
    return _bounded(
        User(
            tenant_id=tenant_id,
            user_id=f"{PROVIDER}|{values['user_id']}" if "user_id" in values else new_user_id(),
            email=email,
            username=_folded(values.get("username")),
            password_hash=password_hash,
            email_verified=values["email_verified"],
            blocked=values["blocked"],
            metadata=metadata,
            password_changed_at_ms=None,
            created_at_ms=now_ms,
            updated_at_ms=now_ms,
        )
    )


def checked_update(body: Json) -> Json:
    """The members of an update, checked. Raises InvalidField."""
    update = check_update(USER_FIELDS, body)
    if "connection" in update:
        check_connection(update["connection"])
    return update


def updated_user(user: User, update: Json, password_hash: str | None, now_ms: int) -> User:
    """The account after a checked update: members left out are kept, ``null`` clears, metadata merges by member."""
    columns = {name: update[name] for name in COLUMNS if name in update}
    for name in ("email", "username"):
        if name in columns:
            columns[name] = _folded(columns[name])
    email = columns.get("email", user.email)
    profile = {name: update[name] for name in PROFILE if name in update}
    for name in MERGED:
        if name in profile:
            profile[name] = _merged(user.metadata.get(name) or {}, profile[name])
    if email != user.email:
        # A new address proves nothing yet; and a name that was only the address goes along.
        columns.setdefault("email_verified", False)
        if user.metadata.get("name") == user.email:
            profile.setdefault("name", email)
    if profile.get("phone_number", user.metadata.get("phone_number")) != user.metadata.get("phone_number"):
        profile.setdefault("phone_verified", False)
    if password_hash is not None:
        columns |= {"password_hash": password_hash, "password_changed_at_ms": now_ms}
    metadata = {name: value for name, value in {**user.metadata, **profile}.items() if value is not None}
    return _bounded(replace(user, **columns, metadata=metadata, updated_at_ms=now_ms))


def _merged(before: Mapping[str, object], update: Mapping[str, object]) -> Json:
    """One level deep; a member set to null is gone, and so is everything by an empty object (Auth0's way)."""
    if not update:
        return {}
    return {name: value for name, value in {**before, **update}.items() if value is not None}


def _folded(name: str | None) -> str | None:
    return None if name is None else name.lower()


def _bounded(user: User) -> User:
    if len(msgspec.json.encode(user.metadata)) > METADATA_BYTES_MAX:
        reason = f"profile and metadata of a person have {METADATA_BYTES_MAX // 1024} KiB at most"
        raise InvalidField("", reason, check="user.metadata_size")
    return user


def user_exists() -> Conflict:
    """The address, the username or the id is another account's."""
    return Conflict("The user already exists.", error_code="auth0_idp_error", check="user.unique")


def no_such_user() -> NotFound:
    """There is no such account."""
    return NotFound("The user does not exist.", error_code="inexistent_user")
