"""Which of a client's registered keys may have signed a JWT, which did, and why the others cannot have. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import islice

from ..clients.credential import PUBLIC_KEY, Credential
from ..clients.dates import iso_from_ms
from ..clients.directory import RegisteredClient
from ..clients.loaded_key import LoadedKey
from ..jose.claims import VerifiedClaims
from ..jose.jwt import UnverifiedJwt, verify
from ..jose.refusals import JwtRefused

TOLD_MAX = 10
"""Keys that a refusal speaks of: as many as a client has by default. The log is not the place for a thousand."""
CANDIDATES_MAX = 10
"""Keys that are tried for one JWT: a stranger sends as many JWTs as he likes, and each key costs a verification."""


def candidates_of(keys: Iterable[LoadedKey], jwt: UnverifiedJwt, now_ms: int) -> list[LoadedKey]:
    """The live keys for the algorithm and ``kid`` of a JWT, in their order; no more than are tried."""
    return list(islice((key for key in keys if unfit_because(key, jwt, now_ms) is None), CANDIDATES_MAX))


def unfit_because(key: LoadedKey, jwt: UnverifiedJwt, now_ms: int) -> str | None:
    """Why this key is not tried; None when it is."""
    credential = key.credential
    if key.algorithm != jwt.alg:
        return "alg"
    if jwt.kid is not None and credential.kid != jwt.kid:
        return "kid"
    return None if credential.is_live(now_ms) else _end_of(credential, now_ms)


def verified_by_one(jwt: UnverifiedJwt, candidates: Sequence[LoadedKey]) -> tuple[VerifiedClaims, LoadedKey]:
    """What was signed, and by which of the candidates, of which there is one at least; raises JwtRefused."""
    *others, last = candidates
    for key in others:
        with suppress(JwtRefused):
            return verify(jwt, key.public_key, key.algorithm), key
    return verify(jwt, last.public_key, last.algorithm), last


def why_not(registered: RegisteredClient, jwt: UnverifiedJwt, now_ms: int) -> list[dict[str, str | None]]:
    """Every key of the client with the reason that rules it out; ``reason`` is empty for one that is tried."""
    by_id = {key.credential.id: key for key in registered.keys}
    told = []
    for credential in registered.credentials:
        if credential.credential_type != PUBLIC_KEY:
            continue
        key = by_id.pop(credential.id, None)
        told.append(told_of(credential, "not_referenced" if key is None else unfit_because(key, jwt, now_ms) or ""))
    return [*told, *_of_sets(registered, islice(by_id, TOLD_MAX), jwt, now_ms)][:TOLD_MAX]


def _of_sets(
    registered: RegisteredClient, ids: Iterable[str], jwt: UnverifiedJwt, now_ms: int
) -> Iterator[dict[str, str | None]]:
    """Keys that are no rows: from the client itself or from its address. One that fits stands before others of its."""
    for id in ids:
        ways = (key for key in registered.keys if key.credential.id == id)
        told = ((key.credential, unfit_because(key, jwt, now_ms) or "") for key in ways)
        yield told_of(*min(told, key=lambda way: bool(way[1])))


def told_of(credential: Credential, reason: str) -> dict[str, str | None]:
    """What a refusal says of one key."""
    return {"credential_id": credential.id, "kid": credential.kid, "alg": credential.alg, "reason": reason}


def about_key_set(registered: RegisteredClient) -> dict[str, object] | None:
    """What is known of the address of the keys or certificates; None where they are not by address."""
    url, record = registered.key_set_urls.get(registered.client.authentication_method), registered.key_set
    if url is None:
        return None
    if record is None:
        return {"url": url}
    return {
        "url": url,
        "fetched_at": iso_from_ms(record.fetched_at_ms) if record.fetched_at_ms is not None else None,
        "last_error": record.last_error,
        "refused": record.refused[:TOLD_MAX],
    }


def _end_of(credential: Credential, now_ms: int) -> str:
    if credential.withdrawn_at_ms is not None:
        return "withdrawn"
    is_early = credential.not_before_ms is not None and now_ms < credential.not_before_ms
    return "not_yet_valid" if is_early else "expired"
