"""A tenant's addresses: its issuer, where its mTLS aliases point, and every ``Host`` that leads to it. Pure.

They follow from how the deployment listens and from what the operator named; a port that was not named is the
deployment's own.
"""

from __future__ import annotations

from urllib.parse import urlsplit

import msgspec

from .hostnames import DEFAULT_PORT

MTLS_PREFIX = "mtls."
"""In front of a custom domain: the host of its mTLS endpoint aliases (auth0.md 2.3)."""
LOOPBACK_NAMES = ("localhost", "127.0.0.1", "[::1]")
"""Always names of the first tenant, so that one machine needs no set-up (design.md section 7)."""


_ZONE_NAME_CHARS_MAX = 150
"""So that origin names stay far below the 253 of the DNS."""


class Listeners(msgspec.Struct, frozen=True, kw_only=True):
    """How the deployment listens, and the issuer of its first tenant."""

    issuer: str
    port: int
    mtls_port: int | None
    """None when no listener asks for client certificates."""
    mtls_host: str | None = None
    """``host[:port]`` of the first tenant's mTLS aliases, when they have a name of their own."""
    by_proxy: bool = False
    """Whether a proxy asks for client certificates in our place, at mTLS hosts that have a name of their own."""


class Addresses(msgspec.Struct, frozen=True, kw_only=True):
    """Where a tenant is found."""

    issuer: str
    mtls_issuer: str
    """Equal to the issuer when there is no place of its own for client certificates."""
    hosts: tuple[str, ...]
    """As requests send them, ``host`` or ``host:port``."""


def first_tenant_addresses(listeners: Listeners) -> Addresses:
    """The addresses of the tenant that the deployment's own issuer belongs to."""
    name, port = _split(listeners.issuer)
    return _addresses(listeners, (name, *LOOPBACK_NAMES), port, listeners.issuer, listeners.mtls_host)


def named_tenant_addresses(listeners: Listeners, host: str, mtls_host: str = "") -> Addresses:
    """The addresses of a tenant whose host the operator named, as ``host`` or ``host:port``."""
    deployment_port = _split(listeners.issuer)[1]
    name, port = _split(f"https://{host}/", default_port=deployment_port)
    return _addresses(listeners, (name,), port, _url(name, port), mtls_host or None)


def custom_domain_addresses(listeners: Listeners, domain: str, origin_domain_name: str | None) -> Addresses:
    """The addresses of a verified custom domain.

    With an origin, its public URL is on the default port of a proxy, and the proxy may forward by any of the names.
    Without one, the deployment's own listeners serve it, on their ports, like any tenant's host.
    """
    mtls_name = MTLS_PREFIX + domain
    if origin_domain_name is None:
        return named_tenant_addresses(listeners, domain, mtls_name)
    ports = [DEFAULT_PORT, listeners.port, *([] if listeners.mtls_port is None else [listeners.mtls_port])]
    names = (domain, mtls_name, origin_domain_name)
    hosts = [host for name in names for port in ports for host in _spellings(name, port)]
    return Addresses(
        issuer=_url(domain, DEFAULT_PORT),
        mtls_issuer=_url(mtls_name, DEFAULT_PORT),
        hosts=tuple(dict.fromkeys(hosts)),
    )


def own_names(listeners: Listeners) -> frozenset[str]:
    """The deployment's own host names, without ports: nobody else's, however well verified."""
    own = (listeners.issuer, *([f"https://{listeners.mtls_host}/"] if listeners.mtls_host else []))
    return frozenset({*LOOPBACK_NAMES, *(_split(url)[0] for url in own)})


def edge_zone(listeners: Listeners) -> str:
    """The zone of the origins: below the deployment's own name, or a private one where that is an address."""
    name = _split(listeners.issuer)[0]
    is_name = not name.startswith("[") and not name.rpartition(".")[2].isdigit()
    return f"edge.{name}" if is_name and len(name) <= _ZONE_NAME_CHARS_MAX else "edge.internal"


def _addresses(
    listeners: Listeners, names: tuple[str, ...], port: int, issuer: str, mtls_host: str | None
) -> Addresses:
    ports = [port, listeners.port]
    hosts: list[str] = []
    mtls_issuer = issuer
    if listeners.mtls_port is not None:
        # Behind a proxy on 443, a mTLS host of its own is on 443 too; otherwise it is our listener's port.
        default_port = DEFAULT_PORT if mtls_host and port == DEFAULT_PORT else listeners.mtls_port
        mtls_name, mtls_port = _split(f"https://{mtls_host or names[0]}/", default_port=default_port)
        mtls_issuer = _url(mtls_name, mtls_port)
        ports.append(listeners.mtls_port)
        hosts += _spellings(mtls_name, mtls_port) + _spellings(mtls_name, listeners.mtls_port)
    elif listeners.by_proxy and mtls_host:
        mtls_name, mtls_port = _split(f"https://{mtls_host}/")
        mtls_issuer = _url(mtls_name, mtls_port)
        hosts += _spellings(mtls_name, mtls_port) + _spellings(mtls_name, listeners.port)
    for name in names:
        for each in ports:
            hosts += _spellings(name, each)
    return Addresses(issuer=issuer, mtls_issuer=mtls_issuer, hosts=tuple(dict.fromkeys(hosts)))


def _split(url: str, default_port: int | None = None) -> tuple[str, int]:
    parts = urlsplit(url)
    name = parts.hostname or ""
    scheme_port = DEFAULT_PORT if parts.scheme == "https" else 80
    return (f"[{name}]" if ":" in name else name), parts.port or default_port or scheme_port


def _url(name: str, port: int) -> str:
    return f"https://{name}/" if port == DEFAULT_PORT else f"https://{name}:{port}/"


def _spellings(name: str, port: int) -> list[str]:
    """RFC 9110 4.2.2: the default port may be left out, and may be there."""
    return [name, f"{name}:{port}"] if port == DEFAULT_PORT else [f"{name}:{port}"]
