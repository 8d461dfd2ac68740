"""mTLS binding: the leaf of this connection and nothing else (RFC 8705 3.1)."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from hashlib import sha256

import pytest

from tallystick.errors import OAuthError
from tallystick.sender.binding import Binding
from tallystick.sender.constrain import (
    ALLOWED,
    CLIENT,
    DECISIONS,
    ISSUE_BOUND,
    NOBODY,
    NONE,
    PROFILE,
    REFUSE,
    REQUIRED,
    USERINFO,
    constrain,
    policy_of,
)
from tallystick.sender.mtls import binding_of
from tallystick.sender.shown import Shown

LEAF, OTHER = b"leaf", b"other"
THUMBPRINT = urlsafe_b64encode(sha256(LEAF).digest()).rstrip(b"=").decode()


def test_rfc8705_3_1_the_thumbprint_of_the_leaf() -> None:
    for certificates in ((LEAF,), (LEAF, OTHER)):
        binding = binding_of(certificates)
        assert binding is not None
        assert (binding.mechanism, binding.confirmation) == ("mtls", {"x5t#S256": THUMBPRINT})
    assert binding_of(()) is None


@pytest.mark.parametrize(
    ("expected", "certificates", "proven"),
    [
        (THUMBPRINT, (LEAF,), True),
        (THUMBPRINT, (LEAF, OTHER), True),
        (THUMBPRINT, (OTHER, LEAF), False),
        (THUMBPRINT, (OTHER,), False),
        (THUMBPRINT, (), False),
        (THUMBPRINT.swapcase(), (LEAF,), False),
        (THUMBPRINT + "=", (LEAF,), False),
        (THUMBPRINT[:-1], (LEAF,), False),
        ("", (LEAF,), False),
        ("", (), False),
        ("\u00e9", (LEAF,), False),
    ],
)
def test_c28_possession_is_of_that_very_certificate(
    expected: str, certificates: tuple[bytes, ...], proven: bool
) -> None:
    assert Shown(certificate=binding_of(certificates)).proves({"x5t#S256": expected}) is proven


def test_f46_a_second_member_is_never_ignored() -> None:
    shown = Shown(certificate=binding_of((LEAF,)))
    assert not shown.proves({"x5t#S256": THUMBPRINT, "jkt": "x"})
    assert not shown.proves({"X5T#S256": THUMBPRINT})


def test_every_cell_of_the_table_is_there() -> None:
    assert set(DECISIONS) == {(who, sent) for who in (NOBODY, CLIENT, PROFILE) for sent in (False, True)}
    assert {frozenset(row) for row in DECISIONS.values()} == {frozenset({NONE, ALLOWED, REQUIRED, USERINFO})}
    # Whoever requires a proof and sends none gets nothing, whatever the API says; nor does who sends none to an API
    # that requires one.
    assert set(DECISIONS[CLIENT, False].values()) == {REFUSE}
    assert DECISIONS[NOBODY, False][REQUIRED] == REFUSE
    # auth0.md 3.7, the column of tokens for no API.
    rows = [(who, sent) for who in (NOBODY, CLIENT) for sent in (False, True)]
    assert [DECISIONS[row][USERINFO] for row in rows] == ["unbound", "bound", "refuse", "bound"]
    # A profile's demand is met in one way alone.
    assert set(DECISIONS[PROFILE, False].values()) == {REFUSE}
    assert set(DECISIONS[PROFILE, True].values()) == {ISSUE_BOUND}


@pytest.mark.parametrize(
    ("proof_of_possession", "confidential", "policy"),
    [
        (None, True, NONE),
        (None, False, NONE),
        ({"required": False}, True, ALLOWED),
        ({"required": False, "required_for": "public_clients"}, False, ALLOWED),
        ({"required": True}, True, REQUIRED),
        ({"required": True, "required_for": "all_clients"}, True, REQUIRED),
        ({"required": True, "required_for": "public_clients"}, True, ALLOWED),
        ({"required": True, "required_for": "public_clients"}, False, REQUIRED),
        ({"required": True, "required_for": "unheard of"}, True, REQUIRED),
    ],
)
def test_the_policy_of_an_api(proof_of_possession: dict[str, object] | None, confidential: bool, policy: str) -> None:
    assert policy_of(proof_of_possession, is_confidential=confidential) == policy


def test_of_several_proofs_the_one_the_api_asks_for_binds() -> None:
    by_key = Binding(mechanism="dpop", value="k")
    by_certificate = Binding(mechanism="mtls", value="c")
    for mechanism, expected in (("mtls", by_certificate), ("dpop", by_key)):
        policy = {"mechanism": mechanism, "required": True}
        for shown in ((by_key, by_certificate), (by_certificate, by_key)):
            assert constrain(shown, policy, client_requires=False, is_confidential=True) == expected
        only_other = tuple(each for each in (by_key, by_certificate) if each != expected)
        with pytest.raises(OAuthError) as refusal:
            constrain(only_other, policy, client_requires=False, is_confidential=True)
        assert (refusal.value.code, refusal.value.check) == ("invalid_request", "sender.constrain")
