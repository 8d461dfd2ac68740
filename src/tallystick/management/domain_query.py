"""``q`` and ``sort`` of the list of custom domains: terms that a domain must fit, and the order of those that do.

``q`` is a small part of Lucene's syntax: ``member:value``, a value with blanks or colons in double quotes, several
terms joined by ``AND``. ``sort`` is ``member:1`` or ``member:-1``. What else Lucene knows is refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from ..tenants.custom_domain import CustomDomain

_TERM = re.compile(r'(?P<member>[a-z_]+(?:\.[^\s:"]+)?):(?:"(?P<quoted>[^"]*)"|(?P<bare>[^\s:"*?~^(){}\[\]]+))')
# Begins at the first blank alone: else every blank of a long row would be tried, and from each all behind it.
_AND = re.compile(r"(?<!\s)\s+AND\s+")
_SORT = re.compile(r"(?P<member>[a-z_]+):(?P<direction>-?1)")
_METADATA = "domain_metadata."
_FLAGS = {"true": True, "false": False}

MEMBERS: dict[str, Callable[[CustomDomain], Any]] = {
    "custom_domain_id": lambda domain: domain.custom_domain_id,
    "domain": lambda domain: domain.domain,
    "type": lambda domain: domain.type,
    "status": lambda domain: domain.status,
    "is_default": lambda domain: domain.is_default,
    "primary": lambda domain: domain.is_default,
    "created_at": lambda domain: domain.created_at_ms,
}
"""What a list can be sorted by; and searched by, but for ``created_at``."""
_Fits = Callable[[CustomDomain], bool]


def check_search(q: str) -> None:
    """Raises ValueError for what cannot be searched."""
    search_of(q)


def check_sort(sort: str) -> None:
    """Raises ValueError for what nothing is sorted by."""
    sorted_by([], sort)


def search_of(q: str) -> _Fits:
    """What decides whether a domain is among those asked for. Raises ValueError."""
    terms = [_term(text) for text in _AND.split(q.strip())] if q.strip() else []
    return lambda domain: all(fits(domain) for fits in terms)


def sorted_by(domains: list[CustomDomain], sort: str) -> list[CustomDomain]:
    """The domains in the order asked for. Raises ValueError."""
    found = _SORT.fullmatch(sort)
    if found is None or found["member"] not in MEMBERS:
        raise ValueError(f"Expected member:1 or member:-1, with one of {', '.join(MEMBERS)}")
    return sorted(domains, key=MEMBERS[found["member"]], reverse=found["direction"] == "-1")


def _term(text: str) -> _Fits:
    found = _TERM.fullmatch(text)
    if found is None:
        raise ValueError('Expected terms such as domain:auth.example.com or status:ready, joined by "AND"')
    member, value = found["member"], found["bare"] if found["quoted"] is None else found["quoted"]
    if member.startswith(_METADATA):
        key = member.removeprefix(_METADATA)
        return lambda domain: (domain.metadata.get("domain_metadata") or {}).get(key) == value
    read = MEMBERS.get(member)
    if read is None or member == "created_at":
        raise ValueError(f"Custom domains cannot be searched by {member[:60]}")
    wanted = _FLAGS.get(value, value) if member in ("is_default", "primary") else value
    return lambda domain: read(domain) == wanted
