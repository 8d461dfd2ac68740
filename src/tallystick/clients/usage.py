"""One key, one usage: which kinds of credential serve which usage, and who may hold a key at all. Pure.

A key that signs both client assertions and request objects lets the one pass for the other; a key that two
applications hold proves neither. The identity of a key is the SHA-256 of its SubjectPublicKeyInfo, whatever wraps it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from ..errors import Conflict, InvalidField
from ..jose.encryption_algorithms import KEY_ALGS
from .actor import Actor
from .client import KEY_METHODS, OTHER_USAGES, Client
from .credential import PUBLIC_KEY, SUBJECT_TYPES, X509_CERT, Credential

USAGE_TYPES: dict[str, tuple[str, ...]] = {
    "private_key_jwt": (PUBLIC_KEY,),
    "tls_client_auth": SUBJECT_TYPES,
    "self_signed_tls_client_auth": (X509_CERT,),
    "signed_request_object": (PUBLIC_KEY,),
    "response_encryption": (PUBLIC_KEY,),
    "token_vault_privileged_access": (PUBLIC_KEY,),
}
"""Usage → types of credential that serve it (auth0.md 3.4)."""
ENCRYPTION_USAGES = frozenset({"response_encryption"})
"""Usages whose keys are encrypted to; any other verifies signatures."""
_WRONG_ALG = {
    True: "A key that is encrypted to needs an alg for that, such as RSA-OAEP-256 or ECDH-ES",
    False: "The key's alg is for encryption; here a key for signatures is needed",
}


def use_of_usage(usage: str) -> str:
    """What the keys of a usage are for: ``sig`` or ``enc``."""
    return "enc" if usage in ENCRYPTION_USAGES else "sig"


def path_of(usage: str) -> str:
    """Where the references of a usage stand in a client's body."""
    return f"{holder_path_of(usage)}.credentials"


def holder_path_of(usage: str) -> str:
    """Where a usage itself stands in a client's body."""
    return f"client_authentication_methods.{usage}" if usage in KEY_METHODS else usage


def references(client: Client) -> Iterator[tuple[str, str, str]]:
    """(usage, credential id, path in the body) for every reference of the client."""
    for usage in (*KEY_METHODS, *OTHER_USAGES):
        for index, credential_id in enumerate(client.credential_ids(usage)):
            yield usage, credential_id, f"{path_of(usage)}[{index}]"


def check_references(client: Client, own: Mapping[str, Credential]) -> dict[str, str]:
    """Every reference names a credential of the client, of a type that serves, whose key serves nothing else.

    By ``key_sha256`` the usage that each key serves.

    ``own``: the client's credentials that are not withdrawn, by id. Raises InvalidField.
    """
    seen: set[tuple[str, str]] = set()
    usage_of_key: dict[str, str] = {}
    for usage, credential_id, path in references(client):
        credential = own.get(credential_id)
        if credential is None:
            raise InvalidField(path, "The credential does not exist", check="credential.reference")
        if credential.credential_type not in USAGE_TYPES[usage]:
            wanted = ", ".join(USAGE_TYPES[usage])
            raise InvalidField(path, f"The credential_type must be one of: {wanted}", check="credential.type")
        if credential.alg is not None and (credential.alg in KEY_ALGS) != (usage in ENCRYPTION_USAGES):
            raise InvalidField(path, _WRONG_ALG[usage in ENCRYPTION_USAGES], check="credential.alg")
        if (usage, credential_id) in seen:
            raise InvalidField(path, "The credential stands twice in the list", check="credential.twice")
        seen.add((usage, credential_id))
        if credential.key_sha256 is not None:
            other = usage_of_key.setdefault(credential.key_sha256, usage)
            if other != usage:
                raise _serves(path, other)
    return usage_of_key


def check_shared_keys(
    client: Client, own: Mapping[str, Credential], others: Sequence[Credential], clients: Mapping[str, Client]
) -> None:
    """Where applications may share keys: a shared key must serve the same usage at each. Raises InvalidField.

    ``others``: credentials of other clients over the same keys; ``clients``: those clients by id.
    """
    usage_elsewhere = {
        (other.key_sha256, usage)
        for other in others
        if other.client_id in clients
        for usage, credential_id, _ in references(clients[other.client_id])
        if credential_id == other.id
    }
    for usage, credential_id, path in references(client):
        for key, other_usage in usage_elsewhere:
            if key == own[credential_id].key_sha256 and other_usage != usage:
                raise _serves(path, other_usage)


def _serves(path: str, other_usage: str) -> InvalidField:
    reason = f"The key of this credential already serves {other_usage}; use one key for one usage"
    return InvalidField(path, reason, check="credential.key_usage")


def check_key_free(
    new: Credential, holders: Iterable[Credential], actor: Actor, *, sharing_allowed: bool, allow_withdrawn: bool
) -> None:
    """Whether the key of a new credential may be taken up. Raises :class:`errors.Conflict`.

    ``holders``: every credential of the tenant over the same key, withdrawn ones included.
    """
    holders = list(holders)
    held = [holder for holder in holders if holder.withdrawn_at_ms is None]
    for holder in held:
        if holder.client_id == new.client_id:
            _check_renewal(new, holder, actor)
        elif not sharing_allowed:
            raise held_elsewhere(holder, actor)
    # A key may have been withdrawn because it was lost: who takes it up again must say so.
    renews = any(holder.client_id == new.client_id for holder in held)
    if not allow_withdrawn and not renews and any(holder.withdrawn_at_ms is not None for holder in holders):
        raise Conflict(
            "This key was withdrawn before. Send allow_withdrawn_key: true if it is to be used again.",
            error_code="credential_withdrawn",
            check="credential.key_withdrawn",
        )


def _check_renewal(new: Credential, holder: Credential, actor: Actor) -> None:
    """A renewed certificate over the same key is welcome: another certificate, for the same usage."""
    if new.credential_type == holder.credential_type == X509_CERT and new.thumbprint_sha256 != holder.thumbprint_sha256:
        return
    named = f": {holder.id}" if actor.sees_credentials else ""
    raise Conflict(
        f"The application already holds this key in a credential{named}.",
        error_code="credential_conflict",
        check="credential.key_held",
        credential_id=holder.id,
    )


def held_elsewhere(holder: Credential, actor: Actor) -> Conflict:
    """The refusal of a key that another application holds; it says as much as the caller may see."""
    who = f"The application {holder.client_id}" if actor.sees_clients else "Another application of the tenant"
    which = f" in the credential {holder.id}" if actor.sees_clients and actor.sees_credentials else ""
    return Conflict(
        f"{who} already holds this key{which}.",
        error_code="credential_conflict",
        check="credential.key_held_elsewhere",
        client_id=holder.client_id,
        credential_id=holder.id,
    )
