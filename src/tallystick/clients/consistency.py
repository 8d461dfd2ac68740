"""Rules across the fields of a client, which single rows of the table cannot say. Pure; asked of every client kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ..errors import InvalidField
from ..jose.encryption_algorithms import algs_of
from ..records import Json
from .chosen_encryption import ENCRYPTED, alg_field, chosen_alg, enc_field
from .client import Client
from .credential import Credential
from .inline_keys import InlineKey
from .sector import PAIRWISE, sector_of, subject_type_of
from .urls import check_callback
from .usage import holder_path_of

_REQUESTS = "signed_request_object"
_FIXED_IF_GLOBAL = (
    "name",
    "app_type",
    "grant_types",
    "token_endpoint_auth_method",
    "client_authentication_methods",
    "signed_request_object",
    "response_encryption",
    "client_secret",
)
"""Tools find the global client by its name, and it can prove nothing: it carries the shared login page."""


def check_client(client: Client) -> None:
    """Raise InvalidField for the first rule that the client breaks."""
    for check in _CHECKS:
        check(client)


def _check_public(client: Client) -> None:
    # RFC 6749 4.4: the client credentials grant MUST only be used by confidential clients.
    if not client.is_confidential and "client_credentials" in client.grant_types:
        reason = "Invalid grant types: client_credentials, since the client does not authenticate"
        raise InvalidField("grant_types", reason, check="client.none_grants")


def _check_callbacks(client: Client) -> None:
    native = client.app_type == "native"
    for name in ("callbacks", "allowed_logout_urls"):
        for index, url in enumerate(client.metadata.get(name) or ()):
            try:
                check_callback(url, native=native)
            except ValueError as problem:
                raise InvalidField(f"{name}[{index}]", str(problem), check="client.callback") from None


def _check_resource_server(client: Client) -> None:
    stands_for_api = client.app_type == "resource_server"
    if stands_for_api != ("resource_server_identifier" in client.metadata):
        reason = "resource_server_identifier and app_type resource_server go together"
        raise InvalidField("resource_server_identifier", reason, check="client.resource_server")


def _check_sector(client: Client) -> None:
    if subject_type_of(client) != PAIRWISE:
        return
    try:
        sector_of(client)
    except ValueError as problem:
        raise InvalidField("subject_type", str(problem), check="client.sector") from None


def _check_encryption(client: Client) -> None:
    for what in ENCRYPTED:
        alg, enc = alg_field(what), enc_field(what)
        if client.metadata.get(alg) is None and client.metadata.get(enc) is not None:
            # OpenID Connect Registration 2: when the enc is included, the alg must be too.
            raise InvalidField(enc, f"{alg} is missing", check="client.encryption_alg")
        if client.metadata.get(alg) is not None and "response_encryption" not in client.metadata:
            raise InvalidField(alg, "response_encryption with a key for it is missing", check="client.encryption_alg")


def _check_addresses(client: Client) -> None:
    # One key, one usage: a set for both would have every key serve both.
    url, method = client.jwks_uri(_REQUESTS), client.key_method
    if url is not None and method is not None and url == client.jwks_uri(method):
        reason = f"This address already serves {method}; use one key for one usage"
        raise InvalidField(f"{holder_path_of(_REQUESTS)}.jwks_uri", reason, check="keys.address_shared")


_CHECKS: tuple[Callable[[Client], None], ...] = (
    _check_public,
    _check_callbacks,
    _check_resource_server,
    _check_sector,
    _check_encryption,
    _check_addresses,
)


def check_algorithms(client: Client, own: dict[str, Credential], inline: Sequence[InlineKey] = ()) -> None:
    """Whoever wants answers encrypted has registered a key for that. What a profile demands: `profile_fit`."""
    rows = [own[credential_id] for credential_id in client.credential_ids("response_encryption")]
    encrypting = {alg for row in rows for alg in algs_of(row.alg or "")}
    encrypting |= {known for one in inline if one.key.use == "enc" for alg in one.key.algs for known in algs_of(alg)}
    for what in ENCRYPTED:
        alg = chosen_alg(client, what)
        if alg is not None and client.jwks_uri("response_encryption") is None and alg not in encrypting:
            raise InvalidField(
                alg_field(what), f"response_encryption has no key for {alg}", check="client.encryption_alg"
            )


def check_global(before: Client, update: Json) -> None:
    """What stays as it is with the client that every tenant has (auth0.md 4.3). Raises InvalidField."""
    if not before.is_global:
        return
    now = {**before.metadata, "name": before.name, "app_type": before.app_type}
    for name in _FIXED_IF_GLOBAL:
        if update.get(name, now.get(name)) != now.get(name):
            raise InvalidField(name, "The global client keeps this as it is", check="client.global")
