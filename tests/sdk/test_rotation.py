"""From one credential to the next: no request fails, whoever has not heard of what yet."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from tallystick.sdk.adapters.httpx import perform
from tallystick.sdk.application import Application
from tallystick.sdk.dpop import DpopKey
from tallystick.sdk.exchange import ClientCertificate
from tallystick.sdk.failures import ServerRefused
from tallystick.sdk.methods import ClientSecretPost, TlsClientAuth
from tallystick.sdk.rotation import HOLD_MS, Rotating
from tests.sdk.fake_server import Fake, said

AT_MS = 1_700_000_000_000


class Instance:
    """An instance of the application, its clock moved by hand."""

    def __init__(self, fake: Fake, **more: Any) -> None:
        self.now_ms = AT_MS - 1_000_000
        self.fake = fake
        method = Rotating(ClientSecretPost("old"), ClientSecretPost("new"), at_ms=AT_MS)
        self.application = Application(fake.origin, "c1", method, clock=lambda: self.now_ms, **more)
        self.http = httpx.Client(transport=fake.transport())

    def shown(self, now_ms: int, *, good: str) -> list[str]:
        """The secrets that one request for a token showed, which has to succeed; ``good`` are the server's."""
        self.now_ms = now_ms
        self.fake.secrets = set(good.split())
        begin = len(self.fake.asked)
        perform(self.http, self.application.client_credentials())
        return [asked.body.decode().rpartition("=")[2] for asked in self.fake.asked[begin:] if asked.body]


def test_the_next_one_is_shown_from_the_moment_on() -> None:
    instance = Instance(Fake())
    for now_ms, shown in ((AT_MS - 1, "old"), (AT_MS, "new"), (AT_MS + 1, "new")):
        assert instance.shown(now_ms, good="old new") == [shown]


def test_a_server_that_has_not_heard_of_the_next_one_gets_the_current_one_once_more() -> None:
    instance = Instance(Fake())
    assert instance.shown(AT_MS, good="old") == ["new", "old"]
    # Not every request is refused first; after a while the next one is tried again.
    assert instance.shown(AT_MS + HOLD_MS - 1, good="old") == ["old"]
    assert instance.shown(AT_MS + HOLD_MS, good="old new") == ["new"]


def test_a_current_one_that_was_withdrawn_too_early_is_replaced_before_the_moment() -> None:
    instance = Instance(Fake())
    assert instance.shown(AT_MS - 10_000, good="new") == ["old", "new"]
    assert instance.shown(AT_MS - 9_000, good="new") == ["new"]


def test_a_held_one_that_is_refused_gives_way() -> None:
    instance = Instance(Fake())
    instance.shown(AT_MS, good="old")
    assert instance.shown(AT_MS + 1, good="new") == ["old", "new"]
    assert instance.shown(AT_MS + 2, good="new") == ["new"]


def test_when_neither_is_taken_the_refusal_is_of_the_first_and_nobody_asks_a_third_time() -> None:
    fake = Fake()
    with pytest.raises(ServerRefused, match="invalid_client"):
        Instance(fake).shown(AT_MS, good="")
    assert fake.count("/token") == 2


def test_any_other_refusal_is_not_a_reason_to_show_another_one() -> None:
    fake = Fake()
    fake.pages["/token"] = lambda _: said(400, {"error": "invalid_scope"})
    with pytest.raises(ServerRefused, match="invalid_scope"):
        Instance(fake).shown(AT_MS, good="old new")
    assert fake.count("/token") == 1


def test_each_of_them_may_be_asked_for_a_nonce() -> None:
    instance = Instance(Fake(), dpop_key=DpopKey.generate())
    # The server looks at the secret first, then at the proof.
    assert instance.shown(AT_MS, good="old") == ["new", "old", "old"]


def test_a_certificate_is_named_with_the_request_and_with_the_tokens_it_got() -> None:
    old, new = (ClientCertificate(Path(f"{name}.crt"), Path(f"{name}.key")) for name in ("old", "new"))
    fake = Fake()
    fake.pages["/mtls/token"] = lambda _: said(200, {"access_token": "t", "token_type": "Bearer"})
    showing: list[ClientCertificate | None] = []

    def client_for(certificate: ClientCertificate | None) -> httpx.Client:
        showing.append(certificate)
        return httpx.Client(transport=fake.transport())

    for now_ms, certificate in ((AT_MS - 1, old), (AT_MS, new)):
        method = Rotating(TlsClientAuth(old), TlsClientAuth(new), at_ms=AT_MS)
        application = Application(fake.origin, "c1", method, clock=lambda now_ms=now_ms: now_ms)  # type: ignore[misc]
        tokens = perform(client_for, application.client_credentials())
        assert tokens.certificate == certificate == showing[-1]


def test_a_client_that_shows_its_own_certificate_is_not_taken_for_another() -> None:
    method = TlsClientAuth(ClientCertificate(Path("a"), Path("b")))
    fake = Fake()
    application = Application(fake.origin, "c1", method)
    with httpx.Client(transport=fake.transport()) as http, pytest.raises(ValueError, match="one certificate"):
        perform(http, application.client_credentials())


def test_no_secret_is_in_a_repr() -> None:
    assert "hush" not in repr(Rotating(ClientSecretPost("hush"), ClientSecretPost("hush"), at_ms=0))
