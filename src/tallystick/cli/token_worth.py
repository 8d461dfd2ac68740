"""What a token is worth: the question put to the server, the answer for people, and what to do about a no."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from .exits import INACTIVE, Failed
from .output import Output
from .refused_request import end_of, explained, why_refused
from .remote import Remote
from .rule_table import DATES, with_date

if TYPE_CHECKING:
    from ..sdk.introspecting import Demanded, Introspected, Received

_NEXT = {
    "use_dpop_nonce": "the client makes another proof, with the nonce in proof.dpop_nonce",
    "insufficient_scope": "the application asks for a token with these scopes; it has to be granted them",
    "insufficient_user_authentication": "the person has to sign in again, as --acr-values and --max-age say",
}
"""What to do about a request that was refused."""
_WHO = (
    "an application hears of tokens that were issued to it, one of app_type resource_server of those for its API; "
    "why this one is not active stands in the server's own log on stderr, under this id"
)
_AS_API = (
    "a request is judged for the API that received it: be the application of app_type resource_server that stands for "
    "one in the token's aud. Without --url and what the API demands, the token's own application is told too"
)


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of a token. Without a proof one is made, where the identity has a key for it."""

    token: str = field(repr=False)
    hint: str | None
    received: Received | None
    demanded: Demanded
    is_signed: bool

    @property
    def is_of_api(self) -> bool:
        """Whether a verdict is wanted: that is for the API alone, and no application gets one on its own tokens."""
        return self.received is not None or bool(self.demanded.form())

    def put(self, remote: Remote) -> tuple[Introspected, Question]:
        """The answer, and the question as it was put at last: twice where a proof made here lacked a nonce."""
        question = self._with_proof(remote, None)
        told = question._asked(remote)
        about = told.members.get("proof")
        nonce = about.get("dpop_nonce") if isinstance(about, dict) else None
        if nonce and not told.is_active and question is not self:
            question = self._with_proof(remote, nonce)
            told = question._asked(remote)
        return told, question

    def _with_proof(self, remote: Remote, nonce: str | None) -> Question:
        """The same, with a proof that is made here, if one is."""
        key, received = remote.identity.dpop, self.received
        if key is None or received is None or received.proof is not None:
            return self
        now_ms = remote.application.clock()
        proof = key.proof(received.method, received.url, now_ms=now_ms, access_token=self.token, nonce=nonce)
        return replace(self, received=replace(received, proof=proof))

    def _asked(self, remote: Remote) -> Introspected:
        from ..jose.refusals import JwtRefused, KeyRefused

        asked = remote.application.introspected(
            self.token, hint=self.hint, received=self.received, demanded=self.demanded, signed=self.is_signed
        )
        try:
            return remote.perform(asked)
        except (JwtRefused, KeyRefused) as refused:
            # What is encrypted to the application has five parts.
            hint = "is it encrypted? then its application alone reads it" if refused.check == "jwt.parts" else ""
            raise Failed(f"the signed answer does not hold: {refused.description}", hint=hint) from refused


def print_worth(out: Output, told: Introspected) -> None:
    """The answer; its dates as people read them."""
    if out.as_json:
        out.record({**told.members, **({} if told.jwt is None else {"jwt": told.jwt})})
        return
    dated = {name: with_date(name, value) if name in DATES else value for name, value in told.members.items()}
    out.record(dated, note="" if told.jwt is None else "signed by the server, and verified with the keys it publishes")


def inactive(told: Introspected, question: Question, remote: Remote) -> Failed:
    """How the command ends for a token that counts for nothing, by itself or with this request."""
    proof, now_ms = told.members.get("proof"), remote.application.clock()
    if isinstance(proof, dict):
        error, why = str(proof.get("error", "")), str(proof.get("error_description", ""))
        message = f"not good for this request: {error}: {why}".removesuffix(": ")
        hint = _NEXT.get(error) or _check_of(question, now_ms)
    else:
        message = f"the token is not active, as far as {remote.identity.client_id} may know"
        hint = end_of(question.token, now_ms) or (_AS_API if question.is_of_api else _WHO)
        if remote.identity.client_id == remote.server.management_client_id:
            hint = f"that is the management application; --client-id names another one. {hint[0].upper()}{hint[1:]}"
    return Failed(message, exit_code=INACTIVE, hint=hint, correlation_id=told.correlation_id)


def _check_of(question: Question, now_ms: int) -> str:
    """Which check the request fails; empty where there is none to look at."""
    received = question.received
    if received is None:
        return ""
    why = why_refused(question.token, received, now_ms)
    # Where all of it holds, nothing is left but that the server has seen the proof before.
    return why or ("" if received.proof is None else explained("dpop.replayed", {}))
