"""The demo's person signs in once more, to an application whose request nobody can change, nor the answer to it.

1. the request as a JWT, signed with a key that serves nothing else            RFC 9101
2. pushed ahead of the browser, which then carries its name alone              RFC 9126
3. the answer as a JWT that the server signed, checked before it is believed   JARM
4. the code for tokens, as ever, then out again

The same request without its signature is pushed as well, and has to be refused.
"""

from __future__ import annotations

import secrets
import time
from contextlib import closing
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from .decoding import decode
from .demo_browser import Browser, Listener
from .demo_person import EMAIL, answer_to, the_person
from .demo_setup import Registrar, RequestSigner
from .demo_sign_in import checked, new_proof, redeemed, sign_out
from .demo_token import once_known
from .exits import Failed
from .remote import Remote

TITLE = "a signed request, pushed, and a signed answer"


def sign_in_signed(remote: Remote, registrar: Registrar) -> dict[str, Any]:
    """What went each way, and what was found in it; Failed when anything is not as it should be."""
    person = the_person(remote)
    with Listener() as listener, closing(Browser(remote)) as browser:
        signer = registrar.by_signed_requests(listener.redirect_uri)
        with closing(Remote(remote.server, signer.identity)) as door:
            asked, verifier = _asked(listener.redirect_uri)
            request = _signed(door, signer, asked)  # 1
            pushed = once_known(lambda: door.push({"request": request}))  # 2
            once_known(lambda: _refused_unsigned(door, asked))
            query = urlencode({"client_id": door.identity.client_id, "request_uri": pushed["request_uri"]})
            answer = answer_to(f"{door.endpoint('authorization_endpoint')}?{query}", browser, listener, person)
            said = _believed(door, answer, asked["state"])  # 3
            tokens = redeemed(door, said, asked["redirect_uri"], verifier)  # 4
            id_token = checked(door, tokens["id_token"], asked["nonce"], person.user_id)
            sign_out(door, browser, tokens["id_token"])
    return {
        "title": TITLE,
        "client_id": signer.identity.client_id,
        "email": EMAIL,
        "request": decode(request),
        "pushed": pushed,
        "response": decode(answer["response"]),
        "id_token": {"header": id_token[0], "claims": id_token[1]},
    }


def _asked(redirect_uri: str) -> tuple[dict[str, str], str]:
    """The request, and the verifier that belongs to it."""
    verifier, challenge = new_proof()
    asked = {
        "response_type": "code",
        "response_mode": "jwt",
        "redirect_uri": redirect_uri,
        "scope": "openid email",
        "state": secrets.token_urlsafe(32),
        "nonce": secrets.token_urlsafe(32),
        **challenge,
    }
    return asked, verifier


def _signed(door: Remote, signer: RequestSigner, asked: dict[str, str]) -> str:
    from ..sdk.request_objects import request_object

    client_id, now_ms = signer.identity.client_id, time.time_ns() // 1_000_000
    return request_object(client_id, door.issuer, asked, signer.key, "ES256", kid=signer.kid, now_ms=now_ms)


def _refused_unsigned(door: Remote, asked: dict[str, str]) -> dict[str, Any]:
    """What the server says to the same request without a signature; Failed when it takes it."""
    try:
        door.push(asked)
    except Failed as failure:
        if failure.status != HTTPStatus.BAD_REQUEST:
            raise
        return {"refused": failure.message}
    raise Failed("the server took the request without its signature, though the application must sign")


def _believed(door: Remote, answer: dict[str, str], state: str) -> dict[str, Any]:
    """What a signed answer says, once everything about it held."""
    from ..jose.refusals import JwtRefused, KeyRefused
    from ..sdk.authorization_responses import authorization_response
    from ..sdk.server_keys import key_set

    if set(answer) != {"response"}:
        raise Failed(f"the answer is not one signed JWT, but {', '.join(sorted(answer))}")
    now_ms = time.time_ns() // 1_000_000
    try:
        return authorization_response(
            answer["response"],
            key_set(door.jwks()),
            issuer=door.issuer,
            client_id=door.identity.client_id,
            state=state,
            now_ms=now_ms,
        )
    except (JwtRefused, KeyRefused) as refused:
        raise Failed(f"the answer does not hold: {refused.description}") from refused
