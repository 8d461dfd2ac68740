"""How an application speaks to its server: who it is, by which method, with which proof; what it has learnt there."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, TypeVar

from ..jose.algorithms import ALGORITHMS, canonical_alg
from ..jose.refusals import JwtRefused
from .clock import Clock, wall_clock_ms
from .dpop import DpopKey
from .exchange import FORM, Answer, ClientCertificate, Flow, Request, form_of
from .failures import AnswerRefused, ServerRefused, refusal_from
from .metadata import ServerMetadata, discover
from .methods import Method, TlsClientAuth
from .nonces import Nonces
from .rotation import Rotating, candidates_of
from .server_keys import UNKNOWN, Decryption, KeySet, key_set

METADATA_LIFE_MS = 24 * 3_600_000
"""Endpoints move rarely."""
KEYS_LIFE_MS = 3_600_000
"""A key that was withdrawn because somebody has it must not be believed for as long as the process lives."""
KEYS_FLOOR_MS = 10_000
"""So long after keys were asked for again they are not, whatever strangers send (random ``kid``)."""
JSON = "application/json"
Form = Mapping[str, str | Sequence[str]]
T = TypeVar("T")


class BackChannel:
    """One application at one server. Its flows may run beside each other, in threads or tasks.

    ``issuer``: as the server spells it, trailing slash or not. ``method``: how the application authenticates.
    ``dpop_key``: what its tokens are to be bound to. ``shows_certificate``: its HTTP client shows a certificate, to
    bind tokens to, whatever the method. ``metadata``: where the server publishes none. ``decryption``: for one whose
    ID tokens and authorization responses are encrypted. ``algorithms``: names that these may be signed with; all of
    `jose.algorithms` unless said otherwise, so never HMAC or ``none``. ``trusted_audiences``: who may be named in an ID
    token's ``aud`` beside the application. Raises ValueError for settings that make no sense.
    """

    def __init__(
        self,
        issuer: str,
        client_id: str,
        method: Method | Rotating,
        *,
        dpop_key: DpopKey | None = None,
        shows_certificate: bool = False,
        metadata: ServerMetadata | None = None,
        decryption: Decryption | None = None,
        algorithms: Collection[str] = tuple(ALGORITHMS),
        trusted_audiences: Collection[str] = (),
        clock: Clock = wall_clock_ms,
    ) -> None:
        names = {canonical_alg(name) for name in algorithms}
        if not names or None in names or isinstance(trusted_audiences, str):
            raise ValueError("algorithms names signature algorithms that there are, trusted_audiences is a list")
        self.issuer = issuer
        self.client_id = client_id
        self.method = method
        self.dpop_key = dpop_key
        self.shows_certificate = shows_certificate
        self.decryption = decryption
        self.algorithms = frozenset(name for name in names if name is not None)
        self.trusted_audiences = frozenset(trusted_audiences)
        self.nonces = Nonces()
        self.clock = clock
        self._metadata = metadata
        self._metadata_at_ms: int | None = None
        self._keys: KeySet | None = None
        self._keys_at_ms = self._again_at_ms = 0

    def metadata(self) -> Flow[ServerMetadata]:
        """What the server publishes; fetched once a day, unless it was given."""
        found, at_ms, now_ms = self._metadata, self._metadata_at_ms, self.clock()
        if found is None or (at_ms is not None and not 0 <= now_ms - at_ms < METADATA_LIFE_MS):
            found = yield from discover(self.issuer)
            self._metadata, self._metadata_at_ms = found, now_ms
        return found

    def keys(self, *, newer_than: KeySet | None = None) -> Flow[KeySet]:
        """What the server signs with; fetched once an hour, and where a key is missing in ``newer_than``."""
        keys, now_ms = self._keys, self.clock()
        # A clock that was put back is behind what it said, and proves nothing.
        if keys is not None and keys is newer_than and not 0 <= now_ms - self._again_at_ms < KEYS_FLOOR_MS:
            self._again_at_ms = now_ms
        elif keys is not None and 0 <= now_ms - self._keys_at_ms < KEYS_LIFE_MS:
            return keys
        server = yield from self.metadata()
        answer = yield Request("GET", server.endpoint("jwks_uri"), {"Accept": JSON})
        try:
            keys = key_set(succeeded(answer).members().get("keys"))
        except ValueError as error:
            raise AnswerRefused("what the server publishes is no set of keys") from error
        self._keys, self._keys_at_ms = keys, now_ms
        return keys

    def with_keys(self, read: Callable[[KeySet], T]) -> Flow[T]:
        """What ``read`` makes of the server's keys; once more with newer ones, when it misses one."""
        keys = yield from self.keys()
        try:
            return read(keys)
        except JwtRefused as refused:
            if refused.check != UNKNOWN:
                raise
        return read((yield from self.keys(newer_than=keys)))

    def post(
        self, endpoint: str, form: Form, *, proves: bool = False, accept: str = JSON
    ) -> Flow[tuple[Answer, ClientCertificate | None]]:
        """The server's good answer to a form at ``endpoint``, and the certificate that went with it.

        Raises :class:`ServerRefused`. ``proves``: with a proof, where the application has a key for them. ``accept``:
        the media type of the answer; refusals are JSON in any case.
        """
        server = yield from self.metadata()
        first, *others = candidates_of(self.method, self.clock())
        answer, certificate = yield from self._post_as(first, server, endpoint, form, proves, accept)
        for method in others:
            if error_of(answer) != "invalid_client":
                break
            other, certificate = yield from self._post_as(method, server, endpoint, form, proves, accept)
            if error_of(other) != "invalid_client" and isinstance(self.method, Rotating):
                self.method.worked(method, self.clock())
                answer = other
        return succeeded(answer), certificate

    def _post_as(
        self, method: Method, server: ServerMetadata, endpoint: str, form: Form, proves: bool, accept: str
    ) -> Flow[tuple[Answer, ClientCertificate | None]]:
        has_certificate = self.shows_certificate or isinstance(method, TlsClientAuth)
        url = server.endpoint(endpoint, shows_certificate=has_certificate)
        key = self.dpop_key if proves else None
        nonce = self.nonces.of(url)
        for _ in range(2):
            now_ms = self.clock()
            # Anew each time: an assertion and a proof are good for one use.
            shown = method.show(self.client_id, server.issuer, now_ms)
            headers = {"Content-Type": FORM, "Accept": accept, **shown.headers}
            if key is not None:
                headers["DPoP"] = key.proof("POST", url, now_ms=now_ms, nonce=nonce)
            answer = yield Request("POST", url, headers, form_of({**form, **shown.form}), shown.certificate)
            told = self.nonces.learn(url, answer.headers)
            # RFC 9449 8: the server wants its nonce, and says it. The same one again would be refused again.
            if key is None or error_of(answer) != "use_dpop_nonce" or told in (None, nonce):
                break
            nonce = told
        return answer, shown.certificate


def error_of(answer: Answer) -> str:
    """The code of a refusal; empty for a success, and for an answer without one."""
    return "" if answer.is_success else str(_members(answer).get("error", ""))


def succeeded(answer: Answer) -> Answer:
    """The same answer. Raises :class:`ServerRefused` for a refusal."""
    if not answer.is_success:
        raise refusal_of(answer)
    return answer


def refusal_of(answer: Answer) -> ServerRefused:
    """The refusal that an answer tells of, as well as it does."""
    correlation_id = answer.headers.get("x-correlation-id", "")
    return refusal_from(_members(answer), status=answer.status, correlation_id=correlation_id)


def _members(answer: Answer) -> dict[str, Any]:
    try:
        return answer.members()
    except AnswerRefused:
        return {}
