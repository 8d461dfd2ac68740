"""Clients whose certificate is in their JWK Set (RFC 8705 2.2.2): which are taken, what is asked when, what is told."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from tests.application import now_ms
from tests.certificate_mill import EXPIRED_DAYS, FUTURE_DAYS, Holder, authority, certify, leaf
from tests.certificate_mill import jwk_with as jwk
from tests.clientauth.evidence import der
from tests.forge import Key
from tests.inprocess import Answered, InProcess, in_process
from tests.publisher import Published, Robot

METHOD = "self_signed_tls_client_auth"
ONE, TWO = leaf("CN=one"), leaf("CN=two")
DAY_S = 86400


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InProcess]:
    with in_process(tmp_path_factory.mktemp("certificates") / "data", now_ms()) as running:
        running.api()
        yield running


class Certified(Robot):
    """An application with certificates at an address of its own, or where ``holder`` says."""

    def __init__(self, house: InProcess) -> None:
        published = Published()
        published.serve(house.worker.key_sets)
        super().__init__(house, published, "https://api.example/")
        self.use(jwks_uri=self.url)

    def use(self, **holder: Any) -> Any:
        """Have the certificates there."""
        return self.change(client_authentication_methods={METHOD: holder})

    def shown(self, *holders: Holder) -> Answered:
        """A token request on a connection that shows these."""
        shown = tuple(der(each) for each in holders)
        return self.house.token(shown, client_id=self.client_id, audience=self.audience)

    def refused(self, *holders: Holder) -> dict[str, Any]:
        """The log's details of the refusal."""
        assert self.shown(*holders).status == 401
        rows = self.house.ask("GET", "logs?per_page=1&sort=date:-1&q=type:feccft")
        details: dict[str, Any] = rows[0]["details"]
        return details

    def key_set(self) -> dict[str, Any]:
        """What the Management API shows of it."""
        (found,) = self.house.ask("GET", f"clients/{self.client_id}/key-sets")
        shown: dict[str, Any] = found
        return shown


@pytest.fixture
def robot(house: InProcess) -> Certified:
    made = Certified(house)
    made.put(jwk(ONE, kid="one"))
    return made


class TestByAddress:
    def test_nothing_is_fetched_for_whoever_shows_another_method(self, robot: Certified) -> None:
        """A stranger who knows a client_id cannot make us ask at its address: attacks.md 32."""
        refused = robot.house.token(
            (der(ONE),), client_id=robot.client_id, client_secret="s" * 43, audience=robot.audience
        )
        assert (refused.status, robot.fetches) == (401, 0)

    def test_rfc8705_2_2_2_a_certificate_of_the_set_is_the_client(self, robot: Certified) -> None:
        assert [robot.shown(ONE).status for _ in range(3)] == [200, 200, 200]
        assert robot.fetches == 1
        details = robot.refused(TWO)
        assert (details["check"], details["key_set"]["url"]) == (f"{METHOD}.registered", robot.url)

    def test_a_renewed_certificate_is_taken_as_soon_as_its_set_has_it(self, robot: Certified) -> None:
        renewed = leaf("CN=one", key=ONE.key)
        assert (robot.shown(ONE).status, robot.shown(renewed).status) == (200, 401)
        robot.put(jwk(ONE), jwk(renewed))
        robot.house.clock.advance(10)
        assert (robot.shown(renewed).status, robot.shown(ONE).status) == (200, 200)
        assert robot.fetches == 2

    def test_c21_it_is_the_leaf_that_is_looked_for(self, robot: Certified) -> None:
        """A known certificate beside it is nobody's reason not to ask."""
        renewed = leaf("CN=one", key=ONE.key)
        assert robot.shown(ONE).status == 200
        robot.put(jwk(ONE), jwk(renewed))
        robot.house.clock.advance(10)
        assert robot.shown(renewed, ONE).status == 200

    def test_unknown_certificates_cost_a_fetch_in_ten_seconds_and_no_more(self, robot: Certified) -> None:
        assert robot.shown(ONE).status == 200
        strangers = [leaf(f"CN=stranger {number}") for number in range(3)]
        for rounds in (1, 2):
            robot.house.clock.advance(10)
            for stranger in strangers:
                assert robot.shown(stranger).status == 401
            assert robot.shown(ONE).status == 200
            assert robot.fetches == 1 + rounds
        # What nobody can read is asked for like any other.
        assert robot.house.token((b"\x30\x03abc",), client_id=robot.client_id, audience=robot.audience).status == 401
        assert robot.fetches == 3

    def test_without_a_certificate_nothing_is_fetched(self, robot: Certified) -> None:
        assert robot.shown().status == 401
        assert robot.fetches == 0

    def test_an_address_that_does_not_answer_proves_nobody(self, robot: Certified) -> None:
        robot.published.fail(robot.url)
        details = robot.refused(ONE)
        assert details["check"] == f"{METHOD}.key_set"
        assert details["key_set"]["last_error"] == "time: It took longer than 10 seconds."

    def test_what_is_found_is_shown_with_its_uses(self, robot: Certified) -> None:
        fresh = leaf("CN=fresh")
        robot.put(jwk(fresh, kid="one"), jwk(leaf("CN=old", days=EXPIRED_DAYS), kid="old"))
        assert robot.shown(fresh).status == 200
        robot.house.flush()
        shown = robot.key_set()
        (certificate,) = shown["certificates"]
        assert (certificate["kid"], certificate["subject"], certificate["uses"]) == ("one", "CN=fresh", 1)
        assert certificate["thumbprint_sha256"] == fresh.thumbprint
        assert (shown["usage"], shown["keys"]) == (METHOD, [])
        assert [(one["kid"], one["check"]) for one in shown["refused"]] == [("old", "certificate.expired")]
        assert shown["refused"][0]["reason"]

    def test_the_debugger_asks_as_the_endpoint_does(self, robot: Certified) -> None:
        for holder, result in ((ONE, "passed"), (TWO, "failed")):
            given = {"pem": holder.pem, "client_id": robot.client_id}
            told = robot.house.made("POST", "debug/certificate", given)
            assert {each["rule"]: each["result"] for each in told["rules"]}["registered"] == result
            assert told["key_set"]["url"] == robot.url
            assert [each["matches"] for each in told["credentials"]] == [result == "passed"]


