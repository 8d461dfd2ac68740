"""Who must hold what: the decision table of auth0.md 3.7 for both mechanisms, each cell a request.

The API's policy by what the request shows, for applications that demand nothing and such that demand bound tokens; for
public and confidential ones; by ``client_credentials`` and by a code; for /userinfo alone; and under profiles. Nobody
registered the certificate.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.application import JWT_BEARER, decoded, now_ms
from tests.authorization.asking import check_of
from tests.inprocess import Answered, InProcess, in_process
from tests.people import person
from tests.profiles.forms import Keys, body_of, new_keys
from tests.sender.holder import ask, key_for, proof_for, prove_of
from tests.tokens.allowed import CALLBACK, PUBLIC, VERIFIER, Allowed, allowed

UNBOUND, MTLS, DPOP, REFUSED = "unbound", "mtls", "dpop", "refused"
POLICIES: dict[str, dict[str, Any] | None] = {
    "none": None,
    "mtls allowed": {"mechanism": MTLS, "required": False},
    "mtls required": {"mechanism": MTLS, "required": True},
    "mtls required of all": {"mechanism": MTLS, "required": True, "required_for": "all_clients"},
    "dpop allowed": {"mechanism": DPOP, "required": False},
    "dpop required": {"mechanism": DPOP, "required": True},
    "dpop required of all": {"mechanism": DPOP, "required": True, "required_for": "all_clients"},
    "dpop required of public ones": {"mechanism": DPOP, "required": True, "required_for": "public_clients"},
}
SHOWN = ("nothing", "certificate", "proof", "both")
Row = tuple[str, str, str, str]
"""What becomes of a request that shows :data:`SHOWN`."""
NONE = ((UNBOUND,) * 4, (REFUSED,) * 4)
MTLS_ALLOWED = ((UNBOUND, MTLS, UNBOUND, MTLS), (REFUSED, MTLS, REFUSED, MTLS))
MTLS_REQUIRED = ((REFUSED, MTLS, REFUSED, MTLS),) * 2
DPOP_ALLOWED = ((UNBOUND, UNBOUND, DPOP, DPOP), (REFUSED, REFUSED, DPOP, DPOP))
DPOP_REQUIRED = ((REFUSED, REFUSED, DPOP, DPOP),) * 2
TABLE: dict[str, tuple[Row, Row]] = {
    # the API's policy: (the client demands nothing, the client demands bound tokens)
    "none": NONE,
    "mtls allowed": MTLS_ALLOWED,
    "mtls required": MTLS_REQUIRED,
    "mtls required of all": MTLS_REQUIRED,
    "dpop allowed": DPOP_ALLOWED,
    "dpop required": DPOP_REQUIRED,
    "dpop required of all": DPOP_REQUIRED,
    "dpop required of public ones": DPOP_ALLOWED,
}
OF_PUBLIC = {**TABLE, "dpop required of public ones": DPOP_REQUIRED}
# Of two proofs the one that was made for this wins over the certificate that is just there.
USERINFO: tuple[Row, Row] = ((UNBOUND, MTLS, DPOP, DPOP), (REFUSED, MTLS, DPOP, DPOP))
PROFILES: dict[str, dict[str, Row]] = {
    # compliance_level: the API's policy
    "fapi2_sp_pkj_mtls": {
        **dict.fromkeys(POLICIES, (REFUSED, MTLS, REFUSED, MTLS)),
        **dict.fromkeys((name for name in POLICIES if name.startswith(DPOP)), (REFUSED,) * 4),
    },
    "fapi2_sp_pkj_dpop": {
        **dict.fromkeys(POLICIES, (REFUSED, REFUSED, DPOP, DPOP)),
        **dict.fromkeys((name for name in POLICIES if name.startswith(MTLS)), (REFUSED,) * 4),
    },
}
CERTIFICATE = (b"nobody registered this",)
KEY = key_for("ES256")


def api_of(policy: str) -> str:
    return f"https://{policy.replace(' ', '-')}.example/"


class Cast:
    """Every kind of application, and a deployment with an API of each policy."""

    def __init__(self, house: InProcess) -> None:
        self.house = house
        for name, policy in POLICIES.items():
            house.api(api_of(name), **({"proof_of_possession": policy} if policy else {}))
        demand = {"require_proof_of_possession": True}
        user = person(house)
        self.robots = [self._granted(house.made("POST", "clients", {"name": "robot", **more})) for more in ({}, demand)]
        self.confidential = [allowed(house, user, **more) for more in ({}, demand)]
        self.public = [allowed(house, user, **PUBLIC, **more) for more in ({}, demand)]
        self.levels: dict[str, tuple[str, Keys]] = {}
        for level in PROFILES:
            keys = new_keys()
            client = house.made("POST", "clients", body_of(level, keys, grant_types=["client_credentials"]))
            self.levels[level] = (self._granted(client)["client_id"], keys)

    def _granted(self, client: dict[str, Any]) -> dict[str, Any]:
        for name in POLICIES:
            grant = {"client_id": client["client_id"], "audience": api_of(name), "scope": ["read"]}
            self.house.ask("POST", "client-grants", grant)
        return client

    def ask(self, shown: str, **form: Any) -> Answered:
        """A token request that shows this."""
        nonce = self.house.worker.proofs.nonces.current(self.house.tenant.tenant_id, self.house.clock.now_ms())
        proofs = (proof_for(self.house, KEY, nonce=nonce),) if shown in ("proof", "both") else ()
        certificates = CERTIFICATE if shown in ("certificate", "both") else ()
        return ask(self.house, *proofs, certificates=certificates, **form)

    def redeem(self, app: Allowed, shown: str, audience: str | None) -> Answered:
        """The same, for a code."""
        verifier = {} if "client_secret" in app.proof else {"code_verifier": VERIFIER}
        code = app.code(["openid", "read"] if audience else None, audience=audience)
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK}
        return self.ask(shown, **form, **app.proof, **verifier)


@pytest.fixture(scope="module")
def cast(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cast]:
    with in_process(tmp_path_factory.mktemp("table") / "data", now_ms()) as running:
        yield Cast(running)


def becomes(cast: Cast, answer: Answered, expected: str, check: str = "sender.constrain") -> None:
    """Assert what became of it: refused for this, or a token of this binding, which its type and the log name too."""
    if expected == REFUSED:
        assert (answer.status, answer.json().get("error")) == (400, "invalid_request"), answer.content
        assert check_of(cast.house) == check
        return
    assert answer.status == 200, answer.content
    confirmation = decoded(answer.json()["access_token"])[1].get("cnf")
    member = {UNBOUND: None, MTLS: ["x5t#S256"], DPOP: ["jkt"]}[expected]
    assert (None if confirmation is None else list(confirmation)) == member
    assert answer.json()["token_type"] == ("DPoP" if expected == DPOP else "Bearer")
    (row, *_) = cast.house.run(cast.house.worker.storage.log_page(cast.house.tenant.tenant_id, limit=1))
    assert row.event.details.get("cnf") == confirmation


CELLS = [(policy, shown) for policy in POLICIES for shown in SHOWN]
DEMANDS = pytest.mark.parametrize("demands", [False, True], ids=["free", "demands"])


@DEMANDS
@pytest.mark.parametrize(("policy", "shown"), CELLS)
def test_a_confidential_client_for_itself(cast: Cast, policy: str, shown: str, demands: bool) -> None:
    answer = cast.ask(shown, audience=api_of(policy), **prove_of(cast.robots[demands]))
    becomes(cast, answer, TABLE[policy][demands][SHOWN.index(shown)])


@DEMANDS
@pytest.mark.parametrize(("policy", "shown"), CELLS)
def test_a_confidential_client_by_code(cast: Cast, policy: str, shown: str, demands: bool) -> None:
    answer = cast.redeem(cast.confidential[demands], shown, api_of(policy))
    becomes(cast, answer, TABLE[policy][demands][SHOWN.index(shown)])


@DEMANDS
@pytest.mark.parametrize(("policy", "shown"), CELLS)
def test_a_public_client_by_code(cast: Cast, policy: str, shown: str, demands: bool) -> None:
    answer = cast.redeem(cast.public[demands], shown, api_of(policy))
    becomes(cast, answer, OF_PUBLIC[policy][demands][SHOWN.index(shown)])


@DEMANDS
@pytest.mark.parametrize("shown", SHOWN)
def test_a_token_for_userinfo_alone(cast: Cast, shown: str, demands: bool) -> None:
    for app in (cast.confidential[demands], cast.public[demands]):
        becomes(cast, cast.redeem(app, shown, None), USERINFO[demands][SHOWN.index(shown)])


@pytest.mark.parametrize("level", PROFILES)
@pytest.mark.parametrize(("policy", "shown"), CELLS)
def test_a_client_under_a_profile(cast: Cast, policy: str, shown: str, level: str) -> None:
    client_id, keys = cast.levels[level]
    now_s = cast.house.clock.now_ms() // 1000
    assertion = keys.authentication.assertion(client_id, cast.house.issuer, iat=now_s, exp=now_s + 60)
    proven = {"client_assertion_type": JWT_BEARER, "client_assertion": assertion}
    answer = cast.ask(shown, audience=api_of(policy), **proven)
    becomes(cast, answer, PROFILES[level][policy][SHOWN.index(shown)], "sender.profile")
