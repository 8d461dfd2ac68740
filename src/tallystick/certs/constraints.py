"""Name constraints (RFC 5280 4.2.1.10): an authority that may only speak for some names.

A kind of name that we cannot compare is refused as soon as a constraint and a certificate both have it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from ipaddress import IPv4Network, IPv6Network
from typing import Any
from urllib.parse import urlsplit

from cryptography import x509

from .certificate import Certificate
from .distinguished_name import DistinguishedName, name_of
from .refusals import UntrustedCertificate

_EMAIL_ATTRIBUTE = x509.OID_EMAIL_ADDRESS
COMPARISONS_MAX = 16_384
"""Names times subtrees, in one check. An authority that a client shows is not trusted yet when its constraints are
read, so a stranger chooses both numbers (attacks.md 12); this many take some ten milliseconds."""


def check_name_constraints(constraints: x509.NameConstraints, certificate: Certificate) -> None:
    """Raise :class:`UntrustedCertificate` unless every name of ``certificate`` is permitted and none excluded."""
    try:
        names = list(_names(certificate))
    except ValueError as error:
        raise _refused() from error
    subtrees = len(constraints.permitted_subtrees or ()) + len(constraints.excluded_subtrees or ())
    if subtrees * sum(map(_weight, names)) > COMPARISONS_MAX:
        raise UntrustedCertificate("There are too many names to compare.", check="chain.name_constraints_budget")
    for name in names:
        permitted = _of_kind(constraints.permitted_subtrees, name)
        excluded = _of_kind(constraints.excluded_subtrees, name)
        if any(_within(name, subtree) for subtree in excluded):
            raise _refused()
        if permitted and not any(_within(name, subtree) for subtree in permitted):
            raise _refused()


def _names(certificate: Certificate) -> Iterable[x509.GeneralName]:
    subject = certificate.x509.subject  # ValueError when it cannot be read
    if subject.rdns:
        yield x509.DirectoryName(subject)
    # RFC 5280 4.2.1.10: the legacy attribute in the subject is an e-mail name too.
    for attribute in subject.get_attributes_for_oid(_EMAIL_ATTRIBUTE):
        yield x509.RFC822Name(str(attribute.value))
    yield from certificate.extension(x509.SubjectAlternativeName) or ()


def _weight(name: x509.GeneralName) -> int:
    """What a name costs to compare: a distinguished name, as many parts as it has."""
    return len(name.value.rdns) if isinstance(name, x509.DirectoryName) else 1


def _of_kind(subtrees: Iterable[x509.GeneralName] | None, name: x509.GeneralName) -> list[x509.GeneralName]:
    return [subtree for subtree in subtrees or () if type(subtree) is type(name)]


def _within(name: x509.GeneralName, subtree: x509.GeneralName) -> bool:
    compare = _COMPARISONS.get(type(name))
    if compare is None:
        raise _refused()
    return compare(name.value, subtree.value)


def _dns(name: str, base: str) -> bool:
    name, base = name.lower(), base.lower()
    # A leading dot is not in the RFC but in many authorities: names below, not the name itself.
    return not base or name == base or name.endswith(base if base.startswith(".") else "." + base)


def _host(host: str, base: str) -> bool:
    # For URIs and e-mail a base without a leading dot is that host alone.
    host, base = host.lower(), base.lower()
    return host.endswith(base) if base.startswith(".") else host == base


def _email(name: str, base: str) -> bool:
    local, _, host = name.rpartition("@")
    base_local, at, base_host = base.rpartition("@")
    return (local, host.lower()) == (base_local, base_host.lower()) if at else _host(host, base)


def _uri(name: str, base: str) -> bool:
    try:
        host = urlsplit(name).hostname
    except ValueError as error:
        raise _refused() from error
    # RFC 5280: a URI without a host name that a constraint could speak of must be refused.
    if not host or ":" in host or host.rpartition(".")[2].isdigit():
        raise _refused()
    return _host(host, base)


def _ip(address: Any, base: Any) -> bool:
    if not isinstance(base, IPv4Network | IPv6Network) or isinstance(address, IPv4Network | IPv6Network):
        raise _refused()
    return address.version == base.version and address in base


def _directory(name: x509.Name, base: x509.Name) -> bool:
    prefix: DistinguishedName | None = name_of(lambda: base)
    whole = name_of(lambda: name)
    if prefix is None or whole is None:
        raise _refused()
    return whole[: len(prefix)] == prefix


_COMPARISONS: dict[type[x509.GeneralName], Callable[[Any, Any], bool]] = {
    x509.DNSName: _dns,
    x509.RFC822Name: _email,
    x509.UniformResourceIdentifier: _uri,
    x509.IPAddress: _ip,
    x509.DirectoryName: _directory,
}


def _refused() -> UntrustedCertificate:
    return UntrustedCertificate("The authority may not speak for this name.", check="chain.name_constraints")
