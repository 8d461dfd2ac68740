"""A mail server on loopback that keeps what it is handed, and refuses what a test wants refused."""

from __future__ import annotations

import asyncio
import ipaddress
import ssl
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from functools import partial
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword
from cryptography import x509

from tests.certificate_mill import SERVER_AUTH, authority, certify


@dataclass
class Mailbox:
    """What came, and how the next messages are answered; when there is no answer left they are taken."""

    url: str
    ca_file: Path
    messages: list[EmailMessage] = field(default_factory=list)
    recipients: list[list[str]] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)
    attempts: int = 0

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        """aiosmtpd's hook."""
        self.attempts += 1
        if self.answers:
            return self.answers.pop(0)
        message = message_from_bytes(envelope.content, policy=default)
        assert isinstance(message, EmailMessage)
        self.messages.append(message)
        self.recipients.append(list(envelope.rcpt_tos))
        return "250 OK"


@contextmanager
def mailbox(directory: Path, scheme: str, password: str = "a secret") -> Iterator[Mailbox]:
    """A server for ``scheme`` of `mail.server`, whose one account is ``post``."""
    issuer = authority("the mail server's authority")
    san = [x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    certificate, key = certify("mailbox", issuer, SERVER_AUTH, san=san).files(directory)
    ca_file = directory / "mail-ca.pem"
    ca_file.write_text(issuer.pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)

    def authenticate(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        held = isinstance(data, LoginPassword) and (data.login, data.password) == (b"post", password.encode())
        return AuthResult(success=held, handled=False)

    box = Mailbox("", ca_file)
    options: dict[str, Any] = {"authenticator": authenticate}
    if scheme == "smtps":
        options |= {"auth_require_tls": False}
    elif scheme == "smtp+starttls":
        options |= {"tls_context": context, "require_starttls": True, "auth_required": True}
    started: Future[tuple[int, Callable[[], object]]] = Future()

    async def serve() -> None:
        loop, over = asyncio.get_running_loop(), asyncio.Event()
        tls = context if scheme == "smtps" else None
        server = await loop.create_server(lambda: SMTP(box, loop=loop, **options), "127.0.0.1", 0, ssl=tls)
        async with server:
            started.set_result((server.sockets[0].getsockname()[1], partial(loop.call_soon_threadsafe, over.set)))
            await over.wait()
        # Conversations come to their end first, and their connections are closed on the loop's next rounds.
        if conversations := asyncio.all_tasks() - {asyncio.current_task()}:
            await asyncio.wait(conversations, timeout=1)
        await asyncio.sleep(0.01)

    thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    port, stop = started.result(10)
    account = "" if scheme == "smtp" else f"post:{password.replace(' ', '%20')}@"
    box.url = f"{scheme}://{account}127.0.0.1:{port}"
    try:
        yield box
    finally:
        stop()
        thread.join(10)
