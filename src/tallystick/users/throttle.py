"""Counting failures: what a run of them comes to, per account and per address. Pure.

An attempt is counted *before* the password is looked at, and taken back when it was right: of many at once, over all
workers, exactly as many are looked at as there were left. A block ends by itself, so that nobody is kept out for good
by somebody who only knows their address.
"""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from msgspec.structs import replace

from ..clock import DAY_MS
from ..tenants.options import BruteForce, Rate
from .attempts import FailedAttempts

BLOCK_MS = DAY_MS
"""How long an account stays blocked, and after how long without a failure a count begins anew."""
ACCOUNT, STRANGER, ADDRESS, SIGN_UP = "account", "stranger", "address", "sign_up"
"""What a row counts: an account that there is, a name that there is not, an address by purpose."""
_V6_PREFIX = 64
"""Whoever has one IPv6 address has the 2**64 of its network too."""


def place_of(ip: str) -> str:
    """What counts as one address: the address, or the /64 network of an IPv6 one."""
    try:
        address = ip_address(ip)
    except ValueError:
        return ip[:64]
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(ip_network((address, _V6_PREFIX), strict=False))
    return str(address)


def is_allowed(ip: str, allowlist: Iterable[IPv4Network | IPv6Network]) -> bool:
    """Whether an address is in one of the networks for which nothing is counted."""
    try:
        address = ip_address(ip)
    except ValueError:
        return False
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return any(address in network for network in allowlist)


def is_blocked(row: FailedAttempts | None, now_ms: int) -> bool:
    """Whether more are refused."""
    return row is not None and row.blocked_until_ms is not None and now_ms < row.blocked_until_ms


def one_more(
    tenant_id: str, subject: str, row: FailedAttempts | None, limit: BruteForce, now_ms: int
) -> FailedAttempts:
    """The row of an account after another attempt; the last one that is allowed begins the block."""
    fresh = row is None or row.last_at_ms + BLOCK_MS <= now_ms
    count = 1 if row is None or fresh else row.count + 1
    return FailedAttempts(
        tenant_id=tenant_id,
        version=row.version if row else 0,
        subject=subject,
        count=count,
        first_at_ms=now_ms if row is None or fresh else row.first_at_ms,
        last_at_ms=now_ms,
        blocked_until_ms=now_ms + BLOCK_MS if count >= limit.max_attempts else None,
        purge_at_ms=now_ms + BLOCK_MS,
    )


def one_less(row: FailedAttempts) -> FailedAttempts | None:
    """The row after an attempt is taken back; None for a row that may go."""
    if row.count <= 1:
        return None
    return replace(row, count=row.count - 1, blocked_until_ms=None)


def drained(row: FailedAttempts | None, rate: Rate, now_ms: int) -> int:
    """How full the bucket of an address is: one attempt is forgotten in each interval."""
    if row is None:
        return 0
    return max(0, row.count - (now_ms - row.last_at_ms) // max(rate.interval_ms, 1))


def one_drop(
    tenant_id: str, subject: str, row: FailedAttempts | None, rate: Rate, now_ms: int
) -> FailedAttempts | None:
    """The row of an address after another attempt; None when its bucket is full and the attempt is refused."""
    level = drained(row, rate, now_ms)
    if level >= rate.max_attempts:
        return None
    count = level + 1
    # What has dripped already within the interval that runs is not lost.
    since_ms = now_ms if row is None or level == 0 else now_ms - (now_ms - row.last_at_ms) % max(rate.interval_ms, 1)
    return FailedAttempts(
        tenant_id=tenant_id,
        version=row.version if row else 0,
        subject=subject,
        count=count,
        first_at_ms=row.first_at_ms if row else now_ms,
        last_at_ms=since_ms,
        blocked_until_ms=since_ms + rate.interval_ms if count >= rate.max_attempts else None,
        purge_at_ms=since_ms + count * rate.interval_ms,
    )
