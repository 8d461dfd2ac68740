"""What a request's head must be, beyond what the parser checks, so that no two readers can disagree about it.

The parser (llhttp) refuses bare LF, folded lines, NUL, blanks before colons, doubled or conflicting lengths. These
are the rest of RFC 9112: what it lets pass.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import msgspec

HEAD_BYTES_MAX = 64 * 1024
"""Request line and header fields together."""
HEADERS_MAX = 128
FRAMING_HEADERS = frozenset({b"host", b"content-length", b"transfer-encoding"})
HOST = re.compile(rb"([A-Za-z0-9._~!$&'()*+;=%-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{0,5})?")


class Head(msgspec.Struct):
    """What of the head decides where the request begins and ends and whom it is for; names in lower case."""

    method: bytes
    target: bytes
    version: str
    framing: dict[bytes, list[bytes]]
    """Every value of each of the :data:`FRAMING_HEADERS` that is there."""
    header_count: int

    def values(self, name: bytes) -> list[bytes]:
        """Every value of a framing header."""
        return self.framing.get(name, [])


class BadRequest(Exception):
    """The request is refused with ``status``; ``check`` names the failing check, for the log."""

    def __init__(self, status: int, check: str) -> None:
        super().__init__(check)
        self.status = status
        self.check = check


def unknown_version(head: Head) -> bool:
    """RFC 9112 2.3; HTTP/0.9 has no version at all."""
    return head.version not in ("1.1", "1.0")


def tunnel(head: Head) -> bool:
    """RFC 9110 9.3.6: CONNECT is for proxies."""
    return head.method == b"CONNECT"


def not_one_host(head: Head) -> bool:
    """RFC 9112 3.2: exactly one Host; HTTP/1.0 may go without."""
    count = len(head.values(b"host"))
    return count > 1 or (count == 0 and head.version != "1.0")


def malformed_host(head: Head) -> bool:
    """RFC 9112 3.2: its value is a host with an optional port."""
    return any(not HOST.fullmatch(host) for host in head.values(b"host"))


def conflicting_target(head: Head) -> bool:
    """RFC 9112 3.2.2: an absolute target names the host; ours must be named alike in both places."""
    if head.target.startswith(b"/") or head.target == b"*":
        return False
    scheme, _, rest = head.target.partition(b"://")
    authority = re.split(rb"[/?]", rest, maxsplit=1)[0]
    return scheme.lower() not in (b"http", b"https") or [authority.lower()] != [
        host.lower() for host in head.values(b"host")
    ]


def fragment(head: Head) -> bool:
    """RFC 9112 3.2: a target has no fragment."""
    return b"#" in head.target


def doubtful_length(head: Head) -> bool:
    """RFC 9112 6.3: one Content-Length, and none beside Transfer-Encoding."""
    lengths = len(head.values(b"content-length"))
    return lengths > 1 or (lengths == 1 and bool(head.values(b"transfer-encoding")))


def old_chunked(head: Head) -> bool:
    """RFC 9112 6.1: Transfer-Encoding in HTTP/1.0 is faulty framing."""
    return head.version == "1.0" and bool(head.values(b"transfer-encoding"))


def unknown_coding(head: Head) -> bool:
    """RFC 9112 6.1: chunked is the one coding understood."""
    return any(value.lower() != b"chunked" for value in head.values(b"transfer-encoding"))


def large_head(head: Head) -> bool:
    """RFC 6585 5."""
    return head.header_count > HEADERS_MAX


CHECKS: tuple[tuple[str, int, Callable[[Head], bool]], ...] = (
    ("version", 505, unknown_version),
    ("headers.count", 431, large_head),
    ("method.connect", 501, tunnel),
    ("host.count", 400, not_one_host),
    ("host.form", 400, malformed_host),
    ("target.fragment", 400, fragment),
    ("target.authority", 400, conflicting_target),
    ("length.conflict", 400, doubtful_length),
    ("coding.http10", 400, old_chunked),
    ("coding.unknown", 501, unknown_coding),
)
"""Name of the check, status of the refusal, and the predicate that says when to refuse."""


def check_head(head: Head) -> None:
    """Raise :class:`BadRequest` for the first check that fails."""
    for name, status, refuses in CHECKS:
        if refuses(head):
            raise BadRequest(status, name)
