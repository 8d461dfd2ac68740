"""Messages leave by a real server, whole and once, or wait; and nobody writes our headers but us."""

from __future__ import annotations

import asyncio
import stat
from collections.abc import Iterator
from email import message_from_bytes
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import default
from functools import partial
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from tallystick.errors import StartupError
from tallystick.mail import mailer as mailing
from tallystick.mail.mailer import Mailer
from tallystick.mail.message import Message, Undeliverable, composed
from tallystick.mail.server import mail_server_of, sender_of
from tallystick.mail.transport import FileTransport, NotSent, SmtpTransport, Transport
from tallystick.metrics import MAILS
from tallystick.outbound.trust import tls_context
from tests.inprocess import MovableClock
from tests.mailbox import Mailbox, mailbox
from tests.patience import HANGING_S

NOW_MS = 1_800_000_000_000
SENDER = Address("Tallystick", "no-reply", "as.example")
HELLO = Message(to="ada@example.org", subject="Grüße", text="Go to https://as.example/x\n", html="<p>ä</p>\n")


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """No pause between attempts."""
    monkeypatch.setattr(mailing, "PAUSES_S", (0.0, 0.0))


@pytest.fixture(scope="module", params=["smtps", "smtp+starttls", "smtp"])
def box(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mailbox]:
    with mailbox(tmp_path_factory.mktemp("mail"), request.param) as running:
        yield running


def by_smtp(box: Mailbox, url: str = "", *, trusted: bool = True) -> SmtpTransport:
    server = mail_server_of(url or box.url)
    assert server is not None
    return SmtpTransport(server, partial(tls_context, box.ca_file if trusted else None))


def sent(transport: Transport, *messages: Message) -> list[str]:
    """Hand messages to a mailer; what its log says when all is done."""

    async def run() -> None:
        mailer = Mailer(transport, SENDER, MovableClock(NOW_MS))
        for message in messages:
            mailer.send(message, "c1")
        await mailer.settle()
        await mailer.close()

    with capture_logs() as rows:
        asyncio.run(run())
    return [row["event"] for row in rows]


def test_a_message_arrives_as_text_and_as_html(box: Mailbox) -> None:
    assert sent(by_smtp(box), HELLO) == ["mail was sent"]
    mail, recipients = box.messages[-1], box.recipients[-1]
    assert recipients == ["ada@example.org"]
    assert (mail["From"], mail["Subject"]) == ("Tallystick <no-reply@as.example>", "Grüße")
    assert mail["Date"].datetime.timestamp() * 1000 == NOW_MS
    assert mail["Message-ID"].endswith("@as.example>")
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail.get_content_type() == "multipart/alternative"
    text, html = mail.iter_parts()
    assert isinstance(text, EmailMessage)
    assert isinstance(html, EmailMessage)
    assert (text.get_content().split(), html.get_content().split()) == (HELLO.text.split(), HELLO.html.split())


def test_trouble_that_passes_is_tried_again_and_what_is_final_is_not(box: Mailbox) -> None:
    before = box.attempts
    MAILS.hand_over()
    box.answers = ["451 come again"]
    assert sent(by_smtp(box), HELLO) == ["mail is tried again", "mail was sent"]
    box.answers = ["451 no"] * 3
    assert sent(by_smtp(box), HELLO)[-1] == "mail was not sent"
    box.answers = ["554 never"]
    assert sent(by_smtp(box), HELLO) == ["mail was not sent"]
    assert box.attempts == before + 6
    assert MAILS._fresh == {("tried again",): 3, ("sent",): 1, ("failed",): 2}


def test_a_server_that_cannot_be_trusted_or_does_not_encrypt_gets_nothing(box: Mailbox) -> None:
    before = box.attempts
    if not box.url.startswith("smtp://"):
        assert sent(by_smtp(box, trusted=False), HELLO)[-1] == "mail was not sent"
        assert sent(by_smtp(box, box.url.replace("a%20secret", "wrong")), HELLO)[-1] == "mail was not sent"
    if not box.url.startswith("smtp+starttls://"):
        plain = "smtp+starttls://" + box.url.rpartition("@")[2].rpartition("/")[2]
        if box.url.startswith("smtp://"):
            assert sent(by_smtp(box, plain), HELLO) == ["mail was not sent"]  # STARTTLS is not offered
    assert box.attempts == before


