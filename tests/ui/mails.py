"""Mail that a deployment in this process wrote into files, and the links in it."""

from __future__ import annotations

import re
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

import msgspec

from tests.inprocess import InProcess

LINK = re.compile(r"https://\S+")


class Mail(msgspec.Struct, frozen=True):
    """One message."""

    to: str
    subject: str
    text: str
    html: str

    @property
    def link(self) -> str:
        """The link in it, the same in text and HTML."""
        (link,) = LINK.findall(self.text)
        assert link in self.html
        return str(link)


def mails(house: InProcess) -> list[Mail]:
    """Every message so far, in no certain order."""
    house.run(house.worker.mailer.settle())
    return [_read(path.read_bytes()) for path in (house.settings.data / "mail").glob("*.eml")]


def newest(house: InProcess, seen: list[Mail]) -> Mail:
    """The one message that has come since."""
    (mail,) = [one for one in mails(house) if one not in seen]
    return mail


def _read(content: bytes) -> Mail:
    message = message_from_bytes(content, policy=default)
    text, html = message.iter_parts()
    assert isinstance(text, EmailMessage)
    assert isinstance(html, EmailMessage)
    return Mail(str(message["To"]), str(message["Subject"]), text.get_content(), html.get_content())
