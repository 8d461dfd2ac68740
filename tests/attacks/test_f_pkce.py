"""F38: a challenge that is dropped, emptied or weakened, by every way in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.authorization.asking import CHALLENGE, REDIRECT_URI, VERIFIER, asking, set_tenant
from tests.authorization.pushing import PKCE, post, proof_of, visit
from tests.authorization.request_objects.signing import LEFT_OUT, Signing, signing
from tests.inprocess import InProcess

DOWNGRADED: dict[str, dict[str, Any]] = {
    "dropped": {},
    "method alone": {"code_challenge_method": "S256"},
    "empty": {"code_challenge": "", "code_challenge_method": "S256"},
    "empty, of no method": {"code_challenge": "", "code_challenge_method": ""},
    "method missing": {"code_challenge": CHALLENGE},
    "method empty": {"code_challenge": CHALLENGE, "code_challenge_method": ""},
    "plain": {"code_challenge": VERIFIER, "code_challenge_method": "plain"},
    "lower case": {"code_challenge": CHALLENGE, "code_challenge_method": "s256"},
    "unknown": {"code_challenge": CHALLENGE, "code_challenge_method": "S512"},
}


def _carried(app: Signing, **asked: Any) -> str:
    return app.carry(app.object(**asked)).location


def _carried_beside(app: Signing, **asked: Any) -> str:
    """The good challenge stands outside the object, where nothing counts."""
    return app.carry(app.object(**asked), **PKCE).location


def _answer(app: Signing, form: dict[str, Any], **beside: Any) -> str:
    """Where the browser is sent on to for what was pushed, with this beside its name."""
    answer = post(app, {"client_id": app.client["client_id"], **form, **proof_of(app)})
    return "" if answer.status == 400 else visit(app, answer.json()["request_uri"], **beside).location


WAYS: dict[str, Callable[..., str]] = {
    "GET": lambda app, **asked: app.ask(**asked).location,
    "POST": lambda app, **asked: app.browser.post("/authorize", app.parameters(**asked), from_elsewhere=True).location,
    "hybrid": lambda app, **asked: app.ask(response_type="code id_token", nonce="n", **asked).location,
    "object": _carried,
    "object, and beside it": _carried_beside,
    "pushed": lambda app, **asked: _answer(app, app.parameters(**asked)),
    "pushed, and beside it": lambda app, **asked: _answer(app, app.parameters(**asked), **PKCE),
    "object pushed": lambda app, **asked: _answer(app, {"request": app.object(**asked)}),
}


PUBLIC: dict[str, Any] = {"app_type": "spa", "token_endpoint_auth_method": "none"}
"""Who proves nothing pushes nothing."""


@pytest.mark.parametrize(
    ("fields", "way"),
    [({"require_pkce": True}, way) for way in WAYS] + [(PUBLIC, way) for way in WAYS if "pushed" not in way],
)
def test_f38_no_downgrade_is_taken_by_any_way(house: InProcess, fields: dict[str, Any], way: str) -> None:
    set_tenant(house, implicit_and_hybrid_supported=True)
    app = signing(house, grant_types=["authorization_code", "implicit"], **fields)
    for name, asked in DOWNGRADED.items():
        assert "code=" not in WAYS[way](app, **asked), name
    if "beside" not in way:
        assert "code=" in WAYS[way](app, **PKCE)


def test_f38_the_challenge_stays_while_a_person_is_asked(house: InProcess) -> None:
    """What the browser says when it comes back neither takes the challenge away nor puts another in its place."""
    for changed in ({"code_challenge": ""}, {"code_challenge": "A" * 43, "code_challenge_method": "plain"}):
        app = asking(house, is_first_party=False, **PUBLIC)
        code = app.ask(**PKCE).press("allow", **changed).answer["code"]
        form: dict[str, Any] = {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT_URI}
        for verifier in (None, "", "A" * 43, CHALLENGE):
            answer = house.token(client_id=app.client["client_id"], code_verifier=verifier, **form)
            assert answer.json()["error"] == "invalid_grant"
        assert house.token(client_id=app.client["client_id"], code_verifier=VERIFIER, **form).status == 200


def test_f38_a_claim_that_is_no_text_is_no_challenge(house: InProcess) -> None:
    app = signing(house, **PUBLIC)
    for challenge in (None, 0, True, [CHALLENGE], {"S256": CHALLENGE}):
        asked: dict[str, Any] = {"code_challenge": challenge, "code_challenge_method": "S256"}
        assert "code=" not in app.carry(app.object(**asked)).location
    assert "code=" not in app.carry(app.object(code_challenge=CHALLENGE, code_challenge_method=LEFT_OUT)).location
