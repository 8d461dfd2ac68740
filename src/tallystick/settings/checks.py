"""What settings make sense: each alone, and together. Pure; a refusal is one clear line."""

from __future__ import annotations

import os
from urllib.parse import urlsplit

import msgspec

from ..errors import StartupError
from ..front.proxy_values import FORMS, NO_FORM, SOCKET_MODES, VERDICT_FORMS, addresses_of, header_name_of, keys_of
from ..mail.server import mail_server_of, sender_of
from ..outbound.allowed import allowed_of
from ..outbound.dns_server import server_of
from ..outbound.trust import tls_context
from .settings import Settings
from .table import DOMAIN_VERIFICATIONS, DRAIN_S_MAX, LOG_LEVELS, WORKERS_MAX

NOBODY_IS_BELIEVED = (
    "is believed only from a proxy that shows who it is: give proxy_certificate, proxy_key, proxy_addresses or"
    " unix_socket"
)


def checked(settings: Settings) -> Settings:
    """The settings in their normal form; raises :class:`StartupError` for what makes no sense."""
    for check in CHECKS:
        check(settings)
    return normalised(settings)


def check_numbers(settings: Settings) -> None:
    """Ports, workers and bounds are within what makes sense."""
    for name in ("port", "mtls_port", "metrics_port"):
        if not 0 <= getattr(settings, name) <= 65535:
            raise StartupError(f"{name} must be between 0 and 65535")
    if settings.port == settings.mtls_port != 0:
        raise StartupError("port and mtls_port must differ")
    for name in ("clients_per_tenant_max", "credentials_per_tenant_max", "drain_s"):
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


def check_files(settings: Settings) -> None:
    """Files that are read while the server runs are there when it starts."""
    listed = settings.breached_passwords
    if listed is not None and not os.access(listed, os.R_OK):
        raise StartupError(f"breached_passwords: cannot read {listed}")


def check_outbound(settings: Settings) -> None:
    """Who may be asked, whom to trust there, and where mail is handed in."""
    allowed_of(settings.outbound_allow)
    if settings.outbound_ca is not None:
        tls_context(settings.outbound_ca)
    sender = sender_of(settings.mail_from)
    if mail_server_of(settings.smtp_url) is not None and sender is None:
        raise StartupError("smtp_url needs mail_from, the address that mail is from")


def names_proxies(settings: Settings, *, by_form: bool = True) -> bool:
    """Whether there is a way for a proxy to show who it is; the form `auth0` is one, by the keys of custom domains."""
    ways = (settings.proxy_certificate, settings.proxy_key, settings.proxy_addresses, settings.unix_socket)
    return any(ways) or (by_form and settings.client_cert_header == "auth0")


CHECKS = (check_numbers, check_words, check_issuer, check_proxies, check_domains, check_files, check_outbound)


def normalised(settings: Settings) -> Settings:
    """The issuer with its trailing slash."""
    if settings.issuer is None or settings.issuer.endswith("/"):
        return settings
    return msgspec.structs.replace(settings, issuer=settings.issuer + "/")
