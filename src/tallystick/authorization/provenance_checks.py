"""Rows about how a request came in: what must be pushed or signed, and whether whoever vouched for it still may.

They are walked at every return too: what is demanded since, and a credential that was withdrawn since, count.
"""

from __future__ import annotations

from ..clients.chosen_algs import request_object_alg
from ..tenants.settings import setting
from .refusal import refuse
from .walk import Walk

SIGNED_REQUEST_OBJECT = "signed_request_object"
_PUSHED = "Pushed Authorization Requests are required by"


def pushed_as_demanded(walk: Walk) -> None:
    """RFC 9126 5: by the client's profile, the client or the tenant; the first of them is named (auth0.md 5.6)."""
    if walk.provenance.is_pushed:
        return
    required = "require_pushed_authorization_requests"
    demands = (
        (walk.profile.requires_pushed_request, "the configured compliance level"),
        (walk.client.metadata.get(required), "this application"),
        (setting(walk.tenant, required), "this tenant"),
    )
    for is_demanded, by in demands:
        if is_demanded:
            raise refuse("invalid_request", f"{_PUSHED} {by}", check="authorize.pushed_as_demanded", demanded_by=by)


def signed_as_demanded(walk: Walk) -> None:
    """RFC 9101 10.5: what nobody signed is refused, or leaving the signature out would be the way around it.

    What was signed by an algorithm that was ruled out since is no better than unsigned.
    """
    alg = walk.provenance.signing_alg
    if alg is not None:
        if alg in walk.profile.request_object_algs and request_object_alg(walk.client) in (None, alg):
            return
        raise refuse(
            "invalid_request",
            "The request was signed by an algorithm that is not allowed any more.",
            check="authorize.signed_as_demanded",
            alg=alg,
        )
    by_client = (walk.client.metadata.get(SIGNED_REQUEST_OBJECT) or {}).get("required")
    if walk.profile.requires_signed_request or by_client:
        raise refuse(
            "invalid_request",
            "A signed request object is required.",
            check="authorize.signed_as_demanded",
            demanded_by="the application" if by_client else walk.profile.name,
        )


def vouching_credential_live(walk: Walk) -> None:
    """A credential that was withdrawn, or serves its purpose no more, takes what it vouched for along.

    Its own dates are not asked again: it was alive when it pushed or signed, and that is a moment ago. A key
    or certificate by address has no name here; it vouches for as long as the client has its keys for that purpose at
    an address.
    """
    provenance, registered = walk.provenance, walk.registered
    if not (provenance.is_pushed or provenance.is_signed):
        return
    vouchers = (
        (provenance.is_pushed, provenance.pushed_by, registered.proof_ids, walk.client.key_method),
        (provenance.is_signed, provenance.credential_id, registered.signer_ids, SIGNED_REQUEST_OBJECT),
    )
    for vouches, credential_id, good, usage in vouchers:
        holds = credential_id in good if credential_id is not None else usage in registered.key_set_urls
        if vouches and not holds:
            raise refuse(
                "invalid_request",
                "The request was made with a credential that has been withdrawn.",
                check="authorize.vouching_credential_live",
                credential_id=credential_id,
            )
