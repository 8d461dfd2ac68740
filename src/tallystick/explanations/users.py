"""Refusals of people: accounts, passwords, roles."""

from __future__ import annotations

from .hint import Hint, Hints

_SAID = {
    "password.wrong": "The password is wrong. The person can set a new one by the link on the sign-in page.",
    "password.unknown_user": "There is no account with this address or username in the tenant.",
    "password.not_offered": "The connection's authentication_methods.password is off: passkeys alone let people in.",
    "password.blocked": "The password is right, but an administrator blocked the account: blocked is true.",
    "password.account_attempts": "Too many wrong passwords for the account. The block ends by itself; "
    "DELETE /user-blocks, or a new password, ends it now.",
    "password.address_attempts": "Too many failed attempts from one address: attack-protection has the bounds.",
    "password.breached": "The password is on the list of those that others know. The person needs another one.",
    "password.busy": "More passwords wait to be checked than the worker takes: too many sign-ins at once.",
    "password.list": "The file of breached_passwords cannot be read. Put it back, or take the setting out.",
    "password.too_short": "The password is shorter than the connection demands.",
    "password.too_plain": "The connection's passwordPolicy demands more kinds of characters.",
    "password.repeating": "The connection's passwordPolicy allows no character three times in a row.",
    "password.listed": "The password is in the connection's own dictionary.",
    "password.personal": "The password holds a part of the person's name or address.",
    "password.alternatives": "Give one of password, password_hash and custom_password_hash.",
    "password.import": "The hash is in no form that is read here, or asks for too much work; the answer says why.",
    "sign_up.disabled": "The connection's disable_signup is true, or it takes no passwords: accounts are made by "
    "administrators alone.",
    "user.connection": "The one connection is Username-Password-Authentication.",
    "user.username": "The username is shorter or longer than the connection allows.",
    "user.unique": "Another account of the tenant has the address, the username or the id.",
    "user.fields": "The token's scopes allow app_metadata alone.",
    "role.unique": "A role of this name exists already.",
    "role.limit": "The tenant has as many roles, or somebody has as many roles or permissions, as they may.",
    "role.permission": "The API does not define one of the permissions. Add it to the API's scopes first.",
    "user.metadata_size": "Profile and metadata of a person have too many bytes together.",
}
HINTS: Hints = {check: Hint(says, "") for check, says in _SAID.items()}
