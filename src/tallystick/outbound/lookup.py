"""DNS look-ups, bounded: so many seconds in all, so many records of an answer; every trouble is one sentence."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from itertools import islice
from typing import Protocol

import dns.asyncresolver
import dns.exception
import dns.rdatatype
import dns.resolver

LOOKUP_S_MAX = 5.0
"""For the whole look-up, whatever it takes: several servers, several attempts, TCP when UDP is too small."""
ATTEMPT_S_MAX = 2.0
RECORDS_MAX = 100
"""How many records of an answer are looked at. DNS itself bounds an answer to 64 KiB (RFC 1035 4.2.2)."""
AT_ONCE_MAX = 100
"""How many questions of one worker are under way at once; more wait, within their time.
`flights` bounds those of one tenant."""
SETTLE_S = 0.5
"""How much longer than the resolver's own limit is waited for it."""


class LookupFailed(Exception):
    """There is no answer; the text says why, and is fit to be shown."""


class Lookup(Protocol):
    """Asks the DNS."""

    async def txt(self, name: str) -> Sequence[str]:
        """The texts of every TXT record at ``name``, at least one. Raises :class:`LookupFailed`."""
        ...

    async def addresses(self, name: str) -> Sequence[str]:
        """The addresses of ``name``, IPv6 and IPv4, at least one. Raises :class:`LookupFailed`."""
        ...


class DnsLookup:
    """Implements :class:`Lookup` with ``server``, an address and a port, or with the system's resolvers."""

    def __init__(self, server: tuple[str, int] | None) -> None:
        self._server = server
        self._turns = asyncio.Semaphore(AT_ONCE_MAX)

    async def txt(self, name: str) -> Sequence[str]:
        """RFC 1035 3.3.14: a record is one or more strings, which belong together."""
        answer = await self._ask(name, "TXT")
        strings = (getattr(record, "strings", ()) for record in islice(answer, RECORDS_MAX))
        return [b"".join(parts).decode("utf-8", "replace") for parts in strings]

    async def addresses(self, name: str) -> Sequence[str]:
        """AAAA and A; either will do."""
        found = await asyncio.gather(self._ask(name, "AAAA"), self._ask(name, "A"), return_exceptions=True)
        answers = [each for each in found if isinstance(each, dns.resolver.Answer)]
        addresses = [record.to_text() for answer in answers for record in islice(answer, RECORDS_MAX)]
        if not addresses:
            raise next((each for each in found if isinstance(each, LookupFailed)), LookupFailed(f"no address: {name}"))
        return addresses

    async def _ask(self, name: str, kind: str) -> dns.resolver.Answer:
        try:
            # The clock of the resolver counts between packets; ours ends it in any case.
            async with asyncio.timeout(LOOKUP_S_MAX + SETTLE_S), self._turns:
                # The final dot: never below one of the system's search domains.
                return await self._resolver().resolve(f"{name}.", kind, search=False, lifetime=LOOKUP_S_MAX)
        except (dns.exception.DNSException, OSError, ValueError, EOFError) as problem:
            raise LookupFailed(_sentence(problem, name, kind)) from None

    def _resolver(self) -> dns.asyncresolver.Resolver:
        # Made anew each time: the system's configuration may have changed, and this is rare.
        resolver = dns.asyncresolver.Resolver(configure=self._server is None)
        resolver.timeout = ATTEMPT_S_MAX
        if self._server is not None:
            resolver.nameservers, resolver.port = [self._server[0]], self._server[1]
        return resolver


def _sentence(problem: Exception, name: str, kind: str) -> str:
    """What people may read of a failure; what the DNS server itself said stays out."""
    if isinstance(problem, dns.resolver.NXDOMAIN):
        return f"There is no name {name} in the DNS."
    if isinstance(problem, dns.resolver.NoAnswer):
        return f"There is no {kind} record at {name}."
    if isinstance(problem, dns.exception.Timeout | TimeoutError):
        return f"The DNS did not answer within {LOOKUP_S_MAX:.0f} seconds."
    if isinstance(problem, dns.resolver.NoResolverConfiguration):
        return "No DNS server is configured."
    if isinstance(problem, dns.resolver.NoNameservers):
        return f"No DNS server could answer for {name}."
    return f"The answer of the DNS for {name} could not be used."
