"""Attack 29 where access tokens are taken: nonces that are missing, old, made up, or another's (RFC 9449 8, 9)."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from msgspec.structs import replace

from tallystick.sender.nonces import Nonces
from tests.attacks.bound_resources import Resource, management_of, userinfo_of
from tests.authorization.asking import set_tenant
from tests.inprocess import Answered, InProcess

MAKERS = [userinfo_of, management_of]


@pytest.fixture(params=MAKERS, ids=["userinfo", "management"])
def own(request: pytest.FixtureRequest, house: InProcess) -> Resource:
    """A resource of a tenant that demands nonces of everybody."""
    make: Callable[[InProcess], Resource] = request.param
    made = make(house)
    set_tenant(house, dpop_nonce_required=True)
    return made


def wanted(resource: Resource, answer: Answered, check: str) -> str:
    """The nonce that the refusal gives."""
    resource.refused(answer, "use_dpop_nonce", check)
    assert answer.headers["www-authenticate"].startswith("DPoP ")
    assert "Bearer" not in answer.headers["www-authenticate"]
    return answer.headers["dpop-nonce"]


def test_d29_a_nonce_is_asked_for_and_used(own: Resource) -> None:
    nonce = wanted(own, own.call(own.proof()), "dpop.nonce_missing")
    answer = own.call(own.proof(nonce=nonce))
    assert (answer.status, "dpop-nonce" in answer.headers) == (200, False)
    # It may be used again, with another jti, until it is old; the next one comes along in good time.
    own.house.clock.advance(61)
    answer = own.call(own.proof(nonce=nonce))
    assert (answer.status, answer.headers["dpop-nonce"] != nonce) == (200, True)
    own.house.clock.advance(6 * 60)
    assert wanted(own, own.call(own.proof(nonce=nonce)), "dpop.nonce") != nonce


def test_d29_the_next_nonce_comes_with_a_refusal_too(house: InProcess) -> None:
    resource = management_of(house)
    nonce = house.worker.proofs.nonces.current(house.tenant.tenant_id, house.clock.now_ms())
    house.clock.advance(61)
    nowhere = replace(resource, path="api/v2/nothing")
    answer = nowhere.call(nowhere.proof(nonce=nonce))
    assert (answer.status, len(answer.headers["dpop-nonce"])) == (404, 27)


@pytest.mark.parametrize("nonce", ["", "x", "n" * 27, "A" * 27])
def test_d29_a_nonce_that_is_made_up(own: Resource, nonce: str) -> None:
    if nonce:
        wanted(own, own.call(own.proof(nonce=nonce)), "dpop.nonce")
    else:
        own.refused(own.call(own.proof(nonce=nonce)), "invalid_dpop_proof", "jwt.claim.nonce")


def test_d29_a_nonce_of_another_tenant_or_deployment(own: Resource) -> None:
    house = own.house
    now_ms = house.clock.now_ms()
    others = (house.worker.proofs.nonces.current("another", now_ms), Nonces(b"k" * 32).current("", now_ms))
    for nonce in others:
        wanted(own, own.call(own.proof(nonce=nonce)), "dpop.nonce")
    ours = house.worker.proofs.nonces.current(house.tenant.tenant_id, now_ms)
    assert own.call(own.proof(nonce=ours)).status == 200


def test_where_none_is_needed_a_nonce_that_is_shown_must_be_fresh(house: InProcess) -> None:
    resource = userinfo_of(house)
    wanted(resource, resource.call(resource.proof(nonce="x")), "dpop.nonce")
    assert resource.call(resource.proof()).status == 200
