"""Refusals of logout, and of what mailed links open."""

from __future__ import annotations

from .hint import Hint, Hints

_LOGOUT = "OpenID Connect RP-Initiated Logout 1.0, 2"

HINTS: Hints = {
    "logout.client": Hint("The application that the logout request names does not exist.", _LOGOUT),
    "logout.client_mismatch": Hint("client_id is not the application that the id_token_hint was issued to.", _LOGOUT),
    "logout.redirect_uri": Hint(
        "post_logout_redirect_uri is not, letter by letter, one of the application's allowed_logout_urls; of the"
        " tenant's where the request names no application.",
        _LOGOUT,
    ),
    "logout.return_to": Hint(
        "returnTo is not, letter by letter, one of the application's allowed_logout_urls; of the tenant's where the"
        " request has no client_id.",
        "",
    ),
    "ticket.unknown": Hint(
        "There is no such link: it was used already, is cut short, is another tenant's, or is for another purpose.", ""
    ),
    "ticket.expired": Hint("The link has expired. Ask for another one.", ""),
    "ticket.account": Hint("The account is gone, or has another address than the one that the link was mailed to.", ""),
    "reset.unknown": Hint("There is no account with this address or name, so no message was sent. Nobody is told.", ""),
    "reset.throttled": Hint(
        "Too many messages were asked for, for one account or from one address. No message was sent.", ""
    ),
}
