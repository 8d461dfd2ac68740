"""The chain: from a client's certificate to an authority whose *key* is registered (RFC 5280 section 6).

`cryptography`'s own verifier follows the web's rules for server certificates; client certificates of private
authorities often lack what those demand (subjectAltName, EKU, key identifiers). So the path is built here, from what
the client showed and what is registered. What RFC 5280 6.1.3 and 6.1.4 ask of each certificate, and where it is done
(:data:`RULES` has the order):

    1  the leaf's own rules: no authority, EKU and key usage allow client authentication       check_leaf
    2  each certificate is valid now                                          6.1.3 (a) (2)     check_certificate_life
    3  issuer's name is the subject of the next, whose key verifies it        6.1.3 (a) (1)(4)  check_issued_by
    4  signature by an algorithm that holds                                   (ours)            check_issued_by
    5  critical extensions are all understood                                 6.1.4 (o), 6.1.5  check_extensions
    6  the issuer is an authority: CA:TRUE, keyCertSign, pathLen              6.1.4 (k)-(n)     check_issuer
    7  names are within the constraints above them                            6.1.3 (b)(c)      check_name_constraints

Policies: the initial set is any-policy and none is required, so the policy tree decides nothing (6.1.1 (c)-(g)); a
certificate that *requires* an explicit policy is refused by 5. Revocation is not looked at here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ..rules import Rule
from .certificate import Certificate, check_certificate_life
from .distinguished_name import name_in_short
from .links import check_extensions, check_issued_by, check_issuer, check_leaf
from .refusals import UntrustedCertificate

PATH_CERTIFICATES_MAX = 6
"""Leaf and anchor included; real paths have two to four."""
PRESENTED_MAX = 10
"""What a client shows beyond this is not looked at."""
SIGNATURES_MAX = 32
"""Signature checks in one search: cross-signed authorities would otherwise make it exponential (attacks.md 12)."""

Path = tuple[Certificate, ...]
"""From the leaf upwards."""


@dataclass(slots=True)
class ChainWalk:
    """How far one chain got: what is to be judged, and the path that held."""

    leaf: Certificate
    presented: Sequence[Certificate]
    """What the client showed beside its leaf; never trusted."""
    now_ms: int
    anchors: Sequence[Certificate] = ()
    intermediates: Sequence[Certificate] = ()
    """What is registered to help; never trusted."""
    path: Path = ()
    """From the leaf to the anchor, once it has been found."""


def check_chain(
    leaf: Certificate,
    presented: Sequence[Certificate],
    anchors: Sequence[Certificate],
    intermediates: Sequence[Certificate],
    now_ms: int,
) -> Certificate:
    """The registered authority that ``leaf`` chains to; raises :class:`UntrustedCertificate`.

    An anchor is trusted by its key: a certificate with the same name over another key leads nowhere (attacks.md 22).
    Only the leaf is the client (attacks.md 21); no anchor means refused (attacks.md 25).
    """
    walk = ChainWalk(leaf=leaf, presented=presented, now_ms=now_ms, anchors=anchors, intermediates=intermediates)
    for rule in RULES:
        rule.check(walk)
    return walk.path[-1]


def _check_anchors(walk: ChainWalk) -> None:
    if not walk.anchors:
        raise UntrustedCertificate("No authority is registered.", check="chain.no_anchor")


def _find_path(walk: ChainWalk) -> None:
    search = _Search(
        anchors=tuple(walk.anchors),
        helpers=tuple(dict.fromkeys([*walk.presented[:PRESENTED_MAX], *walk.intermediates])),
        now_ms=walk.now_ms,
    )
    found = search.path_above((walk.leaf,))
    if found is None:
        raise search.reason()
    walk.path = found


RULES: tuple[Rule[ChainWalk], ...] = (
    Rule(
        name="anchors",
        demands="an authority is registered to chain to",
        clause="RFC 5280 6.1.1 (d)",
        check=_check_anchors,
    ),
    Rule(
        name="use",
        demands="it is no authority's, and its EKU and key usage allow client authentication",
        clause="RFC 5280 4.2.1.3, 4.2.1.12",
        check=lambda walk: check_leaf(walk.leaf),
    ),
    Rule(
        name="validity",
        demands="it is valid now",
        clause="RFC 5280 6.1.3 (a) (2)",
        check=lambda walk: check_certificate_life(walk.leaf, walk.now_ms),
    ),
    Rule(
        name="extensions",
        demands="every critical extension is understood",
        clause="RFC 5280 4.2",
        check=lambda walk: check_extensions(walk.leaf),
    ),
    Rule(
        name="path",
        demands="it chains to a registered authority",
        clause="RFC 5280 6.1",
        check=_find_path,
        needs=("anchors",),
    ),
)
"""What is asked of a chain, in order."""


@dataclass(slots=True)
class _Search:
    """Depth first, anchors before helpers; remembers why the most promising path failed, and between which two."""

    anchors: Path
    helpers: Path
    now_ms: int
    signatures: int = 0
    longest: Path = ()
    failure: tuple[UntrustedCertificate, Certificate, Certificate] | None = None

    def path_above(self, path: Path) -> Path | None:
        if len(path) > len(self.longest):
            self.longest = path
        for issuer in self._issuers(path[-1], self.anchors):
            if self._holds(path, issuer):
                return (*path, issuer)
        if len(path) + 2 > PATH_CERTIFICATES_MAX:
            return None
        for issuer in self._issuers(path[-1], self.helpers):
            # RFC 5280 6.1: no certificate appears twice; nor may a key under one name (cross-signing loops).
            known = any((seen.spki_sha256, seen.subject) == (issuer.spki_sha256, issuer.subject) for seen in path)
            if not known and self._holds(path, issuer):
                found = self.path_above((*path, issuer))
                if found is not None:
                    return found
        return None

    def reason(self) -> UntrustedCertificate:
        """Why nothing was found, and where the way up ended."""
        if self.failure is None:
            last = self.longest[-1]
            return UntrustedCertificate(
                "No registered authority issued this certificate.",
                check="chain.no_issuer",
                certificate=name_in_short(last.subject),
                issuer=name_in_short(last.issuer),
            )
        failure, child, issuer = self.failure
        failure.evidence |= {"certificate": name_in_short(child.subject), "issuer": name_in_short(issuer.subject)}
        return failure

    def _issuers(self, child: Certificate, candidates: Path) -> Iterator[Certificate]:
        for candidate in candidates:
            if candidate.subject is None or candidate.subject != child.issuer:
                continue
            self.signatures += 1
            if self.signatures > SIGNATURES_MAX:
                raise UntrustedCertificate("The chain is too complicated.", check="chain.budget")
            try:
                check_issued_by(child, candidate)
            except UntrustedCertificate as failure:
                self.failure = (failure, child, candidate)
                continue
            yield candidate

    def _holds(self, path: Path, issuer: Certificate) -> bool:
        try:
            check_certificate_life(issuer, self.now_ms)
            check_extensions(issuer)
            check_issuer(issuer, path)
        except UntrustedCertificate as failure:
            self.failure = (failure, path[-1], issuer)
            return False
        return True
