"""What an API has against a call, read from the challenge of its answer (RFC 6750 3), and what to do about it."""

from __future__ import annotations

from http.client import responses
from typing import TYPE_CHECKING

from .answers import members_of
from .exits import Failed, exit_code_for
from .files import read_text
from .refused_request import end_of, why_refused

if TYPE_CHECKING:
    import httpx

    from ..sdk.challenges import Challenge
    from .remote import Remote

_NEXT = {
    "invalid_token": "is the token for this API (aud), not over (exp), and shown with what binds it (--dpop, --cert)? "
    "`tallystick introspect` says what it is worth",
    "insufficient_scope": "--scope asks for {scope}, which the application has to be granted",
    "invalid_dpop_proof": "is this machine's clock right, and does the API know itself by this URL?",
    "use_dpop_nonce": "a proof with the API's nonce was sent, and it wants yet another one",
    "insufficient_user_authentication": "a person has to sign in again ({step_up}): no application alone can do that",
}


def refused_call(answer: httpx.Response) -> Failed:
    """Why the call failed, as far as the answer says it."""
    from ..sdk.challenges import challenges_in

    challenges = challenges_in({name.lower(): value for name, value in answer.headers.items()})
    told = next((challenge for challenge in challenges if challenge.error), None)
    message = f"HTTP {answer.status_code} {responses.get(answer.status_code, '')}".rstrip()
    if told is not None:
        message = f"{message}: {told.error}: {told.parameters.get('error_description', '')}".removesuffix(": ")
    return Failed(
        message,
        exit_code=exit_code_for(answer.status_code),
        hint=_elsewhere(answer) if told is None else _next(told),
        correlation_id=str(members_of(answer).get("correlation_id") or answer.headers.get("x-correlation-id", "")),
        status=answer.status_code,
    )


def about_held(failed: Failed, token: str, shown: httpx.Request, remote: Remote) -> Failed:
    """The same, with what can be seen here of a token that somebody had already, and of what it was shown with."""
    from ..sdk.introspecting import Received

    if failed.status != 401:
        return failed
    now_ms, cert = remote.application.clock(), remote.identity.cert
    received = Received(
        shown.method,
        str(shown.url),
        scheme=shown.headers["Authorization"].partition(" ")[0],
        proof=shown.headers.get("DPoP"),
        certificate=None if cert is None else _leaf_of(read_text(cert)),
    )
    failed.hint = end_of(token, now_ms) or why_refused(token, received, now_ms) or failed.hint
    return failed


def _leaf_of(pem: str) -> str:
    """The first certificate of a file that may have its chain and its key too; TLS libraries have read it."""
    begin, end = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"
    return begin + pem.partition(begin)[2].partition(end)[0] + end


def _elsewhere(answer: httpx.Response) -> str:
    """Where an answer leads to. The command does not follow: it calls what it was told to."""
    return f"it leads to {answer.next_request.url}: call that" if answer.next_request else ""


def _next(told: Challenge) -> str:
    wanted = told.parameters
    step_up = [f"{name} {wanted[name]}" for name in ("acr_values", "max_age") if name in wanted]
    hint = _NEXT.get(told.error, "")
    return hint.format(scope=wanted.get("scope", "more scopes"), step_up=", ".join(step_up) or "as the API wants it")
