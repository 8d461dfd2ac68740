"""The diagnosis: what this server would do with what a client would send, rule by rule. Decides and spends nothing.

The rules are the very tables that `private_key_jwt` and the mTLS methods decide by; before and behind them stand the
steps that `authenticate` takes, as rules of their own. Rules that can still be decided after one has failed are, since
whoever debugs wants to hear of all that is wrong at once; the first that failed is the one that would refuse.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from ..clients.client import CERTIFICATE_USAGE, Client
from ..clients.client_keys import ClientKeys
from ..clients.credential import PUBLIC_KEY, Credential
from ..clients.directory import AuthoritySet, ClientDirectory, RegisteredClient
from ..clients.secrets import SecretHasher
from ..errors import Refused
from ..jose.jwt import parse
from ..jose.refusals import JwtRefused
from ..jose.shown import shown_jwt
from ..onetime import OneTimeLook
from ..records import Records
from ..rules import FAILED, PASSED, UNDECIDED, Outcome, Rule, judge, outcome
from ..tenants.tenant import Tenant
from . import private_key_jwt
from .assertion import AssertionWalk
from .authenticate import CLIENT_ID, method_for
from .method import ClientAuthenticationFailed, Evidence
from .presented import ASSERTION_BYTES_MAX, JWT_BEARER, Presented, PresentedAssertion, presented
from .registered_keys import about_key_set, why_not

HEADER_CHECKS = frozenset({"jwt.alg", "jwt.crit", "jwt.b64", "jwt.zip", "jwt.kid", "jwt.typ", "jwt.cty"})
"""Checks of the JWT's envelope that are about its header."""


class Diagnosis(msgspec.Struct, kw_only=True):
    """Every rule with what became of it, and what was found beside."""

    outcomes: list[Outcome]
    registered: RegisteredClient | None = None
    about: dict[str, Any] = {}
    """What people want to see beside the rules; no secret, and of a JWT only what `jose.shown` shows."""


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked about."""

    tenant: Tenant
    """As the host shows it that the client would speak to."""
    client_id: str | None
    endpoint_urls: tuple[str, ...]
    now_ms: int


class EntryWalk(msgspec.Struct, kw_only=True):
    """How far something got before its method looks at it."""

    assertion: str = ""
    client_id: str | None = None
    malformed: JwtRefused | None = None
    shown: Presented | None = None
    mismatch: str | None = None


class Clients:
    """Loads what a diagnosis looks at; as the token endpoint does, and more."""

    def __init__(self, directory: ClientDirectory, client_keys: ClientKeys, records: Records) -> None:
        self._directory = directory
        self._client_keys = client_keys
        self._records = records

    async def find(self, tenant_id: str, client_id: str) -> RegisteredClient | None:
        """The client as the token endpoint knows it."""
        if not CLIENT_ID.fullmatch(client_id):
            return None
        return await self._directory.find(tenant_id, client_id)

    async def with_keys(self, registered: RegisteredClient, kid: str | None, now_ms: int) -> RegisteredClient:
        """The client with its keys by address, for which that may have to be asked."""
        if "private_key_jwt" not in registered.key_set_urls:
            return registered
        return await self._client_keys.with_keys(registered, kid, now_ms)

    async def with_certificates(self, registered: RegisteredClient, thumbprint: str, now_ms: int) -> RegisteredClient:
        """The same for its certificates."""
        if CERTIFICATE_USAGE not in registered.key_set_urls:
            return registered
        return await self._client_keys.with_certificates(registered, thumbprint, now_ms)

    async def authorities(self, tenant_id: str, registered: RegisteredClient | None) -> AuthoritySet:
        """The tenant's authorities."""
        return await self._directory.authorities(tenant_id, registered.subjects if registered is not None else ())

    async def withdrawn(self, client: Client, credential_type: str) -> list[Credential]:
        """Credentials that count no more, which the token endpoint does not even load."""
        where = {"client_id": client.client_id, "credential_type": credential_type}
        rows = await self._records.find(Credential, client.tenant_id, where=where)
        return [row for row in rows if row.withdrawn_at_ms is not None]


