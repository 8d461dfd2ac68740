"""The message: what one person is told, as plain text and as HTML (RFC 5322, RFC 2046 5.1.4)."""

from __future__ import annotations

from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

import msgspec

from ..ids import new_record_id


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """A message to one person."""

    to: str
    subject: str
    text: str
    html: str
    language: str = "en"

    def __repr__(self) -> str:
        # What it says holds a link that opens something.
        return "Message()"


class Undeliverable(ValueError):
    """There is no such address as the message is for."""


def composed(message: Message, sender: Address, now_ms: int) -> EmailMessage:
    """The message as it travels. Raises :class:`Undeliverable`.

    Neither address nor subject can begin another header or name another recipient: an address is parsed as one whole,
    and a control character in a subject becomes a blank.
    """
    mail = EmailMessage(policy=SMTP)
    mail["From"] = sender
    mail["To"] = _recipient(message.to)
    mail["Subject"] = " ".join("".join(char if char.isprintable() else " " for char in message.subject).split())
    mail["Date"] = format_datetime(datetime.fromtimestamp(now_ms / 1000, UTC))
    # Not `email.utils.make_msgid`: it would tell the name of this machine.
    mail["Message-ID"] = f"<{new_record_id()}@{sender.domain}>"
    # RFC 3834 5: no automatic reply shall come back.
    mail["Auto-Submitted"] = "auto-generated"
    mail["Content-Language"] = message.language
    mail.set_content(message.text)
    mail.add_alternative(message.html, subtype="html")
    return mail


def _recipient(text: str) -> Address:
    try:
        address = Address(addr_spec=text)
    except Exception as problem:
        # The parser of the standard library raises whatever it stumbles over.
        raise Undeliverable("this is no address") from problem
    if not text.isprintable() or " " in text or not address.username or not address.domain:
        raise Undeliverable("this is no address")
    return address
