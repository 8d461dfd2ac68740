"""The files of the data directory, and settings of the deployment that let more through than they need."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from ...settings import Settings
from ..whereabouts import is_loopback
from .finding import ADVICE, BAD, OK, Finding, Patient, away

PRIVATE = ("master.key", "bootstrap.json", "tallystick.db", "tls/*.key")
OTHERS = 0o077
LOOPBACK = ("localhost", "127.0.0.1", "::1")

Weakness = tuple[str, Callable[[Settings], bool], str, str]
WEAKNESSES: tuple[Weakness, ...] = (
    (
        "settings.trust_proxy_verification",
        lambda settings: settings.trust_proxy_verification,
        "a proxy's word replaces our own check of certificate chains (trust_proxy_verification)",
        "register the authorities here and switch it off, unless the proxy knows authorities that we cannot",
    ),
    (
        "settings.insecure_http",
        lambda settings: settings.insecure_http and settings.behind_proxy and settings.host not in LOOPBACK,
        "plain HTTP leaves this machine (insecure_http, behind_proxy)",
        "listen on loopback or a unix socket, or let the proxy speak TLS to us",
    ),
    (
        "settings.client_cert_header",
        lambda settings: settings.client_cert_header == "none" and settings.insecure_http and bool(settings.mtls_host),
        "there is an mTLS host, but no form in which its proxy may hand on certificates (client_cert_header)",
        "choose the proxy's form; until then no certificate reaches us",
    ),
    (
        "settings.proxy_addresses",
        lambda settings: bool(settings.proxy_addresses) and settings.client_cert_header != "none",
        "whoever can connect from a listed loopback address may name any client (proxy_addresses)",
        "where others have accounts on this machine, use the unix socket or a proxy_key instead",
    ),
    (
        "settings.custom_domain_verification",
        lambda settings: settings.custom_domain_verification == "none",
        "custom domains are taken without proof (custom_domain_verification)",
        "use dns, unless every tenant's administrators are your own people",
    ),
    (
        "settings.smtp_url",
        lambda settings: settings.smtp_url is None and not is_loopback(settings.issuer_url),
        "links for passwords and addresses go to files that nobody reads (no smtp_url)",
        "set smtp_url and mail_from, unless nobody signs in here but applications",
    ),
    (
        "settings.log_level",
        lambda settings: settings.log_level == "debug",
        "the log tells everything (log_level debug)",
        "use info in production",
    ),
)


def examine(patient: Patient) -> Iterator[Finding]:
    """What only who has the data directory can see."""
    if patient.settings is None:
        yield away("files")
        return
    yield from _permissions(patient.settings.data)
    found = [
        Finding(check, ADVICE, text, advice) for check, holds, text, advice in WEAKNESSES if holds(patient.settings)
    ]
    yield from found or [Finding("settings", OK, "no setting that doctor was given weakens the deployment")]


def _permissions(data: Path) -> Iterator[Finding]:
    files = [path for pattern in PRIVATE for path in data.glob(pattern) if path.is_file()]
    if not files:
        yield away("files.modes")
        return
    open_to_others = sorted(str(path.relative_to(data)) for path in files if path.stat().st_mode & OTHERS)
    if open_to_others:
        text = f"others on this machine may read {', '.join(open_to_others)} in {data}"
        yield Finding("files.modes", BAD, text, "chmod 600 them; if somebody did read them, rotate what they hold")
    else:
        yield Finding("files.modes", OK, f"keys and secrets in {data} are for their owner alone")
