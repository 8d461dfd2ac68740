"""The table of settings: the command line, the environment, the file and the documentation are read from it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from ..front.proxy_values import FORMS, NO_FORM, SOCKET_MODES

PREFIX = "TALLYSTICK_"
WORKERS_MAX = 64
DRAIN_S_MAX = 600
DOMAIN_VERIFICATIONS = ("dns", "none")
LOG_LEVELS = ("debug", "info", "warning", "error")


class Field(msgspec.Struct, frozen=True):
    """One setting: what it is called, what it holds, and what people are told about it."""

    name: str
    type: type
    """``str``, ``int``, ``bool`` or ``Path``."""
    default: Any
    help: str
    secret: bool = False
    """Never shown and never a command line option, since process lists show those."""

    @property
    def option(self) -> str:
        """The command line option, such as ``--mtls-port``."""
        return "--" + self.name.replace("_", "-")

    @property
    def variable(self) -> str:
        """The environment variable, such as ``TALLYSTICK_MTLS_PORT``."""
        return PREFIX + self.name.upper()


FIELDS: tuple[Field, ...] = (
    Field("data", Path, Path("./data"), "Directory for everything the server keeps."),
    Field("host", str, "localhost", "Address or name to listen on; 0.0.0.0 or :: for every interface."),
    Field("port", int, 8443, "Port that never asks for a client certificate; 0 takes any free port."),
    Field("mtls_port", int, 8444, "Port that asks for a client certificate; 0 takes any free port."),
    Field("issuer", str, None, "Issuer URL of the first tenant; default https://localhost:<port>/."),
    Field("mtls_host", str, None, "Host name of the mTLS endpoint aliases, when they have one of their own."),
    Field("workers", int, 1, f"Worker processes, 1 to {WORKERS_MAX}."),
    Field("database", str, None, "Database URL; default an SQLite file in the data directory."),
    Field("insecure_http", bool, False, "Serve plain HTTP: on loopback only, or behind a proxy."),
    Field("behind_proxy", bool, False, "Plain HTTP may leave loopback, because a trusted proxy stands in front."),
    Field("unix_socket", Path, None, "Unix socket that also serves plain HTTP, for a proxy on this machine."),
    Field("unix_socket_mode", str, "0600", "Who may connect to it, by file mode: " + " or ".join(SOCKET_MODES) + "."),
    Field("client_cert_header", str, NO_FORM, "How a proxy hands on client certificates: " + ", ".join(FORMS) + "."),
    Field("proxy_certificate", Path, None, "PEM file with the certificates by which proxies show themselves to us."),
    Field("proxy_key", str, None, "Key that proxies send in X-Tallystick-Proxy-Key; several by commas.", secret=True),
    Field("proxy_addresses", str, None, "Loopback addresses that only proxies connect from; several by commas."),
    Field("client_ip_header", str, None, "Header by which a proxy names the client's address, as x-forwarded-for."),
    Field("trust_proxy_verification", bool, False, "Let a proxy's SUCCESS stand in for our check of the chain."),
    Field("custom_domain_verification", str, "dns", "What proves a custom domain: dns, or none where you vouch."),
    Field("dns_server", str, None, "DNS server that is asked, address[:port]; default those of the system."),
    Field("outbound_allow", str, None, "Networks and hosts that may be asked though they are not public; by commas."),
    Field("outbound_ca", Path, None, "PEM file with authorities to trust beside the system's when asking others."),
    Field(
        "smtp_url", str, None, "Mail server: smtps:// or smtp+starttls://, then user:password@host:port.", secret=True
    ),
    Field("mail_from", str, None, "Sender of mail, such as Example <no-reply@example.com>."),
    Field("metrics_port", int, 0, "Loopback port that serves /metrics; 0 is off."),
    Field("drain_s", int, 0, "Seconds that /readyz says 503 before a stop begins, for load balancers."),
    Field("tls_cert", Path, None, "PEM file with the server certificate and its chain, instead of the local CA."),
    Field("tls_key", Path, None, "PEM file with the key of --tls-cert."),
    Field("master_key", str, None, "Key that encrypts what must be read back; default a file in DIR.", secret=True),
    Field("clients_per_tenant_max", int, 0, "Applications that a tenant may hold; 0 is no bound."),
    Field("credentials_per_tenant_max", int, 0, "Live credentials that a tenant may hold; 0 is no bound."),
    Field("breached_passwords", Path, None, "List of passwords that others know: SHA-1 in hex, or plain; sorted."),
    Field("access_log", bool, False, "One line of JSON per request, with its correlation id, on standard error."),
    Field("log_level", str, "info", "How much to log: " + ", ".join(LOG_LEVELS) + "."),
)
BY_NAME = {field.name: field for field in FIELDS}
LIVE = frozenset(
    {
        "workers",
        "proxy_certificate",
        "proxy_key",
        "proxy_addresses",
        "client_ip_header",
        "trust_proxy_verification",
        "custom_domain_verification",
        "dns_server",
        "outbound_allow",
        "outbound_ca",
        "smtp_url",
        "mail_from",
        "metrics_port",
        "drain_s",
        "tls_cert",
        "tls_key",
        "clients_per_tenant_max",
        "credentials_per_tenant_max",
        "breached_passwords",
        "access_log",
        "log_level",
    }
)
"""What a reload applies; the others need a restart."""
HIDDEN = ("master_key", "database", "proxy_key", "smtp_url")
