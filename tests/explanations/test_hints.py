"""Every check that can refuse has its hint, and every hint its check: held against the source itself."""

from __future__ import annotations

import re

import pytest

from tallystick.clientauth.table import METHODS
from tallystick.explanations.table import HINTS, ROOMS, hint_for
from tallystick.jose.jwt import FORBIDDEN_HEADERS
from tallystick.jose.strict_json import JsonRefused
from tests.explanations.raised import Raised, raised

_HEADER = {*FORBIDDEN_HEADERS, "kid", "typ", "cty", *re.findall(r"``([a-z_]+)``", str(JsonRefused.__doc__))[1:]}
COMPUTED = {
    "jwt.*": _HEADER,
    "jwe.*": {*_HEADER, "apu", "apv"},
    "client.method_is_*": set(METHODS),
    "jwt.claim.*": {"iss", "sub", "aud", "exp", "iat", "nbf", "jti"},
}
"""What computed names come to, where each has a hint of its own or shall be seen to have one."""


@pytest.fixture(scope="module")
def found() -> Raised:
    return raised()


def every_name(found: Raised) -> set[str]:
    return {*found.names, *(pattern[:-1] + part for pattern, parts in COMPUTED.items() for part in parts)}


def test_the_source_is_read_as_it_is_meant(found: Raised) -> None:
    assert {"private_key_jwt.aud", "jwt.signature", "presented.nothing", "one_time.spent"} <= found.names
    assert {"token.kid", "certificate.der", "chain.eku", "client.unknown", "parameters.form", "bug"} <= found.names
    assert set(COMPUTED) <= found.patterns


def test_every_check_has_a_hint(found: Raised) -> None:
    """A new check? Add its sentence to the file of its room in `src/tallystick/explanations`."""
    assert sorted(name for name in every_name(found) if hint_for(name) is None) == []
    assert sorted(pattern for pattern in found.patterns if pattern not in HINTS and pattern not in COMPUTED) == []


def test_every_hint_has_a_check(found: Raised) -> None:
    known = every_name(found) | found.patterns
    assert sorted(check for check in HINTS if check not in known) == []


def test_no_check_is_explained_twice() -> None:
    assert sum(len(hints) for hints in ROOMS.values()) == len(HINTS)


@pytest.mark.parametrize("check", HINTS)
def test_a_hint_is_a_sentence_that_fits(check: str) -> None:
    hint = HINTS[check]
    assert 15 <= len(hint.says) <= 280
    assert hint.says.endswith(".")
    assert hint.says.isascii()
    assert not hint.clause.endswith(".")


def test_a_family_answers_for_its_members_and_nobody_else() -> None:
    assert hint_for("client.method_is_private_key_jwt") is HINTS["client.method_is_*"]
    assert hint_for("jwt.claim.aud") is HINTS["jwt.claim.*"]
    assert hint_for("jwt.alg") is HINTS["jwt.alg"]
    assert hint_for("no.such.check") is None
    assert hint_for("") is None
