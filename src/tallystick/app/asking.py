"""What the worker asks of others: over HTTPS, and to carry mail."""

from __future__ import annotations

from email.headerregistry import Address
from functools import partial

from ..clock import Clock
from ..mail.mailer import Mailer
from ..mail.server import mail_server_of, sender_of
from ..mail.transport import FileTransport, SmtpTransport
from ..outbound.allowed import allowed_of
from ..outbound.dns_server import server_of
from ..outbound.guarded import GuardedClient
from ..outbound.lookup import DnsLookup
from ..outbound.trust import tls_context
from ..settings import Settings

UNNAMED = Address(display_name="Tallystick", username="no-reply", domain="localhost")
"""Who messages in files are from while nobody said."""


def guarded_client_of(settings: Settings) -> GuardedClient:
    """The one client for what others publish, and for what they are told."""
    server = server_of(settings.dns_server)
    lookup = None if server is None else DnsLookup(server)
    return GuardedClient(allowed_of(settings.outbound_allow), settings.outbound_ca, lookup)


def mailer_of(settings: Settings, clock: Clock) -> Mailer:
    """Mail by the operator's server; without one into files."""
    server, sender = mail_server_of(settings.smtp_url), sender_of(settings.mail_from) or UNNAMED
    if server is None:
        return Mailer(FileTransport(settings.data / "mail"), sender, clock)
    return Mailer(SmtpTransport(server, partial(tls_context, settings.outbound_ca)), sender, clock)
