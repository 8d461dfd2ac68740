"""Who the client of one request is: the handshake's certificate, or what a believed proxy hands on. Pure.

Decided for each request anew, since a proxy sends many clients' requests over one connection (attacks.md 26):

1. nothing is believed while no form is chosen
2. the proxy has shown who it is: pinned certificate, socket or address, key
3. the connection did not show a certificate itself: beside a key it is the proxy's own, and nobody's; without one, from
   a listed address, it may be a client's, and would count
4. each header of the form stands at most once and in its own spelling, or the request is refused
5. it is read by the form's parser; what is malformed is refused
6. the certificate is not a proxy's own
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from .forwarded.shown import NOTHING, Malformed, Shown
from .forwarded.table import FORMS, Form
from .framing import BadRequest
from .proxies import Peer, Proxies

KEY_HEADER = b"x-tallystick-proxy-key"
CNAME_KEY_HEADER = b"cname-api-key"
"""Auth0's: the key of one custom domain (auth0.md 2.3)."""

Claim = tuple[bytes, bytes]
"""A header about certificates: its name in lower case as it was sent, its value."""


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """What the request is to be taken for."""

    certificates: tuple[bytes, ...]
    source: str
    """``""``, ``"tls"`` or ``"header"``."""
    ca_verdict: bool | None = None
    dropped: tuple[str, ...] = ()
    """Names of the headers that were not believed."""
    reasons: tuple[str, ...] = ()
    """Why, of `dropped.REASONS`."""
    from_proxy: bool = False
    """Whether the proxy has shown who it is; then it may also name the client's address."""


class Claims:
    """The certificate headers of a request, sorted."""

    def __init__(self, claims: Sequence[Claim], form: Form | None) -> None:
        self.names = tuple(dict.fromkeys(name for name, _ in claims))
        self.keys = [value for name, value in claims if name == KEY_HEADER]
        self.cname_keys = [value for name, value in claims if name == CNAME_KEY_HEADER]
        names = form.names if form is not None else frozenset()
        # Some readers take `_` for `-` and some do not: whatever one of them could take for the header is looked at.
        self.of_form = [claim for claim in claims if plain(claim[0]) in names]
        keys = (KEY_HEADER, CNAME_KEY_HEADER) if form is not None and form.name == "auth0" else (KEY_HEADER,)
        self.others = tuple(name for name in self.names if plain(name) not in names and plain(name) not in keys)
        self.has_key = any(plain(name) in keys for name in self.names)


def plain(name: bytes) -> bytes:
    """The name with ``-`` for ``_``."""
    return name.replace(b"_", b"-")


def identify(
    proxies: Proxies | None, peer: Peer, claims: Sequence[Claim], now_s: float, *, vouched: bool = False
) -> Identity:
    """The client of the request; raises :class:`BadRequest`.

    ``vouched`` says that the key of a custom domain holds, which is for a database to know.
    """
    form = None if proxies is None else FORMS.get(proxies.form)
    sorted_ = Claims(claims, form)
    if proxies is None:
        return _unbelieved(peer, sorted_, "no_form")
    failure = _unproven(proxies, peer, sorted_, now_s, vouched)  # 2
    if failure:
        return _unbelieved(peer, sorted_, _reason(failure, sorted_, form))
    if peer.certificates and (vouched or proxies.key_holds(sorted_.keys)):  # 3
        return _unbelieved(Peer(), sorted_, "own_handshake", from_proxy=True, always=True)
    if form is None:  # 1
        return _unbelieved(peer, sorted_, "no_form", from_proxy=True)
    if peer.certificates and sorted_.of_form:  # 3
        return _unbelieved(peer, sorted_, "own_handshake", from_proxy=True)
    shown = _shown(form, sorted_)  # 4, 5
    if shown.certificates and proxies.is_pinned(shown.certificates[0]):  # 6
        return _unbelieved(peer, sorted_, "own_certificate", from_proxy=True)
    reasons = ("other_form",) if sorted_.others else ()
    certificates, source = (shown.certificates, "header") if shown.certificates else (peer.certificates, "tls")
    return Identity(
        certificates=certificates,
        source=source if certificates else "",
        ca_verdict=shown.ca_verdict,
        dropped=_text(sorted_.others),
        reasons=reasons,
        from_proxy=True,
    )


def proves_itself(proxies: Proxies, peer: Peer, claims: Sequence[Claim], now_s: float) -> bool:
    """Whether the proxy has shown who it is without the key of a custom domain."""
    return not _unproven(proxies, peer, Claims(claims, None), now_s, vouched=False)


def _unproven(proxies: Proxies, peer: Peer, claims: Claims, now_s: float, vouched: bool) -> str:
    """Empty once the proxy has shown who it is, else why it has not."""
    if peer.is_listed or vouched or (peer.pin is not None and peer.pin.is_valid(now_s)):
        return ""
    if proxies.key_holds(claims.keys):
        return ""
    return "proxy_certificate_expired" if peer.pin is not None else "not_a_proxy"


def _reason(failure: str, claims: Claims, form: Form | None) -> str:
    """What the operator is to hear about headers of somebody who is no proxy."""
    if failure != "not_a_proxy":
        return failure
    if claims.has_key:
        return "wrong_key"
    if form is None:
        return "no_form"
    return "not_a_proxy" if claims.of_form else "other_form"


def _shown(form: Form, claims: Claims) -> Shown:
    values: dict[bytes, bytes] = {}
    for name, value in claims.of_form:
        if plain(name) in values:
            raise BadRequest(400, "client_cert.duplicate")
        if plain(name) != name:
            raise BadRequest(400, "client_cert.spelling")
        values[name] = value
    if not values:
        return NOTHING
    try:
        return form.shown(values)
    except Malformed as refusal:
        raise BadRequest(400, f"client_cert.{form.name}.{refusal.check}") from None


def _unbelieved(peer: Peer, claims: Claims, reason: str, *, from_proxy: bool = False, always: bool = False) -> Identity:
    """The handshake's certificate, if there is one, and nothing else; ``always`` tells why without headers too."""
    names = claims.names if not from_proxy else tuple(name for name in claims.names if name != KEY_HEADER)
    return Identity(
        certificates=peer.certificates,
        source="tls" if peer.certificates else "",
        dropped=_text(names),
        reasons=(reason,) if names or always else (),
        from_proxy=from_proxy,
    )


def _text(names: Sequence[bytes]) -> tuple[str, ...]:
    return tuple(name.decode("latin-1") for name in names)