def test_without_a_server_each_message_is_a_file_for_its_owner_alone(tmp_path: Path) -> None:
    with capture_logs() as rows:
        sent(FileTransport(tmp_path / "mail"), HELLO, HELLO)
    first, second = sorted((tmp_path / "mail").iterdir())
    assert stat.S_IMODE(first.stat().st_mode) == stat.S_IMODE(second.stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "mail").stat().st_mode) == 0o700
    assert message_from_bytes(first.read_bytes(), policy=default)["To"] == "ada@example.org"
    assert "https://as.example/x" not in str(rows)


def test_a_stop_tries_once_more_and_does_not_wait_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mailing, "PAUSES_S", (3600.0,))
    tried: list[str] = []

    def refuse(mail: EmailMessage) -> None:
        tried.append(mail["To"])
        raise NotSent("no", is_final=False)

    async def run() -> None:
        pausing, mailer = asyncio.Event(), Mailer(refuse, SENDER, MovableClock(NOW_MS))
        pause = mailer._pause

        async def paused(seconds: float) -> None:
            pausing.set()
            await pause(seconds)

        monkeypatch.setattr(mailer, "_pause", paused)
        mailer.send(HELLO)
        await asyncio.wait_for(pausing.wait(), HANGING_S)
        await asyncio.wait_for(mailer.close(), HANGING_S)
        mailer.send(HELLO)

    asyncio.run(run())
    assert tried == ["ada@example.org"] * 2


def test_so_many_wait_and_no_more(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(mailing, "WAITING_MAX", 2)
    assert sent(FileTransport(tmp_path), HELLO, HELLO, HELLO).count("mail was dropped") == 1
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.parametrize(
    "to",
    [
        *("a@b.example\nBcc: eve@evil.example", "a@b.example\r\n\r\nbody", "a@b.example, eve@evil.example", "", "a"),
        *("<a@b.example>", "Eve <eve@evil.example>", "a@b.example (x)", "@b.example", "a@", "a b@c.example", "a@b\0"),
    ],
)
def test_header_injection_by_the_address(to: str) -> None:
    with pytest.raises(Undeliverable):
        composed(Message(to=to, subject="s", text="t", html="h"), SENDER, NOW_MS)


def test_header_injection_by_the_subject() -> None:
    subject = "Hello\r\nBcc: eve@evil.example\u2028X: y\x0b\x85\n\nbody"
    mail = composed(Message(to="a@b.example", subject=subject, text="t", html="h"), SENDER, NOW_MS)
    again = message_from_bytes(mail.as_bytes(), policy=default)
    assert again["Subject"] == "Hello Bcc: eve@evil.example X: y body"
    assert again["Bcc"] is None
    assert again["X"] is None


@pytest.mark.parametrize(
    "url",
    [
        *("http://a", "smtps://", "smtps://a:0", "smtps://a:x", "smtps://a/path", "smtps://a?x", "smtp://mail.example"),
        *("", "smtp://user:secret@10.0.0.1", "SMTPX://a"),
    ],
)
def test_a_senseless_smtp_url_stops_the_start_and_keeps_its_password(url: str) -> None:
    with pytest.raises(StartupError) as stop:
        mail_server_of(url)
    assert "secret" not in str(stop.value)


def test_what_smtp_url_means() -> None:
    server = mail_server_of("smtps://po%40st:p%3Aw%2F@mail.example")
    assert server is not None
    assert (server.host, server.port, server.security) == ("mail.example", 465, "tls")
    assert (server.username, server.password) == ("po@st", "p:w/")
    assert "p:w/" not in repr(server)


@pytest.mark.parametrize("text", ["", "nobody", "a@b.example\nBcc: c@d.example", "Name <>", "a@b.example, c@d.example"])
def test_a_senseless_sender_stops_the_start(text: str) -> None:
    with pytest.raises(StartupError):
        sender_of(text)
