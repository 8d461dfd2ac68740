"""What a refused request showed of itself, for the log: which kinds of proof, the JWT taken apart, the certificate.

Called for refusals alone. Everything is bounded, and nothing of it is a secret: see `jose.shown` for what of a JWT is.
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote_plus

from ..certs.summary import summary_of_der
from ..clientauth.assertion import SKEW_MS
from ..jose.shown import Whole, claim_of, shown_jwt, start_of
from .request import Request

TEXT_CHARS_MAX = 600
"""As long as the identifier of an API may be."""
ITEMS_MAX = 20
_KINDS = ("client_assertion", "client_secret")


def shown_by_client(
    request: Request, parameters: Mapping[str, str], evidence: Mapping[str, Any], now_ms: int
) -> dict[str, Any]:
    """What a client showed to prove itself; ``evidence`` is the refusal's."""
    told: dict[str, Any] = {"presented": _presented(request, parameters)}
    whole = ours_in(evidence) | {request.tenant.issuer}
    if (claimed := _claimed(request, parameters)) is not None:
        told["claimed_client_id"] = start_of(claimed, whole)
    if assertion := parameters.get("client_assertion"):
        told |= shown_token(assertion, whole, now_ms)
    return told | shown_certificate(request)


def shown_by_bearer(request: Request, token: str, evidence: Mapping[str, Any], now_ms: int) -> dict[str, Any]:
    """What was shown with an access token that was refused, the token too unless it is empty."""
    whole = ours_in(evidence) | {request.tenant.issuer}
    told = {**shown_certificate(request), **shown_proof(request, whole)}
    return {**told, **shown_token(token, whole, now_ms)} if token else told


def shown_token(token: str, whole: Whole, now_ms: int) -> dict[str, Any]:
    """The JWT taken apart, with the server's time to hold its dates against."""
    return {**shown_jwt(token, whole), "server_time_s": now_ms // 1000, "skew_allowed_s": SKEW_MS // 1000}


def shown_proof(request: Request, whole: Whole) -> dict[str, Any]:
    """The DPoP proof taken apart, if there is one; of several the first."""
    values = request.header_values(b"dpop")
    if not values:
        return {}
    shown = shown_jwt(values[0].decode("latin-1"), whole)
    return {"proof_header": shown.get("jwt_header", {}), "proof_claims": shown.get("jwt_claims", {})}


def shown_certificate(request: Request) -> dict[str, Any]:
    """The connection's certificate, if it has one."""
    certificates = request.peer_certificates
    return {"certificate": summary_of_der(certificates[0])} if certificates else {}


def bounded(value: Any, depth: int = 3) -> Any:
    """Evidence of bounded size: some of it is a stranger's text."""
    if isinstance(value, str):
        return value if len(value) <= TEXT_CHARS_MAX else f"{value[:TEXT_CHARS_MAX]}…"
    if isinstance(value, dict):
        return {name: bounded(item, depth - 1) for name, item in list(value.items())[:ITEMS_MAX]} if depth else "…"
    if isinstance(value, list | tuple):
        return [bounded(item, depth - 1) for item in value[:ITEMS_MAX]] if depth else "…"
    return value


def ours_in(evidence: Mapping[str, Any]) -> frozenset[str]:
    """Values of the evidence that are the server's own, and so no stranger's secret."""
    expected = evidence.get("expected")
    ours = [expected] if isinstance(expected, str) else expected or []
    # Some checks tell only how many were registered.
    registered = evidence.get("registered")
    kids = [row["kid"] for row in registered if isinstance(row, dict)] if isinstance(registered, list) else []
    return frozenset(value for value in (*ours, *kids, evidence.get("client_id")) if isinstance(value, str))


def _presented(request: Request, parameters: Mapping[str, str]) -> list[str]:
    """Which kinds of proof there were, by name."""
    scheme = request.header(b"authorization").partition(" ")[0].lower()
    kinds = ["client_secret_basic" if scheme == "basic" else "authorization"] if scheme else []
    kinds += [kind for kind in _KINDS if kind in parameters]
    return [*kinds, "certificate"] if request.peer_certificates else kinds


def _claimed(request: Request, parameters: Mapping[str, str]) -> str | None:
    """Whom the request says it is from."""
    if (client_id := parameters.get("client_id")) is not None:
        return client_id
    if (assertion := parameters.get("client_assertion")) is not None:
        return claim_of(assertion, "sub", "iss")
    scheme, _, encoded = request.header(b"authorization").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        client_id, colon, _ = b64decode(encoded).decode().partition(":")
    except ValueError:
        return None
    # Without a colon it may be the secret alone.
    return unquote_plus(client_id) if colon and client_id else None
