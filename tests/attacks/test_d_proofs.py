"""attacks.md 29 to 31 where tokens are given out: nonces, proofs of another request, demands that nobody bypasses."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tallystick.deployment.new_tenant import create_tenant
from tallystick.sender.nonces import STEP_MS, STEPS_MAX
from tests.application import decoded
from tests.authorization.asking import CHALLENGE, check_of, set_tenant
from tests.authorization.asking import asking as asking_at_authorize
from tests.authorization.pushing import PKCE, proof_of
from tests.inprocess import FORM, Answered, InProcess, in_process
from tests.sender.holder import PAR, ask, key_for, post, proof_for, prove_of, retried
from tests.tokens.allowed import CALLBACK, PUBLIC, VERIFIER, Allowed, allowed

API = "https://api.example/"
KEY = key_for()
HYBRID = {"implicit_and_hybrid_supported": True}
OFFLINE = ["openid", "offline_access"]


def robot(house: InProcess, **fields: Any) -> dict[str, Any]:
    """The form of an application that asks for itself, at an API that takes bound tokens."""
    house.api(API, proof_of_possession={"mechanism": "dpop", "required": False})
    return {**prove_of(house.client(API, **fields)), "audience": API}


def redemption(app: Allowed, code: str) -> dict[str, Any]:
    """How a public client redeems its code."""
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK, "code_verifier": VERIFIER}
    return {**form, **app.proof}


def refused(house: InProcess, answer: Answered, check: str, error: str = "invalid_dpop_proof") -> None:
    assert (answer.status, answer.json()["error"], check_of(house)) == (400, error, check), answer.content
    told = error == "use_dpop_nonce"
    assert ("dpop-nonce" in answer.headers) is told


def current(house: InProcess, realm: str = "") -> str:
    """The nonce that is handed out now."""
    return house.worker.proofs.nonces.current(realm or house.tenant.tenant_id, house.clock.now_ms())


def test_d29_a_public_client_needs_a_nonce_and_loses_nothing_by_being_asked(house: InProcess) -> None:
    """auth0.md 6.4; RFC 9449 8: the very code is good afterwards."""
    app = allowed(house, **PUBLIC)
    form = redemption(app, app.code(OFFLINE))
    first = ask(house, proof_for(house, KEY), **form)
    refused(house, first, "dpop.nonce_missing", "use_dpop_nonce")
    assert first.headers["cache-control"] == "no-store"
    answer = retried(house, KEY, first, **form)
    assert answer.status == 200, answer.content
    refresh = {"grant_type": "refresh_token", "refresh_token": answer.json()["refresh_token"], **app.proof}
    refused(house, ask(house, proof_for(house, KEY), **refresh), "dpop.nonce_missing", "use_dpop_nonce")
    assert ask(house, proof_for(house, KEY, nonce=current(house)), **refresh).status == 200
    # Without any proof it is asked for nothing: its API and profile say whether there must be one.
    assert ask(house, **redemption(app, app.code())).status == 200


def test_a_page_may_read_the_nonce(house: InProcess) -> None:
    """attacks.md 50; RFC 9449 8: or no application in a browser could ever show one."""
    app = allowed(house, **PUBLIC)
    headers = [(b"content-type", FORM), (b"origin", b"https://app.example"), (b"dpop", proof_for(house, KEY).encode())]
    content = f"grant_type=authorization_code&code=x&client_id={app.client_id}".encode()
    answer = house.sent("POST", "/oauth/token", content, headers)
    assert answer.json()["error"] == "use_dpop_nonce"
    assert answer.headers["access-control-allow-origin"] == "https://app.example"
    assert "DPoP-Nonce" in answer.headers["access-control-expose-headers"].split(", ")
    asked = {b"origin": b"https://app.example", b"access-control-request-headers": b"dpop"}
    preflight = house.request("OPTIONS", "/oauth/token", headers=asked)
    assert "DPoP" in preflight.headers["access-control-allow-headers"].split(", ")


def test_d29_a_confidential_client_needs_none_but_shows_no_other_than_ours(house: InProcess) -> None:
    form = robot(house)
    assert ask(house, proof_for(house, KEY), **form).status == 200
    for wrong in ("x", current(house, "another tenant"), current(house)[:-1]):
        answer = ask(house, proof_for(house, KEY, nonce=wrong), **form)
        refused(house, answer, "dpop.nonce", "use_dpop_nonce")
        assert answer.headers["dpop-nonce"] == current(house)
    assert ask(house, proof_for(house, KEY, nonce=current(house)), **form).status == 200


def test_d29_an_old_nonce_is_over_and_an_older_one_is_replaced_in_time(house: InProcess) -> None:
    form, nonce = robot(house), current(house)
    house.clock.advance(STEP_MS / 1000)
    good = ask(house, proof_for(house, KEY, nonce=nonce), **form)
    assert (good.status, good.headers["dpop-nonce"]) == (200, current(house))
    # What is refused for something else tells the next one too.
    elsewhere = ask(house, proof_for(house, KEY, nonce=nonce), **{**form, "audience": "https://nobody.example/"})
    assert (elsewhere.json()["error"], elsewhere.headers["dpop-nonce"]) == ("invalid_target", current(house))
    house.clock.advance((STEPS_MAX + 1) * STEP_MS / 1000)
    refused(house, ask(house, proof_for(house, KEY, nonce=nonce), **form), "dpop.nonce", "use_dpop_nonce")


def test_d29_a_tenant_may_demand_nonces_of_everybody(house: InProcess) -> None:
    form = robot(house)
    app = asking_at_authorize(house)
    pushing = {**app.parameters(), **PKCE, **proof_of(app)}
    set_tenant(house, dpop_nonce_required=True)
    for path, sent, status in (("oauth/token", {"grant_type": "client_credentials", **form}, 200), (PAR, pushing, 201)):
        answer = post(house, path, sent, proof_for(house, KEY, path))
        refused(house, answer, "dpop.nonce_missing", "use_dpop_nonce")
        nonce = answer.headers["dpop-nonce"]
        assert post(house, path, sent, proof_for(house, KEY, path, nonce=nonce)).status == status
        # Who shows no proof is asked for none.
        assert post(house, path, sent).status == status


def test_d29_a_nonce_of_another_node_is_good(house: InProcess) -> None:
    form, nonce = robot(house), current(house)
    with in_process(house.settings.data, house.clock.now_ms()) as other:
        assert other.worker is not house.worker
        assert ask(other, proof_for(other, KEY, nonce=nonce), **form).status == 200


@pytest.fixture
def neighbour(house: InProcess) -> tuple[bytes, str]:
    """Another tenant of the same server: its host, and the nonce that it is told there."""
    tenant, _ = house.run(create_tenant(house.settings, "umbrella", "umbrella.example"))
    for _ in range(200):
        if "umbrella.example" in house.run(house.opened.hosts()):
            break
        house.run(asyncio.sleep(0.01))
    return b"umbrella.example:8443", current(house, tenant.tenant_id)


def test_d29_a_nonce_and_a_proof_of_another_tenant_are_not(house: InProcess, neighbour: tuple[bytes, str]) -> None:
    form, (host, nonce) = robot(house), neighbour
    refused(house, ask(house, proof_for(house, KEY, nonce=nonce), **form), "dpop.nonce", "use_dpop_nonce")
    there = KEY.proof("POST", f"https://{host.decode()}/oauth/token", now_ms=house.clock.now_ms())
    refused(house, ask(house, there, **form), "dpop.htu")


@pytest.mark.parametrize(
    ("method", "url", "check"),
    [
        ("GET", "oauth/token", "dpop.htm"),
        ("post", "oauth/token", "dpop.htm"),
        ("POST", "oauth/par", "dpop.htu"),
        ("POST", "oauth/token/", "dpop.htu"),
        ("POST", "OAuth/Token", "dpop.htu"),
        ("POST", "", "dpop.htu"),
    ],
)
def test_d30_a_proof_of_another_request(house: InProcess, method: str, url: str, check: str) -> None:
    refused(house, ask(house, proof_for(house, KEY, url, method), **robot(house)), check)


def test_d30_the_url_under_each_of_its_names(house: InProcess) -> None:
    """The issuer's, the mTLS alias, the host that was asked; query and fragment count for nothing."""
    form, now_ms = robot(house), house.clock.now_ms()
    for url in (
        "https://localhost:8443/oauth/token?x=1#y",
        "https://LOCALHOST:8443/oauth/token",
        "https://localhost:8444/oauth/token",
    ):
        assert ask(house, KEY.proof("POST", url, now_ms=now_ms), **form).status == 200, url
    elsewhere = KEY.proof("POST", "https://127.0.0.1:8443/oauth/token", now_ms=now_ms)
    refused(house, ask(house, elsewhere, **form), "dpop.htu")
    house.host = b"127.0.0.1:8443"
    assert ask(house, elsewhere, **form).status == 200
    house.host = b"evil.example"
    assert ask(house, KEY.proof("POST", "https://evil.example/oauth/token", now_ms=now_ms), **form).status >= 400


