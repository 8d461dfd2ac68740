"""One proof and what is expected of it; each test changes one thing."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Sequence
from hashlib import sha256
from typing import Any

import pytest

from tallystick.jose.keys import jwk_of, public_key_of
from tallystick.sender.nonces import Nonces
from tallystick.sender.proof import verified
from tallystick.sender.proof_walk import Expected, VerifiedProof
from tallystick.sender.refusals import NonceWanted, ProofRefused
from tests.forge import Key

NOW_MS = 1_700_000_000_000
NOW_S = NOW_MS // 1000
URL = "https://as.example/oauth/token"
OTHER_URL = "https://mtls.as.example/oauth/token"
TOKEN = "the.access.token"
NONCES = Nonces(bytes(32))
REALM = "tenant"
KEY, OTHER = Key("ES256"), Key("ES256")
RSA = Key("PS256")


def shown(key: Key) -> dict[str, Any]:
    """The public half, as a proof shows it."""
    return jwk_of(public_key_of(key.private.public_key()))


def thumbprint(key: Key) -> str:
    return public_key_of(key.private.public_key()).thumbprint


def ath_of(token: str) -> str:
    return urlsafe_b64encode(sha256(token.encode()).digest()).rstrip(b"=").decode()


def claims(**changes: Any) -> dict[str, Any]:
    """What an honest proof claims, with changes."""
    return {"jti": "j", "htm": "POST", "htu": URL, "iat": NOW_S, **changes}


def proof(key: Key = KEY, header: dict[str, Any] | None = None, **changes: Any) -> str:
    """A proof with changed claims; `tests.forge.LEFT_OUT` removes one."""
    return key.jwt(claims(**changes), **{"typ": "dpop+jwt", "jwk": shown(key), **(header or {})})


def expected(**changes: Any) -> Expected:
    """The request that it is for."""
    return Expected(**{"method": "POST", "urls": (URL, OTHER_URL), "now_ms": NOW_MS, **changes})


def judged(*texts: str, **expectations: Any) -> VerifiedProof | None:
    """What so many headers prove."""
    return verified([text.encode("latin-1") for text in texts], expected(**expectations))


def takes(text: str, **expectations: Any) -> VerifiedProof:
    """Assert that it holds."""
    found = judged(text, **expectations)
    assert found is not None
    return found


def refuses(checks: str | Sequence[str], *texts: str, **expectations: Any) -> ProofRefused:
    """Assert that it does not, for this reason, and that no more is told than the one code."""
    with pytest.raises(ProofRefused) as refusal:
        judged(*texts, **expectations)
    found = refusal.value
    assert found.check in ((checks,) if isinstance(checks, str) else checks), found.check
    is_nonce = isinstance(found, NonceWanted)
    assert (found.code, found.status) == ("use_dpop_nonce" if is_nonce else "invalid_dpop_proof", 400)
    return found
