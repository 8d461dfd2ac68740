"""The JSON of a client, as Auth0 shows it (auth0.md 4.3), and which of its members a caller may see. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ..clients.client import Client
from ..clients.key_sources import with_lists
from ..clients.metadata import CLIENT_FIELDS
from ..clients.metadata_scopes import scopes_to_read
from ..errors import NotPermitted
from ..records import Json
from .call import Caller
from .description import WARNINGS, Shown, all_but, kept
from .field_choice import FieldChoice

_FIELDS = {**kept(CLIENT_FIELDS), "warnings": WARNINGS}
SHOWN = Shown("Client", _FIELDS, optional=all_but(_FIELDS, "client_id", "name"), id="client_id")
"""What is answered; callers with few scopes see less, and a secret only in the answer that made it."""

_HIDDEN_WITH_KEYS = frozenset({"token_endpoint_auth_method", "client_secret"})


def client_body(client: Client, tenant_name: str, signing_certificates: Sequence[Json]) -> Json:
    """Every member of the client that anybody may see. Its secret is not among them: it is told once."""
    body: Json = {
        "tenant": tenant_name,
        "global": client.is_global,
        "client_id": client.client_id,
        "name": client.name,
        "is_first_party": client.is_first_party,
        "callback_url_template": False,
        **client.metadata,
        "signing_keys": list(signing_certificates),
    }
    if client.app_type is not None:
        body["app_type"] = client.app_type
    if client.key_method is not None:
        # auth0.md 2.1: absent while key methods are active.
        shown = {name: value for name, value in body.items() if name not in _HIDDEN_WITH_KEYS}
        return {**shown, "client_authentication_methods": with_lists(shown["client_authentication_methods"])}
    return body


def check_choice(choice: FieldChoice, caller: Caller) -> None:
    """Whoever asks by name for a member must be allowed to see it. Raises NotPermitted."""
    forbidden = sorted(_forbidden(choice.names or (), caller)) if choice.include else []
    if forbidden:
        description = f"You cannot read the following fields: {', '.join(forbidden)}"
        raise NotPermitted(description, error_code="insufficient_scope", check="client.fields")


def visible(body: Json, caller: Caller) -> Json:
    """``body`` without what the caller may not see."""
    forbidden = frozenset(_forbidden(body, caller))
    return {name: value for name, value in body.items() if name not in forbidden}


def _forbidden(names: Iterable[str], caller: Caller) -> Iterable[str]:
    return (name for name in names if not caller.holds_any(*scopes_to_read(name)))
