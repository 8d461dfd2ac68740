"""What a server answered, read: its JSON, the way to what comes next, or why there is nothing to go on with."""

from __future__ import annotations

import socket
from http.client import responses
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from .exits import UNREACHABLE, Failed, exit_code_for

if TYPE_CHECKING:
    import httpx

    from ..sdk.failures import ExchangeFailed


_HINTS = {
    "JSON": "is it a Tallystick server?",
    "not bound": "the API has to allow it: its proof_of_possession, with the mechanism dpop",
    "sender-constrained token is required": "bind it, as the API's proof_of_possession says: --dpop new, or --cert",
    "parameter: audience": "name the API: --audience",
    "not issued to this client": "only the application that has it can give it back: --client-id, and what proves it",
    "all of the requested scopes": "`tallystick grants list` says which it has; --scope has blanks between them",
    "client grant": "`tallystick grants create` gives the application one; identifiers are compared by the letter",
}
"""What to do, by a part of what was said."""
_NOTHING_SHOWN = "nothing was given to prove it: --client-secret-file, --key or --cert"


def refused_by(failure: ExchangeFailed, *, proves_itself: bool = True) -> Failed:
    """What an exchange of the SDK did not lead to: the server's refusal, or an answer that is no good.

    ``proves_itself``: the application showed more than its id.
    """
    from ..sdk.failures import ServerRefused

    hints = [hint for part, hint in _HINTS.items() if part in str(failure)][:1]
    if not isinstance(failure, ServerRefused):
        return Failed(str(failure), hint="".join(hints))
    if failure.code == "invalid_client" and not proves_itself:
        hints = [_NOTHING_SHOWN]
    if failure.description and failure.correlation_id:
        hints.append(_explained(failure.correlation_id))
    message = f"{failure.code}: {failure.description}".removesuffix(": ")
    if failure.code == f"http_{failure.status}":
        message = f"HTTP {failure.status} {responses.get(failure.status, '')}".strip()
    return Failed(
        message,
        exit_code=exit_code_for(failure.status),
        hint="; ".join(hints),
        correlation_id=failure.correlation_id,
        status=failure.status,
    )


def refusal(answer: httpx.Response) -> Failed:
    """A refusal in OAuth's form, or the Management API's, or whatever else came."""
    body = members_of(answer)
    correlation_id = str(body.get("correlation_id") or answer.headers.get("x-correlation-id", ""))
    hint = ""
    if "error_description" in body:
        hint = _explained(correlation_id)
        message = f"{body.get('error')}: {body['error_description']}"
    elif "message" in body:
        message = f"{body.get('errorCode') or body.get('error') or answer.status_code}: {body['message']}"
    else:
        message = f"HTTP {answer.status_code} {answer.reason_phrase}".strip()
    return Failed(
        message,
        exit_code=exit_code_for(answer.status_code),
        hint=hint,
        correlation_id=correlation_id,
        status=answer.status_code,
        code=str(body.get("errorCode", "")),
        going_on=next_of(answer),
    )


def _explained(correlation_id: str) -> str:
    """The answer is dull on purpose; the reason is in the log."""
    return f"`tallystick explain {correlation_id}` says why, to who may read the log" if correlation_id else ""


def next_of(answer: httpx.Response) -> dict[str, str]:
    """The query behind the link to what comes next (RFC 8288); empty without one."""
    return dict(parse_qsl(urlsplit(answer.links.get("next", {}).get("url", "")).query))


def unreachable(url: str, error: Exception) -> Failed:
    """Nobody answered, or nobody who is trusted."""
    if "CERTIFICATE_VERIFY_FAILED" in str(error):
        hint = "--ca-file names the authority it leads to; for a local server DIR/tls/ca.pem"
        return Failed(f"the certificate of {url} is not trusted: {error}", exit_code=UNREACHABLE, hint=hint)
    hint = "is the server running?"
    if _is_unknown_name(error):
        hint = "this machine does not know that name: is it right? --domain names another address"
    return Failed(f"no answer from {url}: {error}", exit_code=UNREACHABLE, hint=hint)


def _is_unknown_name(error: BaseException | None) -> bool:
    """Whether a name that nobody could resolve is behind it."""
    while error is not None and not isinstance(error, socket.gaierror):
        error = error.__cause__ or error.__context__
    return error is not None


def members_of(answer: httpx.Response) -> dict[str, Any]:
    """The JSON object that an answer is; empty for any other."""
    try:
        body = answer.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def json_of(answer: httpx.Response) -> Any:
    """The decoded body; raises Failed."""
    try:
        return answer.json()
    except ValueError as error:
        raise Failed(f"{answer.url} did not answer in JSON; is it a Tallystick server?") from error
