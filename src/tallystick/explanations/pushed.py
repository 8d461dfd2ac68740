"""Refusals of pushed requests (RFC 9126): at `/oauth/par`, and when a browser comes for one."""

from __future__ import annotations

from .hint import Hint, Hints

HINTS: Hints = {
    "pushed.off": Hint("The tenant's setting pushed_authorization_requests_supported is off.", ""),
    "pushed.public": Hint(
        "The application has no means to prove itself, so anybody could push in its name. Give it a key, a certificate"
        " or a secret, or let it send its request to /authorize.",
        "RFC 9126 2",
    ),
    "pushed.request_uri": Hint("A pushed request must not name another: leave request_uri out.", "RFC 9126 2.1"),
    "pushed.size": Hint("Names and values of a pushed request are more than 10 KB together.", ""),
    "pushed.too_many": Hint(
        "One application pushes faster than people can be asked: 3000 at once, and 30 in each second after that. See"
        " whether it pushes in a loop.",
        "",
    ),
    "pushed.client_id_missing": Hint("/authorize needs client_id beside request_uri.", "RFC 9126 4"),
    "pushed.unknown": Hint(
        "No pushed request has this name: it was answered, or its time was over long ago, or another tenant has it, or"
        " it was never given.",
        "RFC 9126 2.2",
    ),
    "pushed.client": Hint(
        "Another application pushed this request. Somebody may have been sent a link that mixes two.", "RFC 9126 4"
    ),
    "pushed.expired": Hint(
        "The browser came too late. Push when the person is about to be redirected, not before; par_request_expiry of"
        " the application is how many seconds there are (30 unless it is set).",
        "RFC 9126 2.2",
    ),
    "pushed.spent": Hint(
        "The request was answered meanwhile, in another window or browser: one push gives one answer.", "RFC 9126 7.3"
    ),
    "authorize.pushed_as_demanded": Hint(
        "demanded_by says who wants requests pushed: the application's compliance_level, its"
        " require_pushed_authorization_requests, or the tenant's setting of that name. Push to /oauth/par.",
        "RFC 9126 5",
    ),
    "authorize.signed_as_demanded": Hint(
        "The application's signed_request_object.required or its compliance_level wants requests signed: send them as a"
        " request object. With details.alg it was one, and that algorithm was ruled out before the person was done.",
        "RFC 9101 10.5",
    ),
    "authorize.vouching_credential_live": Hint(
        "The credential that pushed or signed this request was withdrawn, or serves its purpose no more, before the"
        " person was done. The application has to ask again with another.",
        "",
    ),
}
