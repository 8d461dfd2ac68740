"""Rows about the person: how, how lately and who (OpenID Connect Core 3.1.2.1, 5.5)."""

from __future__ import annotations

import re

from ..errors import OAuthError
from .claims_parameter import ID_TOKEN, ClaimsRefused, claims_of, values_of
from .refusal import refuse
from .walk import Walk

PROMPTS = ("none", "login", "consent", "select_account", "create")
"""OpenID Connect Core 3.1.2.1; Initiating User Registration via OpenID Connect 1.0."""
_SECONDS = re.compile(r"[0-9]{1,9}", re.ASCII)


def prompt_known(walk: Walk) -> None:
    """A word that is not understood may be a demand that would go unmet."""
    unknown = sorted(walk.prompt.difference(PROMPTS))
    if unknown:
        raise refuse("invalid_request", "Unknown prompt.", check="authorize.prompt_known", prompt=unknown[0][:40])


def prompt_none_alone(walk: Walk) -> None:
    """Core 3.1.2.1: nobody can be asked and not be asked."""
    if "none" in walk.prompt and len(walk.prompt) > 1:
        raise refuse("invalid_request", "prompt none must be used alone.", check="authorize.prompt_none_alone")


def max_age(walk: Walk) -> None:
    """Core 3.1.2.1: seconds; 0 asks for a sign-in whatever there is."""
    sent = walk.sent("max_age")
    if sent is None:
        return
    if not _SECONDS.fullmatch(sent):
        raise refuse("invalid_request", "max_age must be a number of seconds.", check="authorize.max_age")
    walk.max_age_s = int(sent)


def claims(walk: Walk) -> None:
    """Core 5.5: a JSON object, of bounded size. Claims that are not known are ignored when tokens are made."""
    sent = walk.sent("claims")
    if sent is None:
        return
    try:
        walk.claims = claims_of(sent)
    except ClaimsRefused as problem:
        raise refuse(
            "invalid_request", "The claims parameter is malformed.", check="authorize.claims", reason=str(problem)
        ) from None


def id_token_hint(walk: Walk) -> None:
    """Core 3.1.2.1: an ID token of ours, expired or not; what is not ours would let a stranger say who is meant."""
    hint = walk.known.hint
    if hint is None:
        return
    if isinstance(hint, OAuthError):
        raise refuse(
            "invalid_request",
            "The id_token_hint is not acceptable.",
            check="authorize.id_token_hint",
            reason=hint.check,
        )
    walk.hinted_subject = hint.subject


def id_token_hint_owner(walk: Walk) -> None:
    """The hint names a person as its own client knows them: another's says nothing here (Core 3.1.2.1, ``aud``)."""
    hint = walk.known.hint
    if hint is not None and not isinstance(hint, OAuthError) and hint.client_id != walk.client.client_id:
        raise refuse(
            "invalid_request",
            "The id_token_hint was issued to another application.",
            check="authorize.id_token_hint_owner",
            issued_to=hint.client_id[:64],
        )


def claimed_subject(walk: Walk) -> None:
    """Core 3.1.2.1 and 5.5.1: who asks for a ``sub`` by value gets tokens of that person, never of another."""
    wanted = walk.claims.get(ID_TOKEN, {}).get("sub") or {}
    if "value" not in wanted and "values" not in wanted:
        return
    subjects = values_of(walk.claims, "sub")
    if len(subjects) != 1 or walk.hinted_subject not in (None, subjects[0]):
        raise refuse(
            "invalid_request", "The claims parameter must name one person as sub.", check="authorize.claimed_subject"
        )
    walk.hinted_subject = subjects[0]
