"""What a server publishes about itself: found, and believed only when it is about the server that was asked.

Sources: RFC 8414 3, OpenID Connect Discovery 4, RFC 8705 5 (``mtls_endpoint_aliases``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from .exchange import Flow, Request, is_private, may_send_to
from .failures import AnswerRefused, ServerRefused

_OPENID = "/.well-known/openid-configuration"
_OAUTH = "/.well-known/oauth-authorization-server"


@dataclass(frozen=True, slots=True)
class ServerMetadata:
    """One server's metadata."""

    issuer: str
    members: Mapping[str, Any] = field(repr=False)
    found_at: str = ""
    """Where the server was found, when that is not its issuer: a plain one of this machine, with a proxy before it."""

    def has(self, name: str) -> bool:
        """Whether the server has an endpoint of this name, such as ``revocation_endpoint``."""
        return isinstance(self.members.get(name), str)

    def endpoint(self, name: str, *, shows_certificate: bool = False) -> str:
        """The URL of an endpoint, or of ``jwks_uri``. Raises :class:`AnswerRefused` when the server has none.

        Who means to show a certificate takes the alias first (RFC 8705 5).
        """
        aliases = self.members.get("mtls_endpoint_aliases") if shows_certificate else None
        url = (aliases.get(name) if isinstance(aliases, dict) else None) or self.members.get(name)
        if not isinstance(url, str):
            raise AnswerRefused(f"the server {self.issuer} has no {name}")
        if not may_send_to(self.found_at or self.issuer, url):
            raise AnswerRefused(f"the server {self.issuer} has its {name} not at https")
        return url

    @property
    def sends_iss(self) -> bool:
        """Whether each authorization response says whose it is (RFC 9207 3)."""
        return self.members.get("authorization_response_iss_parameter_supported") is True

    @property
    def wants_pushing(self) -> bool:
        """Whether it takes no other requests than pushed ones, whoever asks (RFC 9126 5)."""
        return self.members.get("require_pushed_authorization_requests") is True

    @property
    def takes_pushing(self) -> bool:
        """Whether it takes pushed requests at all (RFC 9126 5)."""
        return self.has("pushed_authorization_request_endpoint")


def well_known_urls(issuer: str) -> tuple[str, str]:
    """Where the metadata of an issuer may be, in the order to look. OpenID Connect appends, RFC 8414 3 inserts."""
    parts = urlsplit(issuer)
    path = parts.path.rstrip("/")
    root = f"{parts.scheme}://{parts.netloc}"
    return f"{root}{path}{_OPENID}", f"{root}{_OAUTH}{path}"


def discover(issuer: str) -> Flow[ServerMetadata]:
    """Find the metadata of ``issuer``: spelled as the server spells it, trailing slash or not."""
    # RFC 8414 2: https, without query and fragment. What stood there would be lost on the way to the metadata.
    if not is_private(issuer) or "@" in urlsplit(issuer).netloc or {"?", "#"} & set(issuer):
        raise AnswerRefused(f"an issuer is an https URL, not {issuer[:200]}")
    status, problem = 0, None
    for url in well_known_urls(issuer):
        answer = yield Request("GET", url, {"Accept": "application/json"})
        status = answer.status
        if status != 200:
            continue
        try:
            members = answer.members()
        except AnswerRefused as refused:
            # A page for people, as some servers have for whatever there is not.
            problem = refused
            continue
        return read_metadata(members, issuer)
    raise problem or ServerRefused(f"http_{status}", f"no metadata of {issuer} was found", status=status)


def read_metadata(members: Mapping[str, Any], issuer: str) -> ServerMetadata:
    """Raises :class:`AnswerRefused` when it is not the metadata of ``issuer``.

    RFC 8414 3.3: exactly that one. Else whoever answers could have us sign an assertion for another server (mix-up).
    """
    if members.get("issuer") != issuer:
        raise AnswerRefused(f"the metadata found for {issuer} is of {str(members.get('issuer'))[:200]}")
    return ServerMetadata(issuer, members)
