"""``tallystick revoke``: a token given back, as its application would (RFC 7009)."""

from __future__ import annotations

from .command import on_server
from .output import Output
from .remote import Remote
from .shown_token import HintOption, TokenArgument, read_token

DONE = """\
The server took it (HTTP 200), as it takes what it does not know (RFC 7009 2.2): nothing says whether there was one.
`tallystick introspect` says what a token is worth now."""


@on_server
def revoke(remote: Remote, out: Output, token: TokenArgument, hint: HintOption = None) -> None:
    """Give a token back: a refresh token with all that came of it, or an access token.

    Only the application it was issued to can, by the options of `tallystick token`. An API that checks JWTs by itself
    hears of it by a status list, or not before the token ends.
    """
    token = read_token(token, hint)
    remote.perform(remote.application.revoke(token, hint=hint))
    out.done(DONE, {"status": 200, "client_id": remote.identity.client_id})
