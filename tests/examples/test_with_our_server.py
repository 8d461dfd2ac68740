"""The example API takes what this server issues: bound by either proof, JWT or name, and not once it is revoked."""

from __future__ import annotations

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from tallystick.jose.private_keys import generate_private_key
from tallystick.sdk.api import Decryption, TokenVerifier
from tallystick.sdk.api.client_certificates import PEER_CERTIFICATES
from tallystick.sdk.api.kept import FLOOR_MS
from tallystick.sdk.api.refusals import TokenRefused
from tallystick.sdk.certificates import self_signed
from tallystick.sdk.dpop import DpopKey
from tests.inprocess import InProcess
from tests.recipient import recipient
from tests.sdk.api.asking import Headers, challenges
from tests.sender.holder import ask, post, proof_for
from tests.tokens.allowed import allowed

from .ours import API, BASE, HouseFetch, Orders

DPOP = {"mechanism": "dpop", "required": True}
MTLS = {"mechanism": "mtls", "required": True}
KEY = DpopKey.generate()


class Robot:
    """An application that gets tokens in its own name."""

    def __init__(self, orders: Orders) -> None:
        self.house = orders.house
        client = self.house.client(API, ["read:orders"])
        self.client = {"client_id": client["client_id"], "client_secret": client["client_secret"]}

    def token(self, key: DpopKey | None = None, certificates: tuple[bytes, ...] = ()) -> str:
        """Bound to what is shown."""
        proofs = [] if key is None else [proof_for(self.house, key)]
        answer = ask(self.house, *proofs, certificates=certificates, audience=API, **self.client)
        assert answer.status == 200, answer.content
        return str(answer.json()["access_token"])

    def revoke(self, token: str) -> None:
        """Nobody shall use it any more."""
        assert post(self.house, "oauth/revoke", {"token": token, **self.client}).status == 200

    def proven(self, token: str, key: DpopKey = KEY, scheme: str = "DPoP") -> Headers:
        """The headers of a request for an order."""
        proof = key.proof("GET", f"{BASE}/orders/7", now_ms=self.house.clock.now_ms(), access_token=token)
        return [("authorization", f"{scheme} {token}"), ("dpop", proof)]


@pytest.mark.parametrize("dialect", ["access_token", "rfc9068_profile"])
def test_a_token_bound_to_a_key_opens_with_its_proof_alone(house: InProcess, dialect: str) -> None:
    orders = Orders(house, token_dialect=dialect, proof_of_possession=DPOP)
    robot = Robot(orders)
    token, proven = robot.token(KEY), robot.proven
    answer = orders.ask("/orders/7", proven(token))
    assert (answer.status_code, answer.json()["asked_by"]) == (200, robot.client["client_id"])
    for refused in (proven(token, DpopKey.generate()), proven(token, scheme="Bearer"), proven(token)[:1]):
        assert orders.ask("/orders/7", refused).status_code == 401
    assert orders.ask("/refunds", proven(token), "POST").status_code == 401


def test_c28_a_token_bound_to_a_certificate_opens_with_it_alone(house: InProcess) -> None:
    orders = Orders(house, proof_of_possession=MTLS)
    now_ms, ders = house.clock.now_ms(), []
    for name in ("till", "thief"):
        pem = self_signed(generate_private_key("ES256"), f"CN={name}", now_ms=now_ms)
        ders.append(x509.load_pem_x509_certificate(pem.encode()).public_bytes(Encoding.DER))
    bearer = [("authorization", f"Bearer {Robot(orders).token(certificates=(ders[0],))}")]
    statuses = [
        orders.ask("/orders/7", bearer, extensions={PEER_CERTIFICATES: shown}).status_code
        for shown in ((ders[0],), (ders[1],), (ders[1], ders[0]), ())
    ]
    assert statuses == [200, 401, 401, 401]


def test_an_opaque_token_is_asked_about_and_needs_its_proof(house: InProcess) -> None:
    orders = Orders(house, introspects=True, token_dialect="opaque", proof_of_possession=DPOP)
    robot = Robot(orders)
    token = robot.token(KEY)
    assert token.count(".") == 0
    assert orders.ask("/orders/7", robot.proven(token)).status_code == 200
    assert orders.ask("/orders/7", robot.proven(token, DpopKey.generate())).status_code == 401
    assert orders.ask("/orders/7", [("authorization", f"Bearer {token}")]).status_code == 401
    robot.revoke(token)
    house.clock.advance(1)
    assert orders.ask("/orders/7", robot.proven(token)).status_code == 401


def test_f41_a_revoked_jwt_is_refused_by_its_status_list(house: InProcess) -> None:
    orders = Orders(house, token_status_list=True)
    robot = Robot(orders)
    token, other = robot.token(), robot.token()

    def opens(each: str) -> bool:
        return orders.ask("/orders/7", [("authorization", f"Bearer {each}")]).status_code == 200

    assert (opens(token), opens(other)) == (True, True)
    robot.revoke(token)
    house.clock.advance(31)  # its ttl is 30 s
    assert (opens(token), opens(other)) == (False, True)


def test_a_new_key_of_the_servers_is_known_at_once(house: InProcess) -> None:
    orders = Orders(house)
    robot = Robot(orders)
    assert orders.ask("/orders/7", [("authorization", f"Bearer {robot.token()}")]).status_code == 200
    house.clock.advance(FLOOR_MS / 1000)
    house.ask("POST", "keys/signing/rotate")
    house.clock.advance(1)
    assert orders.ask("/orders/7", [("authorization", f"Bearer {robot.token()}")]).status_code == 200


def test_f45_no_other_token_of_the_server_opens_the_api(house: InProcess) -> None:
    orders = Orders(house)
    management = house.token(**house.bootstrap["management"]).json()["access_token"]
    answer = orders.ask("/orders/7", [("authorization", f"Bearer {management}")])
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_token")
    assert 'error="invalid_token"' in challenges(answer)[0]


def test_f45_an_id_token_opens_no_api_by_the_applications_own_name(house: InProcess) -> None:
    app = allowed(house)
    tokens = app.tokens()
    rules = TokenVerifier(
        app.client["client_id"], issuer=house.issuer, fetch=HouseFetch(house), clock=house.clock.now_ms
    )
    for each in (tokens["id_token"], tokens["access_token"]):
        with pytest.raises(TokenRefused):
            house.run(rules.verify(each))


@pytest.mark.parametrize("alg", ["RSA-OAEP-256", "ECDH-ES"])
def test_an_encrypted_token_is_opened_by_the_api_and_its_hash_is_that_of_what_was_sent(
    house: InProcess, alg: str
) -> None:
    key = recipient(alg)
    encryption = {"format": "compact-nested-jwe", "encryption_key": {"alg": alg, "pem": key.public_pem}}
    options = {"decryption": Decryption(key.private, alg)}
    orders = Orders(house, options=options, token_encryption=encryption, proof_of_possession=DPOP)
    robot = Robot(orders)
    token = robot.token(KEY)
    assert token.count(".") == 4
    assert orders.ask("/orders/7", robot.proven(token)).status_code == 200
    assert orders.ask("/orders/7", [("authorization", f"Bearer {token}")]).status_code == 401
