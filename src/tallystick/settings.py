"""Settings: command line, environment and file become one frozen value; the unknown and the senseless are refused.

Precedence: option > environment ``TALLYSTICK_<NAME>`` > TOML file > default. :data:`FIELDS` is the one table that
the command line, the environment, the file and the documentation are read from.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec

from .errors import StartupError
from .front.proxy_values import FORMS, NO_FORM, SOCKET_MODES, VERDICT_FORMS, addresses_of, header_name_of, keys_of
from .outbound.dns_server import server_of

PREFIX = "TALLYSTICK_"
WORKERS_MAX = 64
DRAIN_S_MAX = 600
DOMAIN_VERIFICATIONS = ("dns", "none")
LOG_LEVELS = ("debug", "info", "warning", "error")
TRUTH = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}


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
    Field("metrics_port", int, 0, "Loopback port that serves /metrics; 0 is off."),
    Field("drain_s", int, 0, "Seconds that /readyz says 503 before a stop begins, for load balancers."),
    Field("tls_cert", Path, None, "PEM file with the server certificate and its chain, instead of the local CA."),
    Field("tls_key", Path, None, "PEM file with the key of --tls-cert."),
    Field("master_key", str, None, "Key that encrypts what must be read back; default a file in DIR.", secret=True),
    Field("clients_per_tenant_max", int, 0, "Applications that a tenant may hold; 0 is no bound."),
    Field("credentials_per_tenant_max", int, 0, "Live credentials that a tenant may hold; 0 is no bound."),
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
        "metrics_port",
        "drain_s",
        "tls_cert",
        "tls_key",
        "clients_per_tenant_max",
        "credentials_per_tenant_max",
        "access_log",
        "log_level",
    }
)
"""What a reload applies; the others need a restart."""
HIDDEN = ("master_key", "database", "proxy_key")


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
    metrics_port: int = 0
    drain_s: int = 0
    tls_cert: Path | None = None
    tls_key: Path | None = None
    master_key: str | None = None
    clients_per_tenant_max: int = 0
    credentials_per_tenant_max: int = 0
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


def load_settings(
    options: Mapping[str, object],
    environ: Mapping[str, str],
    config: Path | None = None,
    *,
    other_variables: frozenset[str] = frozenset({"TALLYSTICK_CONFIG"}),
) -> Settings:
    """Settings out of the three sources, checked; raises :class:`StartupError` with one line naming the culprit.

    ``options`` are command line values by field name, None meaning not given. ``config`` is the TOML file; without it
    ``TALLYSTICK_CONFIG`` names one. ``other_variables`` are TALLYSTICK_ variables that are not settings.
    """
    if config is None and environ.get("TALLYSTICK_CONFIG"):
        config = Path(environ["TALLYSTICK_CONFIG"])
    given = {
        **(from_file(config) if config is not None else {}),
        **from_environment(environ, other_variables),
        **from_options(options),
    }
    return checked(Settings(**given))


def checked(settings: Settings) -> Settings:
    """The settings in their normal form; raises :class:`StartupError` for what makes no sense."""
    for check in CHECKS:
        check(settings)
    return normalised(settings)


class Reloaded(msgspec.Struct, frozen=True, kw_only=True):
    """What a running server makes of settings that were read again."""

    settings: Settings
    changed: tuple[str, ...]
    """Names of live settings that are otherwise now."""
    needs_restart: tuple[str, ...]
    """Names of the others that were changed; the settings still have the old values."""


def reloaded(current: Settings, wanted: Settings) -> Reloaded:
    """``current`` with every live setting of ``wanted``; raises StartupError when the mixture makes no sense."""
    different = [field for field in FIELDS if getattr(current, field.name) != getattr(wanted, field.name)]
    changed = {field.name: getattr(wanted, field.name) for field in different if field.name in LIVE}
    return Reloaded(
        settings=checked(msgspec.structs.replace(current, **changed)),
        changed=tuple(changed),
        needs_restart=tuple(field.name for field in different if field.name not in LIVE),
    )


def from_file(path: Path) -> dict[str, Any]:
    """Settings of a TOML file; relative paths in it are relative to the file."""
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise StartupError(f"cannot read the configuration file {path}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise StartupError(f"the configuration file {path} is not TOML: {error}") from error
    values = {}
    for name, value in document.items():
        if name not in BY_NAME:
            raise StartupError(f"the configuration file {path} has an unknown key: {name}")
        read = typed(BY_NAME[name], value, f"{name} in {path}")
        values[name] = path.parent / read if isinstance(read, Path) else read
    return values


def from_environment(environ: Mapping[str, str], other_variables: frozenset[str]) -> dict[str, Any]:
    """Settings out of TALLYSTICK_ variables; an empty one counts as not given."""
    values = {}
    for variable, text in environ.items():
        if not variable.startswith(PREFIX) or variable in other_variables:
            continue
        field = BY_NAME.get(variable.removeprefix(PREFIX).lower())
        if field is None or field.variable != variable:
            raise StartupError(f"unknown environment variable: {variable}")
        if text != "":
            values[field.name] = parsed(field, text, variable)
    return values


def from_options(options: Mapping[str, object]) -> dict[str, Any]:
    """Settings out of command line values; None is not given."""
    values = {}
    for name, value in options.items():
        if name not in BY_NAME or BY_NAME[name].secret:
            raise StartupError(f"unknown option: --{name.replace('_', '-')}")
        if value is not None:
            field = BY_NAME[name]
            values[name] = (
                parsed(field, value, field.option) if isinstance(value, str) else typed(field, value, field.option)
            )
    return values


def parsed(field: Field, text: str, source: str) -> Any:
    """A value out of text."""
    if field.type is bool:
        if text.lower() not in TRUTH:
            raise StartupError(f"{source} must be true or false")
        return TRUTH[text.lower()]
    if field.type is int:
        # isdecimal alone would take other scripts' digits, and int() would take signs, blanks and underscores.
        if not (text.isascii() and text.isdecimal()):
            raise StartupError(f"{source} must be a whole number")
        return int(text)
    return field.type(text)


def typed(field: Field, value: object, source: str) -> Any:
    """A value that has a type already; text counts as a path where one is wanted."""
    if field.type is Path and isinstance(value, str):
        return Path(value)
    if not isinstance(value, field.type) or (field.type is int and isinstance(value, bool)):
        raise StartupError(f"{source} must be of type {field.type.__name__.lower()}")
    return value


def check_numbers(settings: Settings) -> None:
    """Ports and workers are within what the machine knows."""
    for name in ("port", "mtls_port", "metrics_port"):
        if not 0 <= getattr(settings, name) <= 65535:
            raise StartupError(f"{name} must be between 0 and 65535")
    if settings.port == settings.mtls_port != 0:
        raise StartupError("port and mtls_port must differ")
    for name in ("clients_per_tenant_max", "credentials_per_tenant_max"):
        if getattr(settings, name) < 0:
            raise StartupError(f"{name} must not be negative")
    if settings.drain_s > DRAIN_S_MAX:
        raise StartupError(f"drain_s must be at most {DRAIN_S_MAX}")
    if not 1 <= settings.workers <= WORKERS_MAX:
        raise StartupError(f"workers must be between 1 and {WORKERS_MAX}")


def check_words(settings: Settings) -> None:
    """Words come from their lists, and what belongs together is given together."""
    if settings.log_level not in LOG_LEVELS:
        raise StartupError(f"log_level must be one of {', '.join(LOG_LEVELS)}")
    if not settings.host:
        raise StartupError("host must not be empty")
    if (settings.tls_cert is None) != (settings.tls_key is None):
        raise StartupError("tls_cert and tls_key must be given together")
    if settings.insecure_http and settings.tls_cert is not None:
        raise StartupError("insecure_http and tls_cert exclude each other")
    if settings.behind_proxy and not settings.insecure_http:
        raise StartupError("behind_proxy goes with insecure_http only")


def check_issuer(settings: Settings) -> None:
    """RFC 8414 2: the issuer is an https URL without query or fragment; ours is a bare origin."""
    if settings.issuer is None:
        return
    try:
        url = urlsplit(settings.issuer)
        port = url.port
    except ValueError as error:
        raise StartupError(f"issuer is not a URL: {error}") from error
    schemes = ("https", "http") if settings.insecure_http else ("https",)
    if url.scheme not in schemes:
        raise StartupError(f"issuer must begin with {' or '.join(scheme + '://' for scheme in schemes)}")
    if "?" in settings.issuer or "#" in settings.issuer or "@" in url.netloc or url.path not in ("", "/"):
        raise StartupError("issuer must be a bare https://host[:port]/ without path, user, query or fragment")
    if not url.hostname or port == 0 or settings.issuer != settings.issuer.strip().lower():
        raise StartupError("issuer must name a host, in lower case")


def check_proxies(settings: Settings) -> None:
    """What proxies may say, and how they show that they are ours; closed where nobody could be believed."""
    if settings.client_cert_header not in FORMS:
        raise StartupError(f"client_cert_header must be one of {', '.join(FORMS)}")
    if settings.unix_socket_mode not in SOCKET_MODES:
        raise StartupError(f"unix_socket_mode must be {' or '.join(SOCKET_MODES)}")
    keys_of(settings.proxy_key)
    addresses_of(settings.proxy_addresses)
    header_name_of(settings.client_ip_header)
    if settings.proxy_certificate is not None and settings.insecure_http:
        raise StartupError("proxy_certificate needs the mTLS port, which insecure_http does not have")
    if settings.trust_proxy_verification and settings.client_cert_header not in VERDICT_FORMS:
        raise StartupError(f"trust_proxy_verification goes with client_cert_header {' or '.join(VERDICT_FORMS)} only")
    if not names_proxies(settings, by_form=False):
        # Auth0's form has a way of its own for proxies of custom domains: cname-api-key.
        if settings.client_cert_header not in (NO_FORM, "auth0"):
            raise StartupError(f"client_cert_header {settings.client_cert_header} {NOBODY_IS_BELIEVED}")
        if settings.client_ip_header is not None and settings.client_cert_header == NO_FORM:
            raise StartupError(f"client_ip_header {NOBODY_IS_BELIEVED}")


def check_domains(settings: Settings) -> None:
    """How custom domains are verified."""
    if settings.custom_domain_verification not in DOMAIN_VERIFICATIONS:
        raise StartupError(f"custom_domain_verification must be {' or '.join(DOMAIN_VERIFICATIONS)}")
    server_of(settings.dns_server)


def names_proxies(settings: Settings, *, by_form: bool = True) -> bool:
    """Whether there is a way for a proxy to show who it is; the form `auth0` is one, by the keys of custom domains."""
    ways = (settings.proxy_certificate, settings.proxy_key, settings.proxy_addresses, settings.unix_socket)
    return any(ways) or (by_form and settings.client_cert_header == "auth0")


NOBODY_IS_BELIEVED = (
    "is believed only from a proxy that shows who it is: give proxy_certificate, proxy_key, proxy_addresses or"
    " unix_socket"
)
CHECKS = (check_numbers, check_words, check_issuer, check_proxies, check_domains)


def normalised(settings: Settings) -> Settings:
    """The issuer with its trailing slash."""
    if settings.issuer is None or settings.issuer.endswith("/"):
        return settings
    return msgspec.structs.replace(settings, issuer=settings.issuer + "/")
