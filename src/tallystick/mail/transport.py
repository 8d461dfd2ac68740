"""How a message leaves: by SMTP (RFC 5321), or into a file where no server is configured. Both block; see `mailer`."""

from __future__ import annotations

import os
import smtplib
import ssl
from collections.abc import Callable
from contextlib import suppress
from email.message import EmailMessage
from pathlib import Path

import structlog

from ..ids import new_record_id
from .server import MailServer

TIMEOUT_S = 15.0
"""For each step of the conversation."""
FILES_MAX = 500
"""How many messages stay in the directory; the oldest go."""
PERMANENT = 500
"""RFC 5321 4.2.1: from this code on the same command would be refused again."""

Transport = Callable[[EmailMessage], None]
"""Hands one message over, or raises :class:`NotSent`."""

log = structlog.get_logger("tallystick.mail")


class NotSent(Exception):
    """The message was not taken. The text is the server's code or the kind of trouble, never what the message says."""

    def __init__(self, text: str, *, is_final: bool) -> None:
        super().__init__(text)
        self.is_final = is_final
        """Whether trying again would be in vain."""


class SmtpTransport:
    """One conversation per message."""

    def __init__(self, server: MailServer, tls: Callable[[], ssl.SSLContext]) -> None:
        self._server = server
        self._tls = tls

    def __call__(self, message: EmailMessage) -> None:
        """Hand the message to the server."""
        try:
            with self._connected() as connection:
                connection.send_message(message)
        except smtplib.SMTPRecipientsRefused as refused:
            codes = [code for code, _ in refused.recipients.values()]
            raise NotSent(f"recipient refused: {codes}", is_final=min(codes) >= PERMANENT) from None
        except smtplib.SMTPResponseException as refused:
            code = refused.smtp_code
            # A password that does not hold is the operator's to mend, and soon: try again.
            is_final = code >= PERMANENT and not isinstance(refused, smtplib.SMTPAuthenticationError)
            raise NotSent(f"{type(refused).__name__} {code}", is_final=is_final) from None
        except smtplib.SMTPNotSupportedError:
            raise NotSent("the server cannot do what this message or smtp_url needs", is_final=True) from None
        except (smtplib.SMTPException, OSError) as problem:
            raise NotSent(type(problem).__name__, is_final=False) from None

    def _connected(self) -> smtplib.SMTP:
        server = self._server
        if server.security == "tls":
            connection: smtplib.SMTP = smtplib.SMTP_SSL(
                server.host, server.port, timeout=TIMEOUT_S, context=self._tls()
            )
        else:
            connection = smtplib.SMTP(server.host, server.port, timeout=TIMEOUT_S)
        try:
            if server.security == "starttls":
                # Raises when the server does not offer it: nothing is ever sent in clear instead.
                connection.starttls(context=self._tls())
            if server.username:
                connection.login(server.username, server.password)
        except BaseException:
            connection.close()
            raise
        return connection


class FileTransport:
    """A file per message, for development and for those who have not set up mail yet."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def __call__(self, message: EmailMessage) -> None:
        """Write the message. Only the owner may read it: its link opens something."""
        try:
            self._directory.mkdir(mode=0o700, exist_ok=True)
            stamp = message["Date"].datetime.strftime("%Y%m%dT%H%M%S")
            path = self._directory / f"{stamp}-{new_record_id()}.eml"
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(message.as_bytes())
            for old in sorted(self._directory.glob("*.eml"))[:-FILES_MAX]:
                with suppress(FileNotFoundError):
                    old.unlink()
        except OSError as problem:
            raise NotSent(f"the file cannot be written: {problem.strerror}", is_final=False) from None
        log.info("mail was written to a file, since smtp_url is not set", file=str(path))
