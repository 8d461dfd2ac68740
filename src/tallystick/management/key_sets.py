"""``/clients/{client_id}/key-sets``: what is found where an application has its keys as a JWK Set. Ours."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..certs.certificate import Certificate
from ..certs.summary import summary
from ..clients.client import CERTIFICATE_USAGE, SOURCED_USAGES
from ..clients.dates import DATE, to_wire
from ..clients.key_set_life import ASKING
from ..clients.key_set_registry import KeySetRegistry, UsageKeys
from ..clients.loaded_certificate import certificate_id_of
from ..clients.set_key import SetKey
from ..explanations.table import hint_for
from ..fields import Field, FieldTable, check_update, field_table
from ..records import Json
from ..tallies import TallyStore
from .actor import actor_of
from .call import Answer, Call, Route
from .credential_body import use_body
from .description import Body, Many, Shown

_KEYS = (
    "The keys that serve: thumbprint (RFC 7638), kty, algs, and where they have them kid, crv, last_used_at and uses"
)
_CERTIFICATES = (
    "For self_signed_tls_client_auth in place of keys: thumbprint_sha256, subject, issuer, names, key, not_before, "
    "not_after, and where they have them kid, last_used_at and uses"
)
SHOWN = Shown(
    "KeySet",
    field_table(
        (
            Field(name="usage", type=str, description=f"One of {', '.join(SOURCED_USAGES)}"),
            Field(name="jwks_uri", type=str, nullable=True, description="The address; null: they stand in the client"),
            Field(name="keys", type=list[dict[str, Any]], description=_KEYS),
            Field(name="certificates", type=list[dict[str, Any]], description=_CERTIFICATES),
            Field(name="refused", type=list[dict[str, Any]], description="kid, check and reason of keys not taken"),
            Field(name="fetched_at", type=DATE, nullable=True, description="When the address gave a usable set last"),
            Field(name="fresh_until", type=DATE, nullable=True, description="Until when it is not asked by itself"),
            Field(name="attempted_at", type=DATE, nullable=True, description="When it was asked last"),
            Field(name="last_error", type=str, nullable=True, description="Why that failed; null when it did not"),
        )
    ),
    id="usage",
)


NO_MEMBERS: FieldTable = {}


class KeySetResource:
    """The resource."""

    def __init__(self, key_sets: KeySetRegistry, tallies: TallyStore) -> None:
        self._key_sets = key_sets
        self._tallies = tallies

    def routes(self) -> tuple[Route, ...]:
        """Its rows of the route table."""
        return (
            Route(
                "GET",
                "/clients/{client_id}/key-sets",
                self._list,
                ("read:client_credentials",),
                "List the JWK Sets of an application: keys that serve, keys that are refused and why",
                answers={200: Many(SHOWN)},
                problems=(404,),
            ),
            Route(
                "POST",
                "/clients/{client_id}/key-sets/refresh",
                self._refresh,
                ("update:client_credentials",),
                "Fetch an application's key sets now; an address is asked every ten seconds at most",
                body=Body("RefreshKeySets", NO_MEMBERS, update=True),
                answers={200: Many(SHOWN)},
                problems=(404,),
            ),
        )

    async def _list(self, call: Call) -> Answer:
        found = await self._key_sets.list(call.tenant.tenant_id, call.path["client_id"], call.now_ms)
        return Answer(200, await self._bodies(call, found))

    async def _refresh(self, call: Call) -> Answer:
        check_update(NO_MEMBERS, call.body)
        found = await self._key_sets.refresh(actor_of(call), call.path["client_id"])
        return Answer(200, await self._bodies(call, found))

    async def _bodies(self, call: Call, found: Sequence[UsageKeys]) -> list[Json]:
        ids = {_id(one, key) for one in found for key in one.keys}
        uses = await self._tallies.credential_uses(call.tenant.tenant_id, ids) if ids else {}
        return [
            _body(one) | _keys([_key(one, key) | use_body(uses.get(_id(one, key))) for key in one.keys], one)
            for one in found
        ]


def _body(one: UsageKeys) -> Json:
    record = one.record
    return {
        "usage": one.usage,
        "jwks_uri": one.url,
        "refused": [_refused(refused) for refused in _refused_of(one)],
        "fetched_at": None if record is None else to_wire(record.fetched_at_ms),
        "fresh_until": None if record is None or record.fetched_at_ms is None else to_wire(record.fresh_until_ms),
        "attempted_at": None if record is None else to_wire(record.attempted_at_ms),
        "last_error": None if record is None or record.last_error == ASKING else record.last_error,
    }


def _refused_of(one: UsageKeys) -> list[Json]:
    """A certificate that is not taken is the matter of whoever wants certificates."""
    refused = [] if one.record is None else one.record.refused
    if one.usage == CERTIFICATE_USAGE:
        return refused
    return [each for each in refused if not each["check"].startswith("certificate.")]


def _refused(refused: Json) -> Json:
    hint = hint_for(refused["check"])
    return {**refused, "reason": hint.says if hint is not None else ""}


def _keys(shown: list[Json], one: UsageKeys) -> Json:
    """Under the name of what they are."""
    is_of_certificates = one.usage == CERTIFICATE_USAGE
    return {"keys": [] if is_of_certificates else shown, "certificates": shown if is_of_certificates else []}


def _certificate_of(one: UsageKeys, key: SetKey) -> Certificate | None:
    return key.certificate if one.usage == CERTIFICATE_USAGE else None


def _id(one: UsageKeys, key: SetKey) -> str:
    certificate = _certificate_of(one, key)
    return key.credential_id if certificate is None else certificate_id_of(certificate)


def _key(one: UsageKeys, key: SetKey) -> Json:
    if (certificate := _certificate_of(one, key)) is not None:
        return {**({} if key.kid is None else {"kid": key.kid}), **summary(certificate)}
    public = key.public_key
    named = {"kid": key.kid, "crv": public.crv}
    shown = {"thumbprint": public.thumbprint, "kty": public.kty, "algs": list(key.algs)}
    return {**{name: value for name, value in named.items() if value is not None}, **shown}
