"""What of a pushed form is the authorization request: everything else is dropped, what proved the client above all.

RFC 9126 3 has proof and request in one form. Names are let in, not kept out, so no secret of a method that comes later
is ever kept with a request.
"""

from __future__ import annotations

from collections.abc import Mapping

from .pendings import ID_TOKEN_HINT

EXTENSION_PREFIX = "ext-"
EXTENSIONS_MAX = 10
"""Parameters of the application's own; what is over is ignored (auth0.md 1.2)."""
BYTES_MAX = 10 * 1024
"""Of all names and values together: each becomes part of a row (auth0.md 1.4)."""
NAMES = frozenset(
    {
        *("response_type", "client_id", "redirect_uri", "scope", "state", "nonce", "response_mode"),
        *("code_challenge", "code_challenge_method", "dpop_jkt"),
        *("audience", "resource", "authorization_details"),
        *("prompt", "max_age", "acr_values", "claims", "claims_locales", "display", "ui_locales"),
        *("login_hint", ID_TOKEN_HINT, "screen_hint"),
        *("connection", "connection_scope", "organization", "invitation", "registration"),
    }
)
"""Everything that the table of checks or a page looks at, what they refuse included."""


def request_of(form: Mapping[str, str], client_id: str) -> dict[str, str]:
    """The request in a form, in the name of the client that proved itself."""
    extensions = [name for name in form if name.startswith(EXTENSION_PREFIX)][:EXTENSIONS_MAX]
    kept = {name: value for name, value in form.items() if name in NAMES or name in extensions}
    return {**kept, "client_id": client_id}


def size_bytes(parameters: Mapping[str, str]) -> int:
    """What would be kept of them: a token among them would not (`authorization.pendings`)."""
    kept = ((name, value) for name, value in parameters.items() if name != ID_TOKEN_HINT)
    return sum(len(name.encode()) + len(value.encode("utf-8", "surrogatepass")) for name, value in kept)
