"""What an API tells at introspection of the request that it received, so that we check its proof and its demands.

    token_scheme           Bearer or DPoP: the scheme of its Authorization header
    htm, htu               method and URL, as clients spell it; query and fragment do not count
    dpop                   the value of its DPoP header; twice, where the request had two
    client_certificate     what the client showed in TLS, as `certs.handed_on` has it
    nonce_required         true: a proof needs a nonce of ours
    required_scope, acr_values, max_age       what the API demands for this request

Any of the first asks for the proof to be checked, even without a value: a proxy that hands on a header which the
request has not must not get less for it. What an API leaves out counts as not there: what is bound by it is refused.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

import msgspec

from ..certs.handed_on import der_of
from ..certs.refusals import CertificateRefused
from ..errors import OAuthError
from ..tokens.demands import Demands
from ..web.parameters import Several

DPOP = "dpop"
PROOF = frozenset({"token_scheme", "htm", "htu", DPOP, "client_certificate", "nonce_required"})
DEMANDS = frozenset({"required_scope", "acr_values", "max_age"})
_METHOD = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,32}")
_FLAG = {"true": True, "false": False}
_MAX_AGE = re.compile(r"[0-9]{1,9}", re.ASCII)


class RelayedProof(msgspec.Struct, frozen=True, kw_only=True):
    """What the request showed beside the token."""

    scheme: str
    """In lower case."""
    method: str
    url: str
    """Without query and fragment (RFC 9449 4.3); empty, as ``method`` is, where the API told none."""
    headers: tuple[bytes, ...]
    """Each DPoP header."""
    certificates: tuple[bytes, ...]
    needs_nonce: bool

    def __repr__(self) -> str:
        return f"RelayedProof(scheme={self.scheme!r}, method={self.method!r})"


class Relayed(msgspec.Struct, frozen=True, kw_only=True):
    """What an API told; either may be None where it asks for nothing of that kind."""

    proof: RelayedProof | None = None
    demands: Demands | None = None

    @property
    def is_there(self) -> bool:
        """Whether the API asks for more than what the token says."""
        return self.proof is not None or self.demands is not None


NOTHING = Relayed()


def read_relayed(parameters: Mapping[str, str], several: Several) -> Relayed:
    """What the parameters tell; ``several`` knows which stood there twice, and which without a value.

    Raises OAuthError ``invalid_request`` for what the API itself wrote wrongly.
    """
    named = several.empty.union(parameters)
    if named.isdisjoint(PROOF) and named.isdisjoint(DEMANDS):
        return NOTHING
    if empty := sorted(several.empty & DEMANDS):
        raise _wrong(empty[0], f"{empty[0]} is empty")
    return Relayed(
        proof=None if named.isdisjoint(PROOF) else _proof(parameters, is_twice=DPOP in several.found),
        demands=None if named.isdisjoint(DEMANDS) else _demands(parameters),
    )


def _proof(parameters: Mapping[str, str], *, is_twice: bool) -> RelayedProof:
    if "token_scheme" not in parameters:
        raise _wrong("token_scheme", "token_scheme is missing: Bearer or DPoP")
    dpop, method, url = (parameters.get(name, "") for name in (DPOP, "htm", "htu"))
    if dpop and not (method and url):
        raise _wrong("request", "dpop needs htm and htu")
    if method and not _METHOD.fullmatch(method):
        raise _wrong("htm", "htm is no HTTP method")
    header = dpop.encode("utf-8")
    return RelayedProof(
        scheme=parameters["token_scheme"].strip().lower(),
        method=method,
        url=_without_query(url) if url else "",
        headers=(header, header) if is_twice else (header,) if dpop else (),
        certificates=_certificates(parameters.get("client_certificate")),
        needs_nonce=_flag(parameters.get("nonce_required", "false")),
    )


def _demands(parameters: Mapping[str, str]) -> Demands:
    max_age = parameters.get("max_age")
    if max_age is not None and not _MAX_AGE.fullmatch(max_age):
        raise _wrong("max_age", "max_age is a number of seconds")
    return Demands(
        scopes=tuple(parameters.get("required_scope", "").split()),
        acr_values=tuple(parameters.get("acr_values", "").split()),
        max_age_s=None if max_age is None else int(max_age),
    )


def _without_query(url: str) -> str:
    try:
        parts = urlsplit(url)
    except ValueError:
        raise _wrong("htu", "htu is no URL") from None
    if parts.scheme not in ("https", "http") or not parts.netloc:
        raise _wrong("htu", "htu is no http(s) URL")
    return url.partition("#")[0].partition("?")[0]


def _certificates(text: str | None) -> tuple[bytes, ...]:
    if text is None:
        return ()
    try:
        return (der_of(text),)
    except CertificateRefused as refusal:
        raise _wrong("client_certificate", "client_certificate cannot be read") from refusal


def _flag(value: str) -> bool:
    if value not in _FLAG:
        raise _wrong("nonce_required", "nonce_required is true or false")
    return _FLAG[value]


def _wrong(parameter: str, description: str) -> OAuthError:
    return OAuthError("invalid_request", f"{description}.", check=f"introspection.{parameter}")
