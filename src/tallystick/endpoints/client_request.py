"""What endpoints share at which a client proves who it is: token, pushed requests, revocation (RFC 6749 2.3)."""

from __future__ import annotations

from ..clientauth.authenticate import AuthenticationRequest
from ..errors import OAuthError
from ..web.answers import Headers
from ..web.request import Request
from .table import PublicUrl
from .token_log import Served


def authentication_request(served: Served, url: PublicUrl) -> AuthenticationRequest:
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


def error_headers(request: Request, error: OAuthError) -> Headers:
    """What a refusal carries beside its body."""
    if error.status == 405:
        return [(b"allow", b"POST")]
    if error.status == 429:
        return [(b"retry-after", b"1")]
    # RFC 6749 5.2: a client that used the Authorization header is answered with a challenge of that scheme.
    if error.status == 401 and request.header_values(b"authorization"):
        return [(b"www-authenticate", b'Basic realm="oauth"')]
    return []
