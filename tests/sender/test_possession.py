"""What must be shown beside an access token: scheme by what binds it, every cell (RFC 8705 3, RFC 9449 7)."""

from __future__ import annotations

from typing import Any

import pytest

from tallystick.errors import OAuthError
from tallystick.sender import possession as room
from tallystick.sender.binding import MEMBERS
from tallystick.sender.mtls import binding_of
from tallystick.sender.possession import BEARER, DPOP_SCHEME, UNBOUND, Possession, check, kind_of
from tallystick.sender.proof_walk import VerifiedProof
from tests.sender.proving import KEY, OTHER, TOKEN, ath_of, expected, proof, thumbprint

LEAF, ANOTHER = b"leaf", b"another"
JKT, X5T = "jkt", "x5t#S256"
HELD = binding_of((LEAF,))
assert HELD is not None
CNF: dict[str, Any] = {UNBOUND: None, JKT: {JKT: thumbprint(KEY)}, X5T: HELD.confirmation}
SHOWN: dict[str, dict[str, Any]] = {
    "nothing": {},
    "the proof": {"proof_headers": (proof(ath=ath_of(TOKEN)).encode(),)},
    "the certificate": {"peer_certificates": (LEAF,)},
    "both": {"proof_headers": (proof(ath=ath_of(TOKEN)).encode(),), "peer_certificates": (LEAF,)},
    "another proof": {"proof_headers": (proof(OTHER, ath=ath_of(TOKEN)).encode(),)},
    "another certificate": {"peer_certificates": (ANOTHER, LEAF)},
    "two proofs": {"proof_headers": (proof(ath=ath_of(TOKEN)).encode(),) * 2},
    "a proof without the token": {"proof_headers": (proof().encode(),)},
}
TAKEN = {
    **{(UNBOUND, BEARER, shown): "bearer" for shown in SHOWN},
    **{(JKT, DPOP_SCHEME, shown): "proof" for shown in ("the proof", "both")},
    **{(X5T, scheme, shown): "bearer" for scheme in (BEARER, DPOP_SCHEME) for shown in ("the certificate", "both")},
}
"""(what binds the token, scheme, what is shown) → whether a proof is to be spent. All other cells are refused."""
SCHEMES = (BEARER, DPOP_SCHEME, "basic", "")
CELLS = [(kind, scheme, shown) for kind in CNF for scheme in SCHEMES for shown in SHOWN]


def _judged(kind: str, scheme: str, shown: str) -> VerifiedProof | None:
    return check(CNF[kind], TOKEN, Possession(scheme=scheme, expected=expected(), **SHOWN[shown]))


@pytest.mark.parametrize(("kind", "scheme", "shown"), CELLS)
def test_every_cell(kind: str, scheme: str, shown: str) -> None:
    outcome = TAKEN.get((kind, scheme, shown))
    if outcome is None:
        with pytest.raises(OAuthError) as refusal:
            _judged(kind, scheme, shown)
        assert refusal.value.code in ("invalid_token", "invalid_dpop_proof")
        return
    found = _judged(kind, scheme, shown)
    assert (found is not None) is (outcome == "proof")
    assert found is None or found.jkt == thumbprint(KEY)


@pytest.mark.parametrize(
    ("kind", "scheme", "shown", "refused_for"),
    [
        (UNBOUND, DPOP_SCHEME, "the proof", "possession.scheme"),
        (JKT, BEARER, "the proof", "possession.scheme"),
        (JKT, DPOP_SCHEME, "nothing", "possession.proof_missing"),
        (JKT, DPOP_SCHEME, "the certificate", "possession.proof_missing"),
        (JKT, DPOP_SCHEME, "another proof", "possession.key"),
        (JKT, DPOP_SCHEME, "two proofs", "dpop.once"),
        (JKT, DPOP_SCHEME, "a proof without the token", "dpop.ath"),
        (X5T, BEARER, "nothing", "possession.certificate"),
        (X5T, DPOP_SCHEME, "the proof", "possession.certificate"),
        (X5T, BEARER, "another certificate", "possession.certificate"),
    ],
)
def test_d31_why_it_is_refused(kind: str, scheme: str, shown: str, refused_for: str) -> None:
    with pytest.raises(OAuthError) as refusal:
        _judged(kind, scheme, shown)
    assert refusal.value.check == refused_for


@pytest.mark.parametrize(
    "confirmation",
    [{}, {"kid": "x"}, {JKT: "k", X5T: "c"}, {JKT: "k", "kid": "x"}, {"JKT": "k"}, "jkt", 7, [JKT], True, ""],
)
def test_f46_a_confirmation_that_is_not_one_known_member_is_refused(confirmation: object) -> None:
    for scheme in (BEARER, DPOP_SCHEME):
        with pytest.raises(OAuthError) as refusal:
            check(confirmation, TOKEN, Possession(scheme=scheme, expected=expected(), **SHOWN["both"]))
        assert refusal.value.check == "possession.confirmation"


def test_the_table_knows_every_way_to_bind() -> None:
    assert {kind for kind, _ in room._HOW} == {UNBOUND, *MEMBERS.values()}
    assert {scheme for _, scheme in room._HOW} == {BEARER, DPOP_SCHEME}
    assert kind_of(None) == UNBOUND
