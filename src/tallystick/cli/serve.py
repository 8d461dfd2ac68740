"""``tallystick serve``: start the server, and say what to do next."""

from __future__ import annotations

import asyncio
import shlex
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ..settings import Settings, names_proxies
from .command import with_settings
from .configured import SETTING_OPTIONS
from .options import DEFAULT_DATA
from .output import Output, print_json

if TYPE_CHECKING:
    from ..front.listeners import Listeners
    from ..front.proxies import Proxies
    from ..front.serve_plan import ServePlan
    from ..front.sources import CertificateSource

APP = "tallystick.app:open_worker"
HTTPS_PORT = 443
LOCAL_NAMES = ("localhost", "127.0.0.1", "::1")
"""Names in the server certificate of the local CA; other hosts of tenants get certificates of their own."""


@with_settings(SETTING_OPTIONS)
def serve(settings: Settings, out: Output, reread: Callable[[], Settings]) -> None:
    """Start the server. --json tells in JSON when it is ready.

    SIGTERM or Ctrl-C stops it without losing a request. SIGHUP reads certificates and the configuration file again.
    """
    from ..deployment.first_start import prepare
    from ..front.listeners import open_listeners
    from ..front.sources import LocalCertificates
    from ..front.supervisor import serve as supervise
    from ..logs import configure_logs
    from .reloading import Rereading

    if signal.getsignal(signal.SIGHUP) is signal.SIG_DFL:
        # A reload that is asked for before there is anything to reload must not end the start.
        signal.signal(signal.SIGHUP, lambda *_: None)
    # Bound first: with port 0 the issuer is known only now, and a port in use leaves the data as it was.
    listeners = open_listeners(
        settings.host,
        settings.port,
        settings.mtls_port,
        insecure_http=settings.insecure_http,
        behind_proxy=settings.behind_proxy,
        unix_socket=settings.unix_socket,
        unix_socket_mode=int(settings.unix_socket_mode, 8),
    )
    try:
        bound = settings.bound(listeners.port, listeners.mtls_port)
        plan = plan_of(bound, listeners)
        if not isinstance(plan.certificates, LocalCertificates | None):
            # Files that are not right are told at once, and leave the data as it was.
            plan.certificates.load([])
        asyncio.run(prepare(bound))
        configure_logs(settings.log_level)
        supervise(plan, on_ready=lambda: tell_ready(bound, out), reread=Rereading(settings, reread, plan))
    except KeyboardInterrupt:
        out.note("stopped")
    finally:
        listeners.close()


def plan_of(settings: Settings, listeners: Listeners) -> ServePlan:
    """What the supervisor is to run; raises StartupError."""
    from ..front.serve_plan import ServePlan

    return ServePlan(
        factory=APP,
        settings=settings,
        listeners=listeners,
        certificates=certificates_of(settings),
        proxies=proxies_of(settings),
        workers=settings.workers,
        metrics_port=settings.metrics_port,
        drain_s=settings.drain_s,
    )


def proxies_of(settings: Settings) -> Proxies | None:
    """Whom to believe about clients; None while the settings name no proxy."""
    from ..front.proxies import new_proxies

    if not names_proxies(settings):
        return None
    return new_proxies(
        form=settings.client_cert_header,
        certificate_file=settings.proxy_certificate,
        keys=settings.proxy_key,
        addresses=settings.proxy_addresses,
        client_ip_header=settings.client_ip_header,
    )


def certificates_of(settings: Settings) -> CertificateSource | None:
    """Where server certificates come from; None for plain HTTP."""
    from ..front.sources import GivenCertificates, LocalCertificates

    if settings.insecure_http:
        return None
    if settings.tls_cert is not None and settings.tls_key is not None:
        return GivenCertificates(settings.tls_cert, settings.tls_key)
    return LocalCertificates(settings.tls_directory, LOCAL_NAMES)


def tell_ready(settings: Settings, out: Output) -> None:
    """What to open and what to paste next."""
    facts = ready_facts(settings)
    if out.as_json:
        print_json(facts)
    else:
        print(ready_text(settings, facts))
    # Whoever waits for this line reads a pipe.
    print(end="", flush=True)


def ready_facts(settings: Settings) -> dict[str, Any]:
    """Where everything is."""
    # A node that joins a deployment has no bootstrap.json: the first start wrote it elsewhere.
    bootstrap = settings.data / "bootstrap.json"
    local_ca = certificates_of(settings)
    ca_file = getattr(local_ca, "ca_file", None)
    return {
        "issuer": settings.issuer_url,
        "discovery": settings.issuer_url + ".well-known/openid-configuration",
        "ca_file": None if ca_file is None else str(ca_file.absolute()),
        "bootstrap_file": str(bootstrap) if bootstrap.exists() else None,
        "port": settings.port,
        "mtls_port": settings.mtls_port,
        "unix_socket": None if settings.unix_socket is None else str(settings.unix_socket.absolute()),
    }


def ready_text(settings: Settings, facts: dict[str, Any]) -> str:
    """The same for people."""
    lines = [f"Tallystick serves {facts['issuer']}", "", f"  open    {facts['discovery']}"]
    if facts["ca_file"]:
        lines.append(f"  trust   {facts['ca_file']}")
    if facts["ca_file"] and not is_served_elsewhere(settings):
        lines.append(f"  paste   curl --cacert {shlex.quote(facts['ca_file'])} {facts['discovery']}")
    where = "" if settings.data == DEFAULT_DATA else f" --data {shlex.quote(str(settings.data))}"
    if is_served_elsewhere(settings):
        # The demo needs both addresses, so it is for the proxy's side.
        data = where or f" --data {DEFAULT_DATA}"
        scheme, what = ("http", "plain   HTTP") if settings.insecure_http else ("https", "here    HTTPS")
        lines.append(f"  {what} on port {settings.port}, for a proxy that serves the address above")
        lines.append(
            f"  paste   {program_as_called()} clients list{data} --domain {scheme}://localhost:{settings.port}"
        )
    else:
        lines.append(f"  paste   {program_as_called()} demo{where}")
    if settings.unix_socket is not None:
        lines.append(f"  socket  {settings.unix_socket}, for a proxy on this machine")
    if facts["bootstrap_file"]:
        lines.append(f"  keep    {facts['bootstrap_file']} holds the management application's secret")
    return "\n".join(lines)


def is_served_elsewhere(settings: Settings) -> bool:
    """Whether the issuer is the address of a proxy: there is no TLS here, or it is on another port than ours."""
    return settings.insecure_http or (urlsplit(settings.issuer_url).port or HTTPS_PORT) != settings.port


def program_as_called() -> str:
    """How this program was called, when that was by a relative path such as ``.venv/bin/tallystick``."""
    called = sys.argv[0]
    by_path = Path(called).name == "tallystick" and "/" in called and not called.startswith("/")
    return called if by_path else "tallystick"
