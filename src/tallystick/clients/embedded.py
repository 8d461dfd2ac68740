"""Credentials inside a client's body: whole ones to create a client, ids alone to update it (auth0.md 3.4)."""

from __future__ import annotations

from typing import Any

from ..errors import InvalidField
from ..records import Json
from .actor import Actor
from .client import OTHER_USAGES
from .credential import CLIENT_SECRET
from .credential_request import Draft, read_credential
from .field_refusal import on_field
from .usage import path_of


def holders_in(values: Json) -> list[tuple[str, Json]]:
    """(usage, the object that holds its ``credentials``) for every usage that the values set."""
    methods: Json = values.get("client_authentication_methods") or {}
    others = [(usage, values[usage]) for usage in OTHER_USAGES if isinstance(values.get(usage), dict)]
    return [*methods.items(), *others]


def check_ids(values: Json) -> None:
    """In an update every reference is ``{"id": …}`` and nothing more. Raises InvalidField."""
    for usage, holder in holders_in(values):
        for index, reference in enumerate(holder.get("credentials", ())):
            if set(reference) != {"id"} or not isinstance(reference["id"], str):
                path = f"{path_of(usage)}[{index}]"
                raise InvalidField(path, 'Expected {"id": "cred_..."} alone', check="credential.reference")


def read_embedded(values: Json, client_id: str, actor: Actor) -> tuple[Json, list[Draft]]:
    """The values with ids in place of whole credentials, and those credentials, in order. Raises InvalidField."""
    drafts: list[Draft] = []
    made: Json = dict(values)
    methods: Json = {}
    for usage, holder in holders_in(values):
        ids: list[Json] = []
        for index, body in enumerate(holder.get("credentials", ())):
            draft = _read(body, f"{path_of(usage)}[{index}]", client_id, actor)
            drafts.append(draft)
            ids.append({"id": draft.credential.id})
        referring: dict[str, Any] = {**holder, "credentials": ids} if "credentials" in holder else dict(holder)
        if usage in OTHER_USAGES:
            made[usage] = referring
        else:
            methods[usage] = referring
    if methods:
        made["client_authentication_methods"] = methods
    return made, drafts


def in_order_of(before: Json, update: Json) -> Json:
    """Key methods of an update, the references of each in the order in which they stood before, new ones behind.

    The list is a set. Tools send it in the order of the credentials' list, which is the other way round; were that
    kept, an export after an import would not be what was imported.
    """
    return {method: {**holder, **_sorted(before.get(method) or {}, holder)} for method, holder in update.items()}


def _sorted(before: Json, holder: Json) -> Json:
    if "credentials" not in holder:
        return {}
    places = {reference["id"]: place for place, reference in enumerate(before.get("credentials", ()))}
    return {"credentials": sorted(holder["credentials"], key=lambda one: places.get(one["id"], len(places)))}


def _read(body: Json, path: str, client_id: str, actor: Actor) -> Draft:
    if "id" in body:
        raise InvalidField(path, "A new client has no credentials yet; send them whole", check="credential.reference")
    if body.get("credential_type") == CLIENT_SECRET:
        raise InvalidField(path, "A secret does not serve this usage", check="credential.type")
    try:
        return read_credential(body, client_id, actor)
    except InvalidField as refusal:
        inside = f"{path}.{refusal.path}" if refusal.path else path
        raise on_field(inside, refusal) from None