P384 = ec.generate_private_key(ec.SECP384R1())
BAD: dict[str, tuple[Holder, dict[str, Any], str]] = {
    "no certificate": (ONE, {"x5c": None}, "certificate.x5c"),
    "an empty chain": (ONE, {"x5c": []}, "certificate.x5c"),
    "no text": (ONE, {"x5c": [7]}, "certificate.x5c"),
    "no array": (ONE, {"x5c": "MIIB"}, "certificate.x5c"),
    "base64url": (ONE, {"x5c": ["_-_-"]}, "certificate.x5c"),
    "no certificate in it": (ONE, {"x5c": ["AAAA"]}, "certificate.der"),
    "too long": (ONE, {"x5c": ["A" * 12_000]}, "certificate.size"),
    "over another key": (ONE, {"x5c": jwk(TWO)["x5c"]}, "certificate.x5c_key"),
    "the own one second": (ONE, {"x5c": jwk(TWO, ONE)["x5c"]}, "certificate.x5c_key"),
    "the thumbprint of another": (ONE, {"x5t#S256": TWO.thumbprint}, "certificate.x5c_thumbprint"),
    "expired": (leaf("CN=old", days=EXPIRED_DAYS), {}, "certificate.expired"),
    "a weak key": (leaf("CN=weak", key=rsa.generate_private_key(65537, 1024)), {"alg": "RS256"}, "key.rsa_size"),
    "for encryption": (ONE, {"use": "enc"}, "key.use"),
    "a secret key": (ONE, {"d": "AAAA"}, "private_key"),
}
NOT_READ_IN_OTHERS = {"no certificate", "for encryption"}
"""At an address these say nothing wrong: a key for another usage may stand there."""


