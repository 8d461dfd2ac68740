"""The diagnosis of a client certificate, as `diagnosis` has it of an assertion; names and authorities one by one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from ..certs.certificate import Certificate, certificates_from_pem
from ..certs.chain import check_chain
from ..certs.distinguished_name import name_in_short
from ..certs.names import parse_dn, san_values
from ..certs.summary import summary
from ..clients.client import CERTIFICATE_USAGE
from ..clients.credential import (
    CERT_SAN_DNS,
    CERT_SAN_EMAIL,
    CERT_SAN_IP,
    CERT_SAN_URI,
    CERT_SUBJECT_DN,
    SUBJECT_TYPES,
    X509_CERT,
    Credential,
)
from ..clients.directory import AuthoritySet, LoadedAuthority, RegisteredClient
from ..clients.secrets import SecretHasher
from ..errors import Refused
from ..rules import Outcome, Rule, judge
from . import self_signed_tls_client_auth, tls_client_auth
from .authenticate import method_for
from .decoy import make_decoy
from .diagnosis import CLIENT_RULES, Asked, Clients, Diagnosis, EntryWalk, undecided
from .method import Evidence
from .mtls import CertificateWalk
from .presented import PresentedNothing
from .registered_keys import about_key_set

AUTHORITIES_MAX = 50
"""Authorities that are tried one by one."""
CREDENTIALS_MAX = 50
_OF_CLIENT = frozenset({"subject", "registered"})
"""Rules that cannot be asked without a client."""
_NOBODY = ""
"""No rule about a certificate looks at who it is said to be."""
METHODS: dict[str, tuple[Rule[CertificateWalk], ...]] = {
    "tls_client_auth": tls_client_auth.RULES,
    "self_signed_tls_client_auth": self_signed_tls_client_auth.RULES,
}


class PemWalk(msgspec.Struct, kw_only=True):
    """The text, and what was in it."""

    text: str
    certificates: list[Certificate] = []


class CertificateDebugger:
    """Diagnoses client certificates, leaf first, with what would be shown beside it."""

    def __init__(self, clients: Clients, hasher: SecretHasher) -> None:
        self._clients = clients
        self._hasher = hasher

    async def diagnose(self, asked: Asked, pem: str) -> Diagnosis:
        """What would become of a connection that shows these certificates."""
        read = PemWalk(text=pem)
        outcomes = judge((PEM,), read)
        if not read.certificates:
            rest: list[Rule[Any]] = [
                *(CLIENT_RULES if asked.client_id is not None else ()),
                *METHODS["tls_client_auth"],
            ]
            return Diagnosis(outcomes=[*outcomes, *undecided(rest)])
        registered = None
        if asked.client_id is not None:
            registered = await self._clients.find(asked.tenant.tenant_id, asked.client_id)
            outcomes += self._client(asked.client_id, registered, read.certificates)
        leaf = read.certificates[0]
        if registered is not None:
            registered = await self._clients.with_certificates(registered, leaf.thumbprint, asked.now_ms)
        authorities = await self._clients.authorities(asked.tenant.tenant_id, registered)
        method = _method_of(registered, leaf)
        rules = METHODS[method]
        if registered is None:
            rules = tuple(rule for rule in rules if rule.name not in _OF_CLIENT)
        walk = CertificateWalk(evidence=self._evidence(asked, registered, read.certificates, authorities))
        about: dict[str, Any] = {
            "method": method,
            "certificates": [summary(certificate) for certificate in read.certificates],
            "credentials": await self._credentials(registered, leaf, asked.now_ms),
            "authorities": [
                _tried(authority, read.certificates, asked.now_ms)
                for authority in list(authorities.by_id.values())[:AUTHORITIES_MAX]
            ],
        }
        if registered is not None and CERTIFICATE_USAGE in registered.key_set_urls:
            about["key_set"] = about_key_set(registered)
        judged = judge(rules, walk)
        if walk.chain is not None and walk.chain.path:
            about["path"] = [name_in_short(each.subject) for each in walk.chain.path]
        return Diagnosis(outcomes=[*outcomes, *judged], registered=registered, about=about)

    def _client(
        self, client_id: str, registered: RegisteredClient | None, certificates: list[Certificate]
    ) -> list[Outcome]:
        ders = tuple(certificate.der for certificate in certificates)
        return judge(
            CLIENT_RULES, EntryWalk(mismatch=method_for(registered, PresentedNothing(client_id=client_id), ders)[1])
        )

    def _evidence(
        self,
        asked: Asked,
        registered: RegisteredClient | None,
        certificates: list[Certificate],
        authorities: AuthoritySet,
    ) -> Evidence:
        return Evidence(
            tenant=asked.tenant,
            registered=registered or make_decoy(_NOBODY),
            presented=PresentedNothing(client_id=_NOBODY),
            endpoint_urls=asked.endpoint_urls,
            peer_certificates=tuple(certificate.der for certificate in certificates),
            authorities=authorities,
            hasher=self._hasher,
            now_ms=asked.now_ms,
        )

    async def _credentials(
        self, registered: RegisteredClient | None, leaf: Certificate, now_ms: int
    ) -> list[dict[str, Any]]:
        """Each name and certificate of the client, held against the one that was shown."""
        if registered is None:
            return []
        rows = [row for row in registered.credentials if row.credential_type in (*SUBJECT_TYPES, X509_CERT)]
        for kind in (*SUBJECT_TYPES, X509_CERT):
            rows += await self._clients.withdrawn(registered.client, kind)
        rows += [row for row in registered.certificates if row not in rows]
        used = {row.id for row in (*registered.subjects, *registered.certificates)}
        return [_compared(row, leaf, now_ms, is_used=row.id in used) for row in rows[:CREDENTIALS_MAX]]


def _method_of(registered: RegisteredClient | None, leaf: Certificate) -> str:
    """The method whose rules are asked: the client's own, or the one such a certificate would be for."""
    if registered is not None and registered.client.authentication_method in METHODS:
        return registered.client.authentication_method
    return "self_signed_tls_client_auth" if leaf.subject == leaf.issuer and not leaf.is_ca else "tls_client_auth"


