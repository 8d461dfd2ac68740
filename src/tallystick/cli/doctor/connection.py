"""What the server sees of a connection of ours, in its own words."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any

from ..answers import json_of, refusal, unreachable
from ..exits import NOT_PERMITTED, Failed
from ..remote import TIMEOUT_S, Remote, tls_context
from .finding import BAD, SKIPPED, Finding


def seen(
    remote: Remote, base_url: str, headers: Mapping[str, str], cert: tuple[Path, Path] | None = None
) -> dict[str, Any]:
    """The answer of ``/debug/connection`` at one of the server's addresses; raises Failed.

    ``cert`` is the certificate that the connection shows, with its key.
    """
    import httpx

    url = base_url + "api/v2/debug/connection"
    context = remote.tls_context() if cert is None else tls_context(remote.server.ca_file, *cert)
    # A connection of its own each time: what one request showed must not be there at the next.
    try:
        with httpx.Client(verify=context, timeout=TIMEOUT_S, trust_env=not remote.server.is_loopback) as http:
            answer = http.get(url, headers={**headers, **remote.bearer()})
    except httpx.HTTPError as error:
        raise unreachable(url, error) from error
    if not answer.is_success:
        raise refusal(answer)
    told = json_of(answer)
    if not isinstance(told, dict):
        raise Failed(f"{url} answered something else")
    return told


def untold(check: str, base_url: str, failure: Failed) -> Finding:
    """The finding when it does not say: whoever may not ask is no illness, and an address that is silent is one."""
    text = f"{base_url} does not tell what it sees: {failure.message}"
    advice = failure.hint or "see the server's log, or the proxy's"
    if failure.status == HTTPStatus.FORBIDDEN:
        advice = "the application needs the scope read:client_debug"
    return Finding(check, SKIPPED if failure.exit_code == NOT_PERMITTED else BAD, text, advice)
