"""One API: which tokens it takes, and what a request has to show beside one.

1. the token: one ``Authorization`` field with one token              RFC 6750 2.1, RFC 9449 7.1
2. genuine, for this API, alive, not revoked                           `verifier`
3. if it is bound, the request proves possession, whatever the scheme  `sender.possession` (RFC 9449 7, RFC 8705 3)
4. it is bound, where the API demands that
5. the proof was not used before; it is spent last                     `replays`
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from urllib.parse import urlsplit

from msgspec.structs import replace

from ...sender import possession
from ...sender.algorithms import DPOP_ALGS
from ...sender.binding import DPOP, MEMBERS, MTLS
from ...sender.nonces import Nonces
from ...sender.possession import Possession
from ...sender.proof_walk import Expected, VerifiedProof
from ...sender.refusals import NonceWanted, PossessionRefused, ProofRefused
from ...sender.replay import one_time_of
from .access_token import AccessToken
from .challenges import Challenger, schemes_for
from .client_certificates import CertificateSource, FromConnection
from .refusals import ApiRefused, NotDecided, TokenRefused
from .replays import InMemoryReplays, ReplayStore
from .request import ApiRequest, credentials
from .resource_metadata import ResourceMetadata, document, metadata_url
from .trusted_issuers import Verifier, verifier_for

ANY_BINDING = frozenset({DPOP, MTLS})


class ProtectedResource:
    """An API and its rules.

    ``identifier``: what ``aud`` must name. ``base_url``: where clients reach the API, or a list of such URLs; proofs
    are held against it, never against the ``Host`` header. ``issuer``: whose tokens it takes; several are kept apart
    (`TrustedIssuers`). ``verifier`` replaces what is made of that and the other keywords (`TokenVerifier`).
    ``required_bindings``: ``dpop``, ``mtls`` or both (:data:`ANY_BINDING`), one of which every token must have; none
    where bearer tokens will do. ``nonces``: demands a nonce of the API's in every proof; all processes make them with
    one key. ``replays`` remembers used proofs, ``certificates`` finds the client's certificate. ``metadata`` publishes
    RFC 9728's document. Raises ValueError for settings that make no sense.
    """

    def __init__(
        self,
        identifier: str,
        *,
        issuer: str | Collection[str] = "",
        base_url: str | Collection[str],
        verifier: Verifier | None = None,
        required_bindings: Collection[str] = (),
        nonces: Nonces | None = None,
        replays: ReplayStore | None = None,
        certificates: CertificateSource | None = None,
        proof_algs: Collection[str] = DPOP_ALGS,
        metadata: ResourceMetadata | None = None,
        **verifier_options: Any,
    ) -> None:
        self.identifier = identifier
        if verifier is not None and verifier_options:
            # Whoever says algorithms here would otherwise believe that they hold.
            raise ValueError(f"the verifier that is given has its own {sorted(verifier_options)}")
        self.verifier = verifier or verifier_for(identifier, issuer, verifier_options)
        named = (issuer,) if isinstance(issuer, str) else tuple(issuer)
        if self.verifier.audience != identifier or named not in (("",), self.verifier.issuers):
            raise ValueError("the verifier is for another audience or issuer")
        self.certificates = certificates or FromConnection()
        self._base_urls = base_urls(base_url)
        self._required = _bindings(required_bindings)
        self._nonces = nonces
        self._replays = replays if replays is not None else InMemoryReplays()
        _check_kind("replays", self._replays, "spend")
        _check_kind("certificates", self.certificates, "certificates")
        _check_kind("nonces", nonces, "is_fresh")
        self._algs = frozenset(proof_algs)
        if not self._algs or not self._algs <= DPOP_ALGS:
            raise ValueError("proof_algs must name algorithms for proofs")
        self._metadata = metadata
        url = None if metadata is None else self._metadata_url()
        self.metadata_path = None if url is None else urlsplit(url).path
        """The path of the document; None where there is none."""
        self.challenger = Challenger(schemes=schemes_for(self._required), algs=self._algs, metadata_url=url)

    def document(self) -> dict[str, Any]:
        """The document of RFC 9728."""
        return document(
            self._metadata or ResourceMetadata(),
            resource=self.identifier,
            issuers=self.verifier.issuers,
            required_bindings=self._required,
            algs=self._algs,
        )

    async def admit(self, request: ApiRequest) -> AccessToken:
        """The token of the request, once all of it holds. Raises :class:`ApiRefused`."""
        if not request.path.startswith("/"):
            # RFC 9112 3.2: an absolute or asterisk form. Behind a base URL ".evil.example/" would be another host's.
            raise ApiRefused("invalid_request", "The request is not acceptable.", check="request.path")
        scheme, shown = credentials(request)  # 1
        token = await self.verifier.verify_without_possession(shown)  # 2
        proof = self._possession(token, shown, scheme, request)  # 3
        if self._required:  # 4
            self._check_binding(token.confirmation)
        if proof is None:
            return token
        await self._spend(proof)  # 5
        return replace(token, next_nonce=proof.next_nonce)

    def _possession(self, token: AccessToken, shown: str, scheme: str, request: ApiRequest) -> VerifiedProof | None:
        expected = Expected(
            method=request.method,
            urls=tuple(base_url + request.path for base_url in self._base_urls),
            now_ms=self.verifier.clock(),
            algs=self._algs,
            nonces=self._nonces,
            realm=self.identifier,
            needs_nonce=self._nonces is not None,
        )
        offered = Possession(
            scheme=scheme,
            proof_headers=request.values(b"dpop"),
            peer_certificates=request.peer_certificates,
            expected=expected,
        )
        try:
            return possession.check(token.claims.get("cnf"), shown, offered)
        except NonceWanted as wanted:
            raise _proof_refused(wanted, wanted.nonce) from None
        except ProofRefused as refusal:
            raise _proof_refused(refusal) from None
        except PossessionRefused as refusal:
            raise TokenRefused(refusal.check, **refusal.evidence) from None

    def _check_binding(self, confirmation: dict[str, str] | None) -> None:
        if confirmation is None:
            raise TokenRefused("binding.required", required=sorted(self._required))
        if not any(MEMBERS[mechanism] in confirmation for mechanism in self._required):
            raise TokenRefused("binding.mechanism", bound_by=sorted(confirmation), required=sorted(self._required))

    async def _spend(self, proof: VerifiedProof) -> None:
        value = one_time_of(self.identifier, proof)
        try:
            is_first = await self._replays.spend(value.key(), value.expires_at_ms, self.verifier.clock())
        except ApiRefused:
            raise
        except Exception as error:  # a store of the API's own, whose errors have no name here
            raise NotDecided("replays.failed", problem=type(error).__name__) from error
        if is_first is not True:
            raise ApiRefused("invalid_dpop_proof", "The DPoP proof is not valid.", check="dpop.replayed", jkt=proof.jkt)

    def _metadata_url(self) -> str:
        url = metadata_url(self.identifier)
        if not any(_origin(base_url) == _origin(url) for base_url in self._base_urls):
            raise ValueError("RFC 9728 3.3: metadata needs an identifier that is a URL of the API itself")
        return url


def base_urls(base_url: str | Collection[str]) -> tuple[str, ...]:
    """The URLs without the slash at their end; ValueError for what is no http(s) URL alone."""
    urls = (base_url,) if isinstance(base_url, str) else tuple(base_url)
    for url in urls:
        parts = urlsplit(url)
        if parts.scheme not in ("https", "http") or not parts.hostname or parts.query or parts.fragment:
            raise ValueError(f"not a base URL: {url!r}")
    if not urls:
        raise ValueError("base_url is needed")
    return tuple(url.rstrip("/") for url in urls)


def _check_kind(name: str, given: object, method: str) -> None:
    """TypeError for a path, a header's name or a key: every request would fail over it, none would say why."""
    if given is not None and not hasattr(given, method):
        raise TypeError(f"{name} is an object with {method}(), not {type(given).__name__}")


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc


def _bindings(required: Collection[str]) -> frozenset[str]:
    """ValueError for a name that means nothing, so that a slip of the pen does not demand nothing."""
    named = frozenset((required,) if isinstance(required, str) else required)
    if not named <= ANY_BINDING:
        raise ValueError(f"required_bindings are {sorted(ANY_BINDING)}")
    return named


def _proof_refused(refusal: ProofRefused, nonce: str | None = None) -> ApiRefused:
    return ApiRefused(refusal.code, refusal.description, check=refusal.check, nonce=nonce, **refusal.evidence)
