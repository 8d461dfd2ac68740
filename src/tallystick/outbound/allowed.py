"""Which addresses may be dialled: public ones, and what the operator lists. Pure (attacks.md 32)."""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

import msgspec

from ..errors import StartupError

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_REFUSED_4 = tuple(
    ip_network(text)
    for text in (
        "0.0.0.0/8",  # this network, and on Linux this very machine
        "10.0.0.0/8",
        "100.64.0.0/10",  # carriers' private space, a cloud's metadata among it
        "127.0.0.0/8",
        "168.63.129.16/32",  # a cloud's own services, at an address that looks public
        "169.254.0.0/16",  # link-local, most clouds' metadata among it
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
    )
)
"""The IANA registry of special-purpose IPv4 addresses (RFC 6890), multicast, and what is reserved."""
_GLOBAL_6 = ip_network("2000::/3")
"""All that IANA has given out for global unicast (RFC 4291 2.4). Loopback, unique local, link-local, site-local and
multicast addresses are outside it."""
_REFUSED_6 = tuple(
    ip_network(text)
    for text in (
        "2001::/23",  # protocol assignments, Teredo among them, whose addresses carry another
        "2001:db8::/32",
        "2002::/16",  # 6to4, likewise
        "3fff::/20",
        "5f00::/16",
    )
)
_NAT64 = ip_network("64:ff9b::/96")
"""RFC 6052 2.1: how a network without IPv4 reaches IPv4; the address in it is what is really dialled."""
_HOST = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,62}\.)*[a-z0-9_-]{0,62}", re.ASCII)


class Allowed(msgspec.Struct, frozen=True):
    """What may be dialled though it is not public, as the setting ``outbound_allow`` lists it."""

    networks: tuple[Network, ...] = ()
    hosts: frozenset[str] = frozenset()

    def has_host(self, host: str) -> bool:
        """Whether this name was listed, whatever its addresses are."""
        return host.lower().rstrip(".") in self.hosts

    def has_address(self, address: Address) -> bool:
        """Whether an address may be dialled. What carries an IPv4 address counts as that one too."""
        carried = carried_by(address)
        if any(each in network for each in (address, carried) for network in self.networks):
            return True
        return is_public(carried)


def allowed_of(text: str | None) -> Allowed:
    """Networks (``10.1.0.0/16``), addresses and host names, separated by commas. Raises StartupError."""
    networks: list[Network] = []
    hosts: set[str] = set()
    for item in (part.strip().lower() for part in (text or "").split(",")):
        if not item:
            continue
        try:
            networks.append(ip_network(item))
        except ValueError:
            # What looks like a number is a mistyped address, never a name.
            if not _HOST.fullmatch(item) or item.rpartition(".")[2].isdigit():
                raise StartupError(
                    f"outbound_allow takes networks such as 10.1.0.0/16 and host names, not {item!r}"
                ) from None
            hosts.add(item)
    return Allowed(tuple(networks), frozenset(hosts))


def address_of(text: str) -> Address:
    """The address of a socket, without its zone. Raises ValueError."""
    return ip_address(text.partition("%")[0])


def carried_by(address: Address) -> Address:
    """The IPv4 address that is really dialled by a mapped or a NAT64 address (RFC 4291 2.5.5.2, RFC 6052)."""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return address.ipv4_mapped
        if address in _NAT64:
            return IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def is_public(address: Address) -> bool:
    """Whether an address belongs to the internet at large; what nobody has given out does not."""
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _REFUSED_4)
    return address in _GLOBAL_6 and not any(address in network for network in _REFUSED_6)
