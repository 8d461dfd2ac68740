"""What the operator decided, as one frozen value. It has a member for every row of the table."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from ..front.proxy_values import NO_FORM
from .table import BY_NAME, HIDDEN


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What the operator decided. Its repr hides keys, and the database URL, which may hold a password."""

    data: Path = Path("./data")
    host: str = "localhost"
    port: int = 8443
    mtls_port: int = 8444
    issuer: str | None = None
    mtls_host: str | None = None
    workers: int = 1
    database: str | None = None
    insecure_http: bool = False
    behind_proxy: bool = False
    unix_socket: Path | None = None
    unix_socket_mode: str = "0600"
    client_cert_header: str = NO_FORM
    proxy_certificate: Path | None = None
    proxy_key: str | None = None
    proxy_addresses: str | None = None
    client_ip_header: str | None = None
    trust_proxy_verification: bool = False
    custom_domain_verification: str = "dns"
    dns_server: str | None = None
    outbound_allow: str | None = None
    outbound_ca: Path | None = None
    smtp_url: str | None = None
    mail_from: str | None = None
    metrics_port: int = 0
    drain_s: int = 0
    tls_cert: Path | None = None
    tls_key: Path | None = None
    master_key: str | None = None
    clients_per_tenant_max: int = 0
    credentials_per_tenant_max: int = 0
    breached_passwords: Path | None = None
    access_log: bool = False
    log_level: str = "info"

    @property
    def issuer_url(self) -> str:
        """The first tenant's issuer, with its trailing slash. It never follows ``host``, nor the port a caller used."""
        return self.issuer or f"https://localhost:{self.port}/"

    @property
    def by_proxy(self) -> bool:
        """Whether a proxy asks for client certificates and hands them on."""
        return self.client_cert_header != NO_FORM

    @property
    def tls_directory(self) -> Path:
        """Where the local CA lives."""
        return self.data / "tls"

    def bound(self, port: int, mtls_port: int) -> Settings:
        """These settings with the ports that were really bound, so that port 0 gives an issuer too."""
        return msgspec.structs.replace(self, port=port, mtls_port=mtls_port)

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        """Every setting; keys and the database URL only as given or not given."""
        values = ((name, getattr(self, name)) for name in BY_NAME)
        return [(name, "(hidden)" if name in HIDDEN and value is not None else value) for name, value in values]

    def __repr__(self) -> str:
        return "Settings(" + ", ".join(f"{name}={value!r}" for name, value in self.__rich_repr__()) + ")"
