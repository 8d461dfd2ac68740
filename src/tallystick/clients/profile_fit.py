"""Whether a client can meet its profile: asked of every client that is kept, and answered field by field. Pure.

    WRONG    the profile would refuse this at every use
    LACKING  something is missing without which nothing works, such as a live key
    IDLE     it stands there and counts for nothing

A client that takes up a profile must meet all of it but what is idle. Later a change is refused for what it makes
*worse*: what was wrong before (a floor that the tenant set since, a key that ended) is told as a warning, so that a
client can be mended step by step, and a key that was lost can always be taken out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import msgspec

from ..errors import InvalidField
from ..jose.algorithms import algorithms_for, canonical_alg
from ..profiles import ALL_METHODS, Profile
from ..records import Json
from .chosen_algs import FIELDS, chosen_alg, request_object_alg
from .client import CERTIFICATE_USAGE, KEY_METHODS, Client
from .credential import Credential
from .set_key import stored_keys
from .usage import holder_path_of, path_of

WRONG, LACKING, IDLE = "wrong", "lacking", "idle"
BY_PERSON = frozenset({"authorization_code", "implicit"})
"""Grants that begin at the authorization endpoint: who has none of them signs no request."""
_LEVEL = "compliance_level"


class Problem(msgspec.Struct, frozen=True):
    """One thing about a client that does not go with its profile."""

    weight: str
    path: str
    """The field, as ``a.b[0]``."""
    reason: str

    def __str__(self) -> str:
        return f"{self.path}: {self.reason}"


class Fitted(msgspec.Struct, frozen=True, kw_only=True):
    """A client with what its problems depend on."""

    client: Client
    profile: Profile
    own: Mapping[str, Credential]
    """Its credentials that are not withdrawn, by id."""
    now_ms: int

    def problems(self) -> tuple[Problem, ...]:
        """Every problem, in the order of the table."""
        if self.client.is_global:
            return ()
        return tuple(problem for find in _FINDERS for problem in find(self))


def check_fit(after: Fitted, before: Fitted | None = None) -> tuple[str, ...]:
    """What is told of the client beside what was asked; raises InvalidField where it must not be kept so.

    ``before``: the client as it is in the database; None for a new one.
    """
    known = before.problems() if before is not None else ()
    takes_up = before is None or before.client.compliance_level != after.client.compliance_level
    problems = after.problems()
    refused = [
        problem
        for problem in problems
        if problem not in known and (problem.weight == WRONG or (problem.weight == LACKING and takes_up))
    ]
    if len(refused) == 1:
        raise InvalidField(refused[0].path, refused[0].reason, check="client.profile")
    if refused:
        reason = f"{after.profile.name} cannot be met: {'; '.join(map(str, refused))}"
        raise InvalidField(_LEVEL, reason, check="client.profile", problems=[one.path for one in refused])
    return tuple(map(str, problems))


def _method(fitted: Fitted) -> Iterator[Problem]:
    profile, method = fitted.profile, fitted.client.authentication_method
    if method not in profile.authentication_methods:
        reason = f"{profile.name} allows the authentication methods {_listed(profile.authentication_methods)}"
        yield Problem(WRONG, "client_authentication_methods", f"{reason}, not {method}")


def _authentication_keys(fitted: Fitted) -> Iterator[Problem]:
    method, profile = fitted.client.authentication_method, fitted.profile
    # A profile that leaves the method to the client leaves the rest to it too: it may get its first key later.
    if profile.authentication_methods >= ALL_METHODS:
        return
    if method not in KEY_METHODS or method not in profile.authentication_methods:
        return
    yield from _wrong_keys(fitted, method, profile.assertion_algs)
    if not _has_live(fitted, method, profile.assertion_algs):
        yield Problem(LACKING, holder_path_of(method), f"{profile.name} needs a live credential here")


def _signing_keys(fitted: Fitted) -> Iterator[Problem]:
    usage, profile = "signed_request_object", fitted.profile
    yield from _wrong_keys(fitted, usage, profile.request_object_algs)
    narrowed = request_object_alg(fitted.client)
    if narrowed is not None and narrowed not in profile.request_object_algs:
        yield Problem(WRONG, "request_object_signing_alg", _other_algs(profile, profile.request_object_algs, narrowed))
    signs_in = BY_PERSON.intersection(fitted.client.grant_types)
    if profile.requires_signed_request and signs_in and not _has_live(fitted, usage, profile.request_object_algs):
        algs = _listed(profile.request_object_algs)
        yield Problem(LACKING, usage, f"{profile.name} wants signed requests, so a live key for {algs} is needed here")


def _callbacks(fitted: Fitted) -> Iterator[Problem]:
    for index, url in enumerate(fitted.client.metadata.get("callbacks") or ()):
        if not fitted.profile.allows_callback(url):
            yield Problem(WRONG, f"callbacks[{index}]", f"{fitted.profile.name} allows https alone")


def _response_algs(fitted: Fitted) -> Iterator[Problem]:
    for field in FIELDS:
        chosen, allowed = chosen_alg(fitted.client, field), fitted.profile.signing_algs
        if chosen is not None and canonical_alg(chosen) not in allowed:
            yield Problem(WRONG, field, _other_algs(fitted.profile, allowed, chosen))


def _grants(fitted: Fitted) -> Iterator[Problem]:
    if "implicit" in fitted.client.grant_types and not fitted.profile.has_front_channel:
        yield Problem(IDLE, "grant_types", f"{fitted.profile.name} has the response type code alone, without implicit")


def _mechanism(fitted: Fitted) -> Iterator[Problem]:
    demanded = fitted.profile.sender_constraint
    if demanded is not None and not demanded:
        reason = f"{fitted.profile.name} and the tenant's floor bind tokens by different mechanisms"
        yield Problem(WRONG, _LEVEL, reason)


_FINDERS: tuple[Callable[[Fitted], Iterator[Problem]], ...] = (
    _method,
    _authentication_keys,
    _signing_keys,
    _callbacks,
    _response_algs,
    _grants,
    _mechanism,
)


def _wrong_keys(fitted: Fitted, usage: str, allowed: frozenset[str]) -> Iterator[Problem]:
    """Keys of which no use would be taken. What an address publishes is judged when it is fetched."""
    for index, credential_id in enumerate(fitted.client.credential_ids(usage)):
        alg = fitted.own[credential_id].alg
        if alg is not None and alg not in allowed:
            yield Problem(WRONG, f"{path_of(usage)}[{index}]", _other_algs(fitted.profile, allowed, alg))
    for index, jwk in enumerate(_inline(fitted.client, usage)):
        algs = _algs_of(jwk)
        if not allowed.intersection(algs):
            path = f"{holder_path_of(usage)}.jwks.keys[{index}]"
            yield Problem(WRONG, path, _other_algs(fitted.profile, allowed, _listed(algs)))


def _has_live(fitted: Fitted, usage: str, allowed: frozenset[str]) -> bool:
    """Whether anything can be proven with: a key by address may be there, so it counts."""
    client = fitted.client
    if client.jwks_uri(usage) is not None:
        return True
    if usage == CERTIFICATE_USAGE and _has_valid_certificate(fitted):
        return True
    rows: Sequence[Credential] = [fitted.own[id] for id in client.credential_ids(usage)]
    uploaded = any(row.is_live(fitted.now_ms) and (row.alg is None or row.alg in allowed) for row in rows)
    return uploaded or any(allowed.intersection(_algs_of(jwk)) for jwk in _inline(client, usage))


def _has_valid_certificate(fitted: Fitted) -> bool:
    """Whether one stands in the client itself; one that begins later counts too."""
    keys = stored_keys(fitted.client.inline_keys(CERTIFICATE_USAGE), client_id=fitted.client.client_id)
    return any(key.certificate is not None and fitted.now_ms < key.certificate.not_after_ms for key in keys)


def _inline(client: Client, usage: str) -> list[Json]:
    """Keys that are judged by their algorithm: what a certificate is signed with says nothing about the client."""
    return [] if usage == CERTIFICATE_USAGE else client.inline_keys(usage)


def _algs_of(jwk: Json) -> tuple[str, ...]:
    named = canonical_alg(jwk.get("alg"))
    return (named,) if named is not None else algorithms_for(str(jwk.get("kty")), jwk.get("crv"))


def _other_algs(profile: Profile, allowed: Iterable[str], shown: str) -> str:
    return f"{profile.name} allows the algorithms {_listed(allowed)}, not {shown}"


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)) or "none"