def test_d30_two_headers_an_empty_one_and_none_of_our_business(house: InProcess) -> None:
    form = robot(house)
    refused(house, ask(house, proof_for(house, KEY), proof_for(house, KEY), **form), "dpop.once")
    refused(house, ask(house, "", **form), "jwt.parts")
    refused(house, ask(house, f"{proof_for(house, KEY)}, {proof_for(house, KEY)}", **form), "jwt.parts")
    assert ask(house, **form).json()["token_type"] == "Bearer"


def test_d30_a_proof_is_judged_after_the_client_has_proven_itself(house: InProcess) -> None:
    """A stranger learns nothing about proofs, and costs no signature."""
    form = robot(house)
    answer = ask(house, "nonsense", **{**form, "client_secret": "wrong"})
    assert (answer.status, answer.json()["error"]) == (401, "invalid_client")


FRONT = ("token", "id_token token", "code token", "code id_token token")


@pytest.mark.parametrize("response_type", FRONT)
@pytest.mark.parametrize("by", ["the API", "the client"])
def test_d31_no_token_through_the_browser_bypasses_a_demand(house: InProcess, response_type: str, by: str) -> None:
    """keycloak#48428: what must be bound cannot be where nobody proves anything."""
    set_tenant(house, **HYBRID)
    house.api(API, proof_of_possession={"mechanism": "dpop", "required": by == "the API"})
    fields: dict[str, Any] = {"require_proof_of_possession": True} if by == "the client" else {}
    app = asking_at_authorize(house, grant_types=["authorization_code", "implicit"], **fields)
    wanted = {"response_type": response_type, "nonce": "n", "scope": "openid read", "audience": API}
    for more in ({}, {"dpop_jkt": KEY.jkt}):
        answer = app.ask(**wanted, **more).answer
        assert answer["error"] == "invalid_request", answer
        assert not answer.keys() & {"access_token", "code", "id_token"}
        assert check_of(house) == "sender.constrain"


def test_d31_where_nobody_demands_it_the_browser_gets_a_bearer_token(house: InProcess) -> None:
    """And the code beside it is bound all the same."""
    set_tenant(house, **HYBRID)
    app = asking_at_authorize(house, grant_types=["authorization_code", "implicit"])
    wanted = {"response_type": "code id_token token", "nonce": "n", "code_challenge": CHALLENGE}
    answer = app.ask(**wanted, code_challenge_method="S256", dpop_jkt=KEY.jkt).answer
    assert answer["token_type"] == "Bearer"
    assert "cnf" not in decoded(answer["access_token"])[1]
    form = {"grant_type": "authorization_code", "code": answer["code"], "code_verifier": "v" * 43}
    given = {**form, "redirect_uri": "https://app.example/callback", **prove_of(app.client)}
    refused(house, ask(house, **given), "code.possession", "invalid_grant")