def _compared(row: Credential, leaf: Certificate, now_ms: int, *, is_used: bool) -> dict[str, Any]:
    wanted, shown = _NAMES[row.credential_type](row, leaf)
    return {
        "credential_id": row.id,
        "credential_type": row.credential_type,
        "registered": wanted,
        "shown": shown,
        "matches": wanted in shown,
        "live": row.is_live(now_ms),
        "referenced": is_used,
        "certificate_authority_id": row.certificate_authority_id,
    }


Names = Callable[[Credential, Certificate], tuple[str, Sequence[str]]]


def _thumbprints(row: Credential, leaf: Certificate) -> tuple[str, Sequence[str]]:
    return row.thumbprint_sha256 or "", [leaf.thumbprint]


def _subjects(row: Credential, leaf: Certificate) -> tuple[str, Sequence[str]]:
    return name_in_short(parse_dn(row.subject_dn or "CN=?")), [name_in_short(leaf.subject)]


def _sans(kind: str) -> Names:
    return lambda row, leaf: (row.subject_san or "", sorted(san_values(leaf, kind)))


_NAMES: dict[str, Names] = {
    X509_CERT: _thumbprints,
    CERT_SUBJECT_DN: _subjects,
    CERT_SAN_DNS: _sans("dns"),
    CERT_SAN_URI: _sans("uri"),
    CERT_SAN_IP: _sans("ip"),
    CERT_SAN_EMAIL: _sans("email"),
}
"""Credential type → what is registered, and what the certificate has of that kind; in the form in which they are
compared."""


def _tried(authority: LoadedAuthority, certificates: list[Certificate], now_ms: int) -> dict[str, Any]:
    """Whether the certificate chains to this authority, were it the only one."""
    told = {
        "id": authority.authority.id,
        "name": authority.authority.name,
        "subject": name_in_short(authority.certificate.subject),
    }
    try:
        check_chain(certificates[0], certificates[1:], [authority.certificate], authority.intermediates, now_ms)
    except Refused as refusal:
        return {**told, "chains": False, "check": refusal.check, "evidence": refusal.evidence}
    return {**told, "chains": True}


def _read(walk: PemWalk) -> None:
    walk.certificates = certificates_from_pem(walk.text)


PEM: Rule[PemWalk] = Rule(
    name="pem",
    demands="it is PEM of certificates alone, the client's own first",
    clause="RFC 7468 5, RFC 5280 4.1",
    check=_read,
)
