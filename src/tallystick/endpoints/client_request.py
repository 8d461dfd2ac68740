"""What endpoints share at which a client proves who it is (RFC 6749 2.3): token, pushed requests, revocation,
introspection."""

from __future__ import annotations

from starlette.types import Send

from ..clientauth.authenticate import AuthenticatedClient, AuthenticationRequest, Authenticator
from ..errors import OAuthError
from ..web.answers import Headers, send_oauth_error
from ..web.cors import cors_headers
from ..web.nonces import nonce_headers
from ..web.request import Request
from .table import PublicUrl
from .token_log import Served


def check_post(request: Request) -> None:
    """RFC 6749 3.2, RFC 7009 2.1, RFC 9126 2: the client uses POST. Raises OAuthError."""
    if request.method != "POST":
        raise OAuthError("invalid_request", "This endpoint takes POST.", check="http.method").answered_with(405)


def _authentication_request(served: Served, url: PublicUrl) -> AuthenticationRequest:
    """What the request shows of its client, at this URL of the table."""
    request = served.request
    return AuthenticationRequest(
        tenant=request.tenant,
        endpoint_urls=(request.tenant.url(url.path), request.tenant.mtls_url(url.path)),
        authorization=request.header_values(b"authorization"),
        parameters=served.parameters,
        peer_certificates=request.peer_certificates,
        now_ms=served.now_ms,
        ca_verdict=request.ca_verdict,
    )


async def authenticate(authenticator: Authenticator, served: Served, url: PublicUrl) -> AuthenticatedClient:
    """The client, which ``served`` knows from here on; raises OAuthError."""
    served.authenticated = await authenticator.authenticate(_authentication_request(served, url))
    return served.authenticated


async def send_refusal(send: Send, served: Served, error: OAuthError) -> None:
    """The refusal as JSON (RFC 6749 5.2); what the log and the metrics tell of it is the endpoint's."""
    request = served.request
    told = nonce_headers(served.shown.proof, error)
    headers = [*_error_headers(request, error), *told, *cors_headers(request, served.client)]
    await send_oauth_error(send, error, request.correlation_id, headers)


def _error_headers(request: Request, error: OAuthError) -> Headers:
    if error.status == 405:
        return [(b"allow", b"POST")]
    if error.status == 429:
        return [(b"retry-after", b"1")]
    # RFC 6749 5.2: a client that used the Authorization header is answered with a challenge of that scheme.
    if error.status == 401 and request.header_values(b"authorization"):
        return [(b"www-authenticate", b'Basic realm="oauth"')]
    return []
