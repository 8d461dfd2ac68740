"""How long an answer may be used again, as its ``Cache-Control`` says within our bounds (RFC 9111 4.2). Pure."""

from __future__ import annotations

from collections.abc import Mapping

_SECONDS_DIGITS_MAX = 9
_NOT_KEPT = frozenset({"no-store", "no-cache"})


def fresh_ms(headers: Mapping[str, str], *, ms_min: int, ms_max: int, unsaid_ms: int) -> int:
    """For how long an answer with these headers is fresh: ``max-age`` less ``Age`` (RFC 9111 4.2.1, 4.2.3).

    ``unsaid_ms`` where it does not say. What says that it is not to be kept (5.2.2.4, 5.2.2.5) is kept for ``ms_min``
    all the same: many who come at once are no reason to flood somebody's server.
    """
    directives = dict(_directive(part) for part in headers.get("cache-control", "").split(","))
    if not _NOT_KEPT.isdisjoint(directives):
        return ms_min
    life_s = _seconds(directives.get("max-age", ""))
    if life_s is None:
        return unsaid_ms
    left_ms = 1000 * (life_s - (_seconds(headers.get("age", "")) or 0))
    return min(max(left_ms, ms_min), ms_max)


def _directive(part: str) -> tuple[str, str]:
    name, _, value = part.partition("=")
    return name.strip().lower(), value.strip().strip('"')


def _seconds(digits: str) -> int | None:
    """A number of seconds; a very long one is long enough (RFC 9111 1.2.2)."""
    digits = digits.strip()
    return int(digits[:_SECONDS_DIGITS_MAX]) if digits.isascii() and digits.isdigit() else None