class TestWhichCertificatesAreTaken:
    @pytest.mark.parametrize("case", BAD)
    def test_the_rules_of_upload_hold_for_each_alone(self, robot: Certified, case: str) -> None:
        holder, members, check = BAD[case]
        robot.put(jwk(holder, **members), jwk(TWO))
        assert (robot.shown(TWO).status, robot.shown(holder).status) == (200, 401)
        told = [one["check"] for one in robot.key_set()["refused"]]
        assert told == ([] if case in NOT_READ_IN_OTHERS else [check])
        # In the client itself it refuses the change.
        body = {"client_authentication_methods": {METHOD: {"jwks": {"keys": [jwk(holder, **members)]}}}}
        answer = robot.house.call("PATCH", f"clients/{robot.client_id}", body)
        assert answer.status == 400
        (row, *_) = robot.house.ask("GET", "logs?per_page=1&sort=date:-1&q=type:fapi")
        assert row["details"]["check"] == check

    def test_any_key_an_authoritys_certificate_and_a_chain_behind_it_are_taken(self, robot: Certified) -> None:
        """`openssl req -x509` says CA:TRUE; and what stands behind the first is nobody's identity."""
        one, other = authority("CN=one", key=P384), leaf("CN=other")
        robot.put(jwk(one, other, **{"x5t#S256": one.thumbprint}))
        assert (robot.shown(one).status, robot.shown(other).status, robot.shown(other, one).status) == (200, 401, 401)

    def test_its_dates_are_asked_at_every_use(self, robot: Certified) -> None:
        early = leaf("CN=early", days=FUTURE_DAYS)
        robot.put(jwk(early), jwk(ONE))
        assert robot.refused(early)["check"] == "certificate.not_yet_valid"

    def test_a_key_whose_certificate_is_not_taken_still_signs(self, robot: Certified) -> None:
        key = Key("ES256", "signs")
        old = certify("CN=old", days=EXPIRED_DAYS, key=key.private)
        robot.change(client_authentication_methods={"private_key_jwt": {"jwks_uri": robot.url}})
        robot.put(jwk(old, kid="signs"))
        assert robot.token(key).status == 200
        assert robot.key_set()["refused"] == []


class TestInTheClient:
    def test_the_certificates_of_a_client_may_stand_in_it(self, robot: Certified) -> None:
        keys = {"keys": [jwk(ONE, kid="one"), jwk(TWO)]}
        assert robot.use(jwks=keys)["client_authentication_methods"] == {METHOD: {"credentials": [], "jwks": keys}}
        assert [robot.shown(each).status for each in (ONE, TWO, leaf("CN=one", key=ONE.key))] == [200, 200, 401]
        assert robot.fetches == 0
        assert [each["subject"] for each in robot.key_set()["certificates"]] == ["CN=one", "CN=two"]

    def test_what_is_odd_about_one_is_told_when_it_is_saved(self, robot: Certified) -> None:
        warnings = robot.use(jwks={"keys": [jwk(authority("CN=odd"))]})["warnings"]
        assert any("jwks.keys[0]" in one and "CA:TRUE" in one for one in warnings), warnings

    def test_a_key_serves_one_usage_and_one_application(self, robot: Certified) -> None:
        holder = leaf("CN=shared")
        robot.use(jwks={"keys": [jwk(holder)]})
        path = f"clients/{robot.client_id}"
        body: dict[str, Any] = {"signed_request_object": {"jwks": {"keys": [jwk(holder, x5c=None)]}}}
        assert robot.house.call("PATCH", path, body).status == 400
        robot.use(jwks_uri=robot.url)
        assert robot.house.call("PATCH", path, {"signed_request_object": {"jwks_uri": robot.url}}).status == 400
        other = robot.house.client(robot.audience)["client_id"]
        body = {"credential_type": "x509_cert", "pem": holder.pem}
        robot.house.made("POST", f"clients/{other}/credentials", body)
        robot.put(jwk(holder, kid="held"))
        assert robot.shown(holder).status == 401
        assert [one["check"] for one in robot.key_set()["refused"]] == ["credential.key_held_elsewhere"]


def test_one_that_expired_meanwhile_proves_nobody_and_holds_no_other_change_up(tmp_path: Path) -> None:
    with in_process(tmp_path / "data", now_ms()) as house:
        house.api()
        in_client, by_address, brief = Certified(house), Certified(house), leaf("CN=brief", days=(-1, 1))
        by_address.put(jwk(ONE))
        assert by_address.shown(ONE).status == 200
        by_address.published.fail(by_address.url)
        in_client.use(jwks={"keys": [jwk(brief)]})
        house.clock.advance(2 * DAY_S)
        house.forget_token()
        assert in_client.refused(brief)["check"] == "certificate.expired"
        assert by_address.refused(ONE)["check"] == f"{METHOD}.key_set"
        in_client.change(description="still mine")
        body = {"client_authentication_methods": {METHOD: {"jwks": {"keys": [jwk(brief, kid="new")]}}}}
        assert house.call("PATCH", f"clients/{in_client.client_id}", body).status == 400
