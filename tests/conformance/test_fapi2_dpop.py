"""FAPI 2 Security Profile, Final: the modules that only run with DPoP, by private_key_jwt and by mTLS.

Those of the profile client_credentials_grant run by either grant: for /userinfo, and for the Management API.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from msgspec.structs import replace

from tests.conformance.back_channel import check_token_error, check_tokens
from tests.conformance.fapi_party import FapiParty
from tests.conformance.fapi_proofs import Claims, Prover
from tests.conformance.fapi_shown import ACCEPTED, REFUSED, Holding, Showing
from tests.conformance.fapi_suite import FapiPlan, check_bound
from tests.conformance.grants import GRANTS, fields_of, token_of
from tests.forge import Key
from tests.inprocess import InProcess

RSA = Key("PS256")
OTHER_KEY = ("invalid_request", "invalid_grant", "invalid_dpop_proof")


def runs(plan: FapiPlan, grant: str) -> None:
    """The whole flow of either grant with both clients: at PAR, at the token endpoint, and at the resource."""
    for party in plan.parties:
        if grant == "authorization_code":
            assert plan.flow(party).userinfo
            continue
        token = token_of(plan, party, grant)
        check_bound(party, token)
        assert party.fetch(plan.management_url, token).status == 200


def runs_with(plan: FapiPlan, grant: str, changes: Callable[[int], Claims]) -> None:
    """The same where every proof has these claims."""
    runs(plan.proving(lambda prover: prover.changed(changes)), grant)


def test_fapi2_security_profile_final_check_dpop_proof_nbf_exp(fapi_by_proof: FapiPlan, grant: str) -> None:
    runs_with(fapi_by_proof, grant, lambda now_s: {"nbf": now_s, "exp": now_s + 60})


def test_fapi2_security_profile_final_ensure_dpopproof_with_iat_10seconds_before_succeeds(
    fapi_by_proof: FapiPlan, grant: str
) -> None:
    runs_with(fapi_by_proof, grant, lambda now_s: {"iat": now_s - 10})


def test_fapi2_security_profile_final_ensure_dpopproof_with_iat_10seconds_after_succeeds(
    fapi_by_proof: FapiPlan, grant: str
) -> None:
    """8 s in fact; the 10 that its name says, too."""
    for seconds in (8, 10):
        runs_with(fapi_by_proof, grant, lambda now_s, ahead=seconds: {"iat": now_s + ahead})  # type: ignore[misc]


def test_fapi2_security_profile_final_ensure_mismatched_dpop_jkt_fails(fapi_by_proof: FapiPlan) -> None:
    for party in fapi_by_proof.parties:
        request = party.request(dpop_jkt=fresh(party).confirmation["jkt"])
        reply = party.push(party.carried(request), possesses=True)
        check_token_error(reply, "invalid_request", "invalid_dpop_proof")


def fresh(party: FapiParty) -> FapiParty:
    """The party, which lost its key and has another."""
    assert party.prover is not None
    return replace(party, prover=party.prover.other())


def redeemed_by_another_key(plan: FapiPlan, party: FapiParty) -> None:
    """A code is for its key alone; the attempt spends nothing."""
    code = plan.code(party)
    reply = fresh(party).redeem(code)
    assert reply.status == 400
    check_token_error(reply, *OTHER_KEY)
    check_bound(party, check_tokens(party, party.redeem(code), "openid")["access_token"])


def test_fapi2_security_profile_final_ensure_token_endpoint_fails_with_mismatched_dpop_proof_jkt(
    fapi_by_proof: FapiPlan,
) -> None:
    """Bound by the proof at PAR, which the first client sends."""
    assert "dpop_jkt" not in fapi_by_proof.client.request()
    redeemed_by_another_key(fapi_by_proof, fapi_by_proof.client)


def test_fapi2_security_profile_final_ensure_token_endpoint_fails_with_mismatched_dpop_jkt(
    fapi_by_proof: FapiPlan,
) -> None:
    """Bound by ``dpop_jkt`` alone, which the second client sends."""
    assert "dpop_jkt" in fapi_by_proof.second_client.request()
    redeemed_by_another_key(fapi_by_proof, fapi_by_proof.second_client)


def test_fapi2_security_profile_final_ensure_dpopproof_at_par_endpoint_binding_success(fapi_by_proof: FapiPlan) -> None:
    """By the proof alone: `ensure-token-endpoint-fails-with-mismatched-dpop-proof-jkt` sees that it binds."""
    assert fapi_by_proof.flow().tokens["token_type"] == "DPoP"


def test_fapi2_security_profile_final_ensure_dpop_auth_code_binding_success(fapi_by_proof: FapiPlan) -> None:
    """By ``dpop_jkt`` and a proof of the same key."""
    party = fapi_by_proof.client
    assert fapi_by_proof.flow(dpop_jkt=party.confirmation["jkt"]).tokens["token_type"] == "DPoP"


def holding(plan: FapiPlan, party: FapiParty, grant: str) -> Holding:
    """A token by this grant, and the resource it is for."""
    assert party.prover is not None
    is_code = grant == "authorization_code"
    url = plan.provider.metadata["userinfo_endpoint"] if is_code else plan.management_url
    return Holding(prover=party.prover, access_token=token_of(plan, party, grant), url=url)


def statuses(party: FapiParty, held: Holding, showings: dict[str, Showing]) -> dict[str, int]:
    """What is answered to each."""
    return {name: party.get(held.url, showing(held)).status for name, showing in showings.items()}


def test_fapi2_security_profile_final_dpop_negative_tests(fapi_by_proof: FapiPlan, grant: str) -> None:
    """With a key of RSA, by which a proof by RS256 would be good but for its algorithm."""
    client, prover = fapi_by_proof.client, fapi_by_proof.client.prover
    assert prover is not None
    party = replace(client, prover=prover.with_key(RSA))
    held = holding(fapi_by_proof, party, grant)
    refused, answered = statuses(party, held, dict(REFUSED)), statuses(party, held, dict(ACCEPTED))
    assert {name for name, status in refused.items() if status not in (400, 401)} == set()
    assert {name for name, status in answered.items() if status != 200} == set()


def test_a_proof_opens_a_resource_once(fapi_by_proof: FapiPlan, grant: str) -> None:
    """dpop-negative-tests warns of more. Another resource it never opens: its URL is another."""
    party = fapi_by_proof.client
    held = holding(fapi_by_proof, party, grant)
    headers = held.shown()
    assert [party.get(held.url, headers).status for _ in range(2)] == [200, 401]
    again = [held.shown(held.proof(jti=f"of-{held.access_token[-16:]}")) for _ in range(2)]
    assert [party.get(held.url, headers).status for headers in again] == [200, 401]


def test_a_proof_gets_tokens_once(fapi_by_proof: FapiPlan, grant: str) -> None:
    """Nor does its ``jti`` push a second request."""
    party = fapi_by_proof.client
    assert party.prover is not None
    jti = f"of-{party.client_id}-{grant}"
    again = replace(party, prover=party.prover.changed(lambda now_s: {"jti": jti}))
    forms = [fields_of(fapi_by_proof, party, grant) for _ in range(2)]
    replies = [again.token(form) for form in forms]
    assert replies[0].status == 200
    check_token_error(replies[1], "invalid_dpop_proof")
    check_token_error(again.push(party.carried(party.request())), "invalid_dpop_proof")


def test_a_proof_pushes_a_request_once(fapi_by_proof: FapiPlan) -> None:
    party = fapi_by_proof.client
    assert party.prover is not None
    again = replace(party, prover=party.prover.changed(lambda now_s: {"jti": f"to-push-of-{party.client_id}"}))
    first, second = (again.push(party.carried(party.request())) for _ in range(2))
    assert first.status == 201
    check_token_error(second, "invalid_dpop_proof")


def test_a_refused_proof_is_not_used_up(fapi_by_proof: FapiPlan, grant: str) -> None:
    """A proof that came with somebody else's token, as it may be sent by mistake, is good for its own."""
    party = fapi_by_proof.client
    held, other = (holding(fapi_by_proof, one, grant) for one in (party, fresh(party)))
    headers = held.shown()
    assert party.get(held.url, {**headers, "authorization": f"DPoP {other.access_token}"}).status == 401
    assert party.get(held.url, headers).status == 200


