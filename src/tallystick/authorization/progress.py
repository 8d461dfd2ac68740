"""The progress of a pending authorization: what the person did in it so far, as its record keeps it."""

from __future__ import annotations

import msgspec

from ..records import Json
from .pending import PendingAuthorization


class Progress(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What happened in one pending authorization. Nobody is signed in by it: that is what the session says."""

    hinted_subject: str | None = None
    """Whom ``id_token_hint`` meant: the token itself is not kept."""
    signed_in_at_ms: int | None = None
    """When somebody proved who they are in it: answers ``prompt=login`` and ``max_age`` in a session no older."""
    chosen_user_id: str | None = None
    """Which account was chosen: answers ``prompt=select_account`` as long as it is the one that is signed in."""
    consented_user_id: str | None = None
    """Who consented in it: answers ``prompt=consent`` for them alone; what is remembered is a record of its own."""
    consented_to: str | None = None
    """The fingerprint of what they consented to: of anything else they have not."""
    refused: str | None = None
    """The error code for the application once the person cancelled or denied: ``access_denied``."""
    factor_passed_at_ms: int | None = None
    """When a second factor was passed in it."""
    factor_user_id: str | None = None
    """Who passed it: a transaction is theirs alone, whoever's session the browser holds by now."""
    transaction_linking_id: str | None = None
    """Of a transaction: names it from here to its tokens (auth0.md 5.4)."""
    amr: list[str] = []
    """How the first factor was passed, while the second is owed."""


def progress_of(pending: PendingAuthorization) -> Progress:
    """The progress of a pending authorization."""
    return msgspec.convert(pending.progress, Progress)


def kept(progress: Progress) -> Json:
    """The progress in the form in which it is kept."""
    kept_form: Json = msgspec.to_builtins(progress)
    return kept_form