class AssertionDebugger:
    """Diagnoses client assertions."""

    def __init__(self, clients: Clients, one_time: OneTimeLook, hasher: SecretHasher) -> None:
        self._clients = clients
        self._one_time = one_time
        self._hasher = hasher

    async def diagnose(self, asked: Asked, assertion: str) -> Diagnosis:
        """What would become of the assertion. It is neither spent nor kept."""
        entry = EntryWalk(assertion=assertion, client_id=asked.client_id)
        outcomes = judge(ENVELOPE_RULES, entry)
        if entry.shown is None:
            rest: list[Rule[Any]] = [*CLIENT_RULES, *_OF_METHOD]
            return Diagnosis(outcomes=[*outcomes, *undecided(rest)], about=shown_jwt(assertion))
        registered = await self._clients.find(asked.tenant.tenant_id, entry.shown.client_id)
        entry.mismatch = method_for(registered, entry.shown, ())[1]
        outcomes += judge(CLIENT_RULES, entry)
        if registered is None:
            return Diagnosis(outcomes=[*outcomes, *undecided(_OF_METHOD)], about=shown_jwt(assertion))
        if isinstance(entry.shown, PresentedAssertion):
            registered = await self._clients.with_keys(registered, entry.shown.jwt.kid, asked.now_ms)
        walk = private_key_jwt.walk_of(await self._evidence(asked, entry.shown, registered))
        judged = judge(private_key_jwt.RULES, walk)
        return Diagnosis(
            outcomes=[*outcomes, *judged, await self._look(walk, judged)],
            registered=registered,
            about={
                **shown_jwt(assertion, ours(asked, registered)),
                "keys": await self._keys(walk),
                **({"key_set": about} if (about := about_key_set(registered)) is not None else {}),
            },
        )

    async def _evidence(self, asked: Asked, shown: Presented, registered: RegisteredClient) -> Evidence:
        return Evidence(
            tenant=asked.tenant,
            registered=registered,
            presented=shown,
            endpoint_urls=asked.endpoint_urls,
            peer_certificates=(),
            authorities=AuthoritySet(),
            hasher=self._hasher,
            now_ms=asked.now_ms,
        )

    async def _look(self, walk: AssertionWalk, judged: list[Outcome]) -> Outcome:
        """Whether the ``jti`` is still good: under the client's name, as the token endpoint would spend it."""
        if not walk.jti or ("dates", PASSED) not in ((each.rule, each.result) for each in judged):
            return outcome(ONE_TIME, UNDECIDED)
        if await self._one_time.is_spent(private_key_jwt.one_time_of(walk)):
            return outcome(ONE_TIME, FAILED, ClientAuthenticationFailed("one_time.spent"))
        return outcome(ONE_TIME, PASSED)

    async def _keys(self, walk: AssertionWalk) -> list[dict[str, Any]]:
        """Every key of the client: whether it was tried, why not, and whose signature it is."""
        registered, signer = walk.evidence.registered, walk.key
        told: list[dict[str, Any]] = [*why_not(registered, walk.jwt, walk.evidence.now_ms)]
        for key in told:
            key["signed"] = signer is not None and signer.credential.id == key["credential_id"]
        for row in await self._clients.withdrawn(registered.client, PUBLIC_KEY):
            withdrawn = {"credential_id": row.id, "kid": row.kid, "alg": row.alg}
            told.append({**withdrawn, "reason": "withdrawn", "signed": False})
        return told


def undecided(rules: Iterable[Rule[Any]]) -> list[Outcome]:
    """Rules that nobody could ask."""
    return [outcome(rule, UNDECIDED) for rule in rules]


def ours(asked: Asked, registered: RegisteredClient) -> frozenset[str]:
    """Names that may be shown whole: they are the server's own."""
    rows = (*registered.credentials, *(key.credential for key in registered.keys))
    kids = [row.kid for row in rows if row.kid is not None]
    return frozenset((asked.tenant.issuer, *asked.endpoint_urls, registered.client.client_id, *kids))


def _check_format(walk: EntryWalk) -> None:
    try:
        parse(walk.assertion, size_bytes_max=ASSERTION_BYTES_MAX)
    except JwtRefused as refusal:
        if refusal.check not in HEADER_CHECKS:
            raise
        walk.malformed = refusal


def _check_header(walk: EntryWalk) -> None:
    if walk.malformed is not None:
        raise walk.malformed


def _sort(walk: EntryWalk) -> None:
    beside = {} if walk.client_id is None else {"client_id": walk.client_id}
    shown = {"client_assertion_type": JWT_BEARER, "client_assertion": walk.assertion}
    walk.shown = presented((), {**shown, **beside})


def _check_known(walk: EntryWalk) -> None:
    if walk.mismatch in ("client.unknown", "client.global"):
        raise Refused("", check=walk.mismatch)


def _check_method(walk: EntryWalk) -> None:
    if walk.mismatch is not None:
        raise Refused("", check=walk.mismatch)


def _never(walk: Any) -> None:
    raise AssertionError("asked by whoever has the store")


ENVELOPE_RULES: tuple[Rule[EntryWalk], ...] = (
    Rule(
        name="format",
        demands=f"it is a signed JWT in compact form, of {ASSERTION_BYTES_MAX} bytes at most",
        clause="RFC 7515 7.1, RFC 7523 3",
        check=_check_format,
    ),
    Rule(
        name="header",
        demands="the header has a known alg and nothing that changes what is signed",
        clause="RFC 7515 4.1, RFC 8725 3.1",
        check=_check_header,
        needs=("format",),
    ),
    Rule(
        name="subject",
        demands="sub names a client, the same as client_id if that is sent",
        clause="RFC 7521 4.2",
        check=_sort,
        needs=("format", "header"),
    ),
)
"""What `presented` asks of an assertion."""
CLIENT_RULES: tuple[Rule[EntryWalk], ...] = (
    Rule(name="client", demands="there is such a client", clause="RFC 6749 5.2", check=_check_known),
    Rule(
        name="method",
        demands="it is registered for this method, and its profile allows it",
        clause="RFC 6749 2.3",
        check=_check_method,
        needs=("client",),
    ),
)
"""What `authenticate` asks of a client before its method is asked."""
ONE_TIME: Rule[Any] = Rule(name="once", demands="its jti was never used before", clause="RFC 7523 3 (7)", check=_never)
"""What `authenticate` asks last."""
_OF_METHOD: tuple[Rule[Any], ...] = (*private_key_jwt.RULES, ONE_TIME)
