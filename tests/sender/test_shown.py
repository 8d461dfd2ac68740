"""What a request shows of possession, and the one thing it spends."""

from __future__ import annotations

from typing import Any

import pytest

from tallystick.onetime import AHEAD_MS_MAX, LIFE_MS_MAX, OneTimeValue
from tallystick.sender.binding import MEMBERS, Binding, token_type_of
from tallystick.sender.proof_claims import AGE_MS_MAX, SKEW_MS
from tallystick.sender.proof_walk import VerifiedProof
from tallystick.sender.replay import one_time_of
from tallystick.sender.shown import NOTHING, Shown
from tests.sender.proving import NOW_MS, proof, refuses, takes

CERTIFICATE = Binding(mechanism="mtls", value="thumbprint")
PROOF = VerifiedProof(jkt="key", jti="j", issued_at_ms=NOW_MS)
BOTH = Shown(certificate=CERTIFICATE, proof=PROOF)


def test_the_members_of_cnf() -> None:
    """RFC 8705 3.1, RFC 9449 6.1."""
    assert MEMBERS == {"mtls": "x5t#S256", "dpop": "jkt"}
    assert (CERTIFICATE.confirmation, PROOF.binding.confirmation) == ({"x5t#S256": "thumbprint"}, {"jkt": "key"})


def test_the_token_type() -> None:
    """RFC 9449 5; RFC 8705 3 keeps Bearer."""
    assert [token_type_of(one) for one in (None, CERTIFICATE, PROOF.binding)] == ["Bearer", "Bearer", "DPoP"]


def test_the_proof_comes_before_a_certificate_that_may_just_be_there() -> None:
    assert BOTH.bindings == (PROOF.binding, CERTIFICATE)
    assert Shown(proof=PROOF).bindings == (PROOF.binding,)
    assert Shown(certificate=CERTIFICATE).bindings == (CERTIFICATE,)
    assert NOTHING.bindings == ()


@pytest.mark.parametrize(
    ("confirmation", "proven"),
    [
        ({"jkt": "key"}, True),
        ({"x5t#S256": "thumbprint"}, True),
        ({"jkt": "thumbprint"}, False),
        ({"x5t#S256": "key"}, False),
        ({"jkt": "KEY"}, False),
        ({"jkt": "key="}, False),
        ({"jkt": ""}, False),
        ({"jkt": "k\u00e9y\ud800"}, False),
        ({"jkt": None}, False),
        ({"jkt": ["key"]}, False),
        ({"jkt": "key", "x5t#S256": "thumbprint"}, False),
        ({"jkt": "key", "kid": "x"}, False),
        ({"kid": "key"}, False),
        ({}, False),
    ],
)
def test_f46_a_confirmation_is_proven_whole_or_not_at_all(confirmation: dict[str, Any], proven: bool) -> None:
    assert BOTH.proves(confirmation) is proven
    assert not NOTHING.proves(confirmation)


def test_one_of_two_does_not_stand_for_the_other() -> None:
    assert not Shown(certificate=CERTIFICATE).proves({"jkt": "key"})
    assert not Shown(proof=PROOF).proves({"x5t#S256": "thumbprint"})


def _spent(**changes: Any) -> OneTimeValue:
    return one_time_of("tenant", VerifiedProof(**{"jkt": "key", "jti": "j", "issued_at_ms": NOW_MS, **changes}))


def test_d29_what_a_proof_spends_is_its_own() -> None:
    """CVE-2026-4325: by tenant, key and jti; a client's assertion with the same jti is another value."""
    assert _spent().key() == _spent(issued_at_ms=NOW_MS + 1).key()
    others = [_spent(jkt="other"), _spent(jti="k"), one_time_of("another", PROOF)]
    others.append(
        OneTimeValue(tenant_id="tenant", purpose="client_assertion", subject="key", value="j", expires_at_ms=0)
    )
    assert len({one.key() for one in (_spent(), *others)}) == 5


def test_d29_it_is_remembered_for_as_long_as_it_would_be_taken() -> None:
    value = _spent()
    assert value.issued_at_ms == NOW_MS
    assert value.expires_at_ms == NOW_MS + AGE_MS_MAX + SKEW_MS
    text = proof()
    takes(text, now_ms=NOW_MS + AGE_MS_MAX)
    refuses("dpop.iat_past", text, now_ms=value.expires_at_ms)
    # `onetime.Fence`: after a restore nothing is taken that was made before it, for as long as anything lives.
    assert AGE_MS_MAX + 2 * SKEW_MS <= LIFE_MS_MAX
    assert SKEW_MS <= AHEAD_MS_MAX
