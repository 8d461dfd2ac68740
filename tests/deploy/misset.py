"""The proxies with one mistake each, such as operators make: what a client says of its certificate comes through."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import ClassVar

from .deployment import Deployment, new_deployment
from .proxies import Caddy, Envoy, HAProxy, Nginx, Proxy


class MissetHAProxy(HAProxy):
    """Sets the header for those who show a certificate, and forgets to take it from all others."""

    changes: ClassVar = {"http-request del-header ^client[-_]cert -m reg": ""}


class MissetNginx(Nginx):
    """Takes the request's header for the handshake's variable."""

    changes: ClassVar = {"$ssl_client_escaped_cert": "$http_x_ssl_client_cert"}


class MissetCaddy(Caddy):
    """As HAProxy."""

    changes: ClassVar = {"request_header -Client-Cert*": ""}


class MissetEnvoy(Envoy):
    """Believes that another Envoy stands before it."""

    changes: ClassVar = {"SANITIZE_SET": "ALWAYS_FORWARD_ONLY"}


MISSET: dict[str, Proxy] = {
    proxy.name: proxy for proxy in (MissetHAProxy(), MissetNginx(), MissetCaddy(), MissetEnvoy())
}
"""By the name of what it should have been."""


@contextmanager
def misset(deployment: Deployment) -> Iterator[Deployment]:
    """A mis-set proxy of the same kind beside the right one, in front of the same Tallystick."""
    proxy, place = MISSET[deployment.proxy.name], deployment.place.beside("misset")
    with closing(new_deployment(place, proxy, deployment.behind, deployment.relay)) as wrong:
        wrong.start_proxy()
        yield wrong