# Nonces (RFC 9449 8, 9): challenges are accepted at PAR, at the token endpoint and at the resource, one retry each.


@pytest.fixture
def nonces_demanded(fapi_house: InProcess) -> Iterator[None]:
    """A tenant that demands them of everybody, for as long as it takes."""
    fapi_house.ask("PATCH", "tenants/settings", {"dpop_nonce_required": True})
    yield
    fapi_house.ask("PATCH", "tenants/settings", {"dpop_nonce_required": False})


@pytest.mark.usefixtures("nonces_demanded")
def test_every_challenge_for_a_nonce_is_met_by_one_retry(fapi_by_proof: FapiPlan, grant: str) -> None:
    plan = fapi_by_proof.proving(Prover.forgetful)
    runs(plan, grant)
    for party in plan.parties:
        assert party.prover is not None
        challenged = [url.rpartition("/")[2] for url in party.prover.challenged]
        by_code = ["token", "userinfo"] if party.is_second else ["par", "token", "userinfo"]
        assert challenged == (by_code if grant == GRANTS[0] else ["token", "settings"])


@pytest.mark.usefixtures("nonces_demanded")
def test_a_nonce_serves_until_another_is_handed_out(fapi_by_proof: FapiPlan) -> None:
    """What PAR handed out is good at the token endpoint and at the resource; minutes later the next comes along."""
    plan = fapi_by_proof.proving(lambda prover: prover.with_key(prover.key))
    prover = plan.client.prover
    assert prover is not None
    runs(plan, GRANTS[0])
    assert len(prover.challenged) == 1
    first = prover.nonce
    plan.provider.wait(120)
    assert plan.flow(plan.client).userinfo
    assert (len(prover.challenged), prover.nonce != first) == (1, True)


@pytest.mark.usefixtures("nonces_demanded")
def test_with_nonces_a_proof_is_dated_all_the_same(fapi_by_proof: FapiPlan, grant: str) -> None:
    """dpop-negative-tests lets a server forget ``iat`` where it hands out nonces. This one does not."""
    party = fapi_by_proof.client
    held = holding(fapi_by_proof, party, grant)
    hour: dict[str, Any] = {name: REFUSED[name] for name in ("an hour ago", "in an hour")}
    assert party.fetch(held.url, held.access_token).status == 200
    assert set(statuses(party, held, hour).values()) == {401}
