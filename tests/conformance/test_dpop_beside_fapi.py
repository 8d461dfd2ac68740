"""DPoP for clients that no profile binds: what the checklist of all profiles says of it (conformance.md 8)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import asdict, replace

from tests.application import decoded, now_ms
from tests.authorization.asking import CHALLENGE, VERIFIER
from tests.conformance.back_channel import check_token_error, check_tokens
from tests.conformance.fapi_proofs import Prover
from tests.conformance.fapi_shown import ACCEPTED, REFUSED, Holding, with_default_port
from tests.conformance.provider import in_house
from tests.conformance.relying_party import RelyingParty, registered
from tests.conformance.suite import Flow, Plan, plan_of
from tests.forge import Key
from tests.inprocess import InProcess, in_process
from tests.management.custom_domains.domain_calls import verified
from tests.nameserver import NameServer
from tests.signin import Reply


class ProvingParty(RelyingParty, frozen=True, kw_only=True):
    """A relying party that sends a proof with each request of its own."""

    prover: Prover

    @property
    def token_type(self) -> str:
        """RFC 9449 5."""
        return "DPoP"

    def token(self, fields: dict[str, str], *, authenticates: bool = True) -> Reply:
        """A token request; of a public client without anything that would prove who it is."""
        url, is_public = self.provider.metadata["token_endpoint"], self.method == "none"

        def send(proof: dict[str, str]) -> Reply:
            said, headers = ({"client_id": self.client_id}, {}) if is_public else self._proof()
            return self.provider.post(url, {**fields, **said}, {**headers, **proof})

        return self.prover.sent(send, "POST", url)

    def fetch(self, url: str, access_token: str) -> Reply:
        """GET with an access token."""
        shown = {"authorization": f"DPoP {access_token}"}
        browser = self.provider.browser()
        return self.prover.sent(lambda proof: browser.get(url, {**shown, **proof}).reply, "GET", url, access_token)

    def with_another_key(self) -> ProvingParty:
        """The same client, from another device."""
        return replace(self, prover=self.prover.other())


def proving(plan: Plan, method: str, **fields: object) -> ProvingParty:
    """A new client without a level, and a key that nobody registered."""
    party = registered(plan.provider, method, **fields)  # type: ignore[arg-type]
    return ProvingParty(**{**asdict(party), "prover": Prover(Key("ES256"), plan.provider.now_s)})


def flow(plan: Plan, party: ProvingParty, scope: str = "openid") -> Flow:
    """A whole flow: PKCE, tokens, /userinfo, each with its checks."""
    found = plan.flow(
        party=party,
        redeem={"code_verifier": VERIFIER},
        scope=scope,
        code_challenge=CHALLENGE,
        code_challenge_method="S256",
        prompt="consent" if "offline_access" in scope else None,
    )
    assert decoded(found.tokens["access_token"])[1]["cnf"] == {"jkt": party.prover.jkt}
    return found


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post", "private_key_jwt", "none"])
def test_whoever_sends_proofs_gets_bound_tokens(plan: Plan, method: str) -> None:
    """Nothing of it needs to be registered. A bearer has nothing of such a token, nor has another key."""
    party = proving(plan, method)
    token, url = flow(plan, party).tokens["access_token"], plan.provider.metadata["userinfo_endpoint"]
    assert plan.provider.fetch(url, token).status == 401
    assert party.with_another_key().fetch(url, token).status == 401
    assert party.fetch(url, token).status == 200


@pytest.mark.parametrize("alg", ["ES256", "PS256", "EdDSA"])
def test_a_bound_token_is_shown_as_under_fapi(plan: Plan, alg: str) -> None:
    """dpop-negative-tests; with a key of RSA a proof by RS256 is wrong by its algorithm alone."""
    party = proving(plan, "client_secret_basic")
    party = replace(party, prover=party.prover.with_key(Key(alg)))
    url = plan.provider.metadata["userinfo_endpoint"]
    held = Holding(prover=party.prover, access_token=flow(plan, party).tokens["access_token"], url=url)
    statuses = {
        name: plan.provider.browser().get(url, how(held)).status for name, how in {**REFUSED, **ACCEPTED}.items()
    }
    assert {name for name in REFUSED if statuses[name] not in (400, 401)} == set()
    assert {name for name in ACCEPTED if statuses[name] != 200} == set()


def test_a_token_that_is_not_bound_is_no_dpop_token(plan: Plan) -> None:
    """RFC 9449 7.1: the scheme is for bound tokens; a proof beside a bearer token changes nothing."""
    token, url = plan.flow().tokens["access_token"], plan.provider.metadata["userinfo_endpoint"]
    assert proving(plan, "client_secret_basic").fetch(url, token).status == 401
    assert plan.provider.fetch(url, token).status == 200


def refreshed(party: ProvingParty, flow: Flow) -> Reply:
    """The answer to its refresh token."""
    return party.refresh(flow.tokens["refresh_token"])


def test_refresh_tokens_of_public_clients_are_for_their_key(plan: Plan) -> None:
    """RFC 9449 5; the client gets a nonce before anything else, so that no proof was made ahead."""
    party = proving(plan, "none")
    found = flow(plan, party, "openid offline_access")
    assert party.prover.challenged == [plan.provider.metadata["token_endpoint"]]
    check_token_error(refreshed(party.with_another_key(), found), "invalid_grant")
    check_tokens(party, refreshed(party, found), "openid offline_access")


def test_refresh_tokens_of_confidential_clients_are_for_any_key(plan: Plan) -> None:
    """RFC 9449 5: they are bound to who authenticates; the new token is to the new key."""
    party = proving(plan, "client_secret_basic")
    found, other = flow(plan, party, "openid offline_access"), party.with_another_key()
    token = check_tokens(other, refreshed(other, found), "openid offline_access")["access_token"]
    assert decoded(token)[1]["cnf"] == {"jkt": other.prover.jkt}


def test_a_code_is_bound_to_the_key_that_the_browser_named(plan: Plan) -> None:
    """RFC 9449 10: ``dpop_jkt`` at the authorization endpoint, without any push."""
    party = proving(plan, "client_secret_basic")
    found = plan.flow(party=party, dpop_jkt=party.prover.jkt)
    assert found.tokens["token_type"] == "DPoP"
    other = party.with_another_key()
    request = party.request(dpop_jkt=party.prover.jkt)
    stop = party.send(found.browser, request)
    check_token_error(other.redeem(stop.answer["code"]), "invalid_grant", "invalid_dpop_proof")
    check_token_error(RelyingParty.redeem(_bearer(party), stop.answer["code"]), "invalid_grant", "invalid_request")


def _bearer(party: ProvingParty) -> RelyingParty:
    members = {name: value for name, value in asdict(party).items() if name != "prover"}
    return RelyingParty(**members)


@pytest.fixture
def at_domain(tmp_path: Path, dns: NameServer) -> Iterator[Plan]:
    """A tenant's own domain, at the port that no URL names."""
    with in_process(tmp_path / "data", now_ms(), dns_server=dns.address) as house:
        domain = str(verified(house, dns)["domain"])
        plan = plan_of(in_house(house))
        house.host = domain.encode()
        yield _moved(house, plan, f"https://{domain}/")


def _moved(house: InProcess, plan: Plan, issuer: str) -> Plan:
    """The same plan, which knows the server by this issuer alone."""
    provider = replace(in_house(house), issuer=issuer)
    client, second = (replace(party, provider=provider) for party in (plan.client, plan.second_client))
    return replace(plan, provider=provider, client=client, second_client=second)


def test_htu_may_name_the_default_port(at_domain: Plan) -> None:
    """dpop-negative-tests warns where it may not (RFC 3986 6.2.3)."""
    party = proving(at_domain, "client_secret_basic")
    token, url = flow(at_domain, party).tokens["access_token"], at_domain.provider.metadata["userinfo_endpoint"]
    assert url == "https://id.acme.example/userinfo"
    shown = {"authorization": f"DPoP {token}"}
    for htu, status in ((with_default_port(url), 200), (url, 200), (url.replace("/userinfo", ":444/userinfo"), 401)):
        proof = party.prover.proof("GET", url, token, htu=htu)
        assert at_domain.provider.browser().get(url, {**shown, "DPoP": proof}).status == status
