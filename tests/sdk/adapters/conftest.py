"""A server that is not ours behind a socket, another origin beside it, and the ways to call it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tallystick.sdk.application import Application
from tallystick.sdk.dpop import DpopKey
from tallystick.sdk.methods import ClientSecretBasic
from tallystick.sdk.sources import ClientCredentials, SignedIn
from tallystick.sdk.tokens import Tokens
from tests.sdk.fake_server import Fake, listening


@pytest.fixture
def fake() -> Iterator[Fake]:
    """Where tokens belong."""
    with listening(Fake()) as running:
        yield running


@pytest.fixture
def other(fake: Fake) -> Iterator[Fake]:
    """Where they do not; `/away` leads there."""
    with listening(Fake()) as running:
        fake.elsewhere = running.origin
        yield running


@pytest.fixture
def source(fake: Fake) -> ClientCredentials:
    """Tokens that are bound to a key."""
    return ClientCredentials(application(fake))


def application(fake: Fake, *, dpop: bool = True) -> Application:
    """The application of these tests."""
    key = DpopKey.generate() if dpop else None
    return Application(fake.origin, "c1", ClientSecretBasic("good"), dpop_key=key)


def signed_in(fake: Fake) -> SignedIn:
    """A person whose access token is over, and whose refresh token is good once."""
    fake.as_nonce = None
    over = Tokens("over", "DPoP", obtained_at_ms=0, expires_at_ms=0, refresh_token="refresh-0")
    return SignedIn(application(fake), over)
