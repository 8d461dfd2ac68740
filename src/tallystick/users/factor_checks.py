"""Whether a factor holds: a code of an authenticator app, a recovery code, a passkey.

The exact reason of a refusal goes to the tenant's log; people hear that it was not accepted. Codes can be guessed, so
each try is counted before it is judged; a passkey cannot, and is not counted: it still opens what guessers blocked.
"""

from __future__ import annotations

import msgspec

from ..errors import OAuthError
from ..events import EventLog, EventType
from ..handles import HandleHasher
from ..live import LiveRecords
from ..metrics import SIGN_INS
from ..records import Stale
from ..sealing import Sealer
from . import recovery_codes
from .assurance import ONE_TIME_CODE
from .authenticator import Authenticator
from .challenges import Challenges, refused
from .enrolled import Enrolled, sorted_out
from .factor_attempts import FactorAttempts
from .facts import RequestFacts
from .passkey_options import Site, user_handle
from .totp import accepted_step, as_typed, key_text, spent
from .user import User
from .webauthn import Shown, used

_TRIES = 5


class Passed(msgspec.Struct, frozen=True, kw_only=True):
    """A factor that held."""

    amr: list[str]
    """What it adds to how the person proved who they are."""
    codes_left: int | None = None
    """How many recovery codes are left, when one was used."""


class FactorChecks:
    """Judges factors. Every method raises OAuthError when the factor does not hold, after it is in the log."""

    def __init__(
        self,
        live: LiveRecords,
        log: EventLog,
        sealer: Sealer,
        handles: HandleHasher,
        challenges: Challenges,
        attempts: FactorAttempts,
    ) -> None:
        self._live = live
        self._log = log
        self._sealer = sealer
        self._handles = handles
        self._challenges = challenges
        self._attempts = attempts

    async def code(self, facts: RequestFacts, user: User, typed: str) -> Passed:
        """A code of an authenticator app. Raises OAuthError, check ``factor.code`` or ``factor.blocked``."""
        await self._claim(facts, user)
        for _ in range(_TRIES):
            enrolled = await self._enrolled(facts, user)
            after = self._after_code(enrolled, as_typed(typed), facts.now_ms)
            if after is None:
                raise await self._failed(facts, user, wrong("factor.code"))
            if await self._kept(facts, user, after):
                return Passed(amr=[ONE_TIME_CODE])
        raise await self._failed(facts, user, wrong("factor.code"))

    async def recovery_code(self, facts: RequestFacts, user: User, typed: str) -> Passed:
        """A recovery code. Raises OAuthError, check ``factor.recovery_code`` or ``factor.blocked``."""
        await self._claim(facts, user)
        for _ in range(_TRIES):
            codes = (await self._enrolled(facts, user)).recovery_codes
            after = recovery_codes.without(codes, typed, self._handles, facts.now_ms) if codes else None
            if after is None:
                raise await self._failed(facts, user, wrong("factor.recovery_code"))
            if await self._kept(facts, user, after):
                # RFC 8176 has no nearer word: it is a password that is good once.
                return Passed(amr=[ONE_TIME_CODE], codes_left=recovery_codes.how_many_left(after))
        raise await self._failed(facts, user, wrong("factor.recovery_code"))

    async def passkey(
        self, facts: RequestFacts, user: User, shown: Shown, site: Site, bound_to: tuple[str, ...]
    ) -> Passed:
        """A passkey beside another factor. Raises OAuthError, check ``passkey.…``."""
        try:
            return await self._passkey(facts, user, shown, site, bound_to, must_verify=False)
        except OAuthError as error:
            raise await self._failed(facts, user, error) from None

    async def passkey_alone(
        self, facts: RequestFacts, shown: Shown, site: Site, bound_to: tuple[str, ...]
    ) -> tuple[User, Passed]:
        """A passkey as the only factor, and whose it is: its owner must have proved to it who they are."""
        user = None
        try:
            user = await self._owner(facts, shown)
            if user.blocked:
                raise refused("passkey.blocked")
            return user, await self._passkey(facts, user, shown, site, bound_to, must_verify=True)
        except OAuthError as error:
            raise await self._failed(facts, user, error, EventType.SIGN_IN_FAILED) from None

    async def _owner(self, facts: RequestFacts, shown: Shown) -> User:
        tenant_id = facts.tenant.tenant_id
        where = {"credential_id": shown.credential_id}
        passkey = next(iter(await self._live.find(Authenticator, tenant_id, where=where)), None)
        user = await self._live.get(User, tenant_id, passkey.user_id) if passkey else None
        if user is None:
            raise refused("passkey.unknown")
        if shown.user_handle is None:
            raise refused("passkey.user_handle")
        return user

    async def _passkey(
        self, facts: RequestFacts, user: User, shown: Shown, site: Site, bound_to: tuple[str, ...], *, must_verify: bool
    ) -> Passed:
        tenant_id = facts.tenant.tenant_id
        challenge = self._challenges.recognised(tenant_id, shown.challenge, bound_to, facts.now_ms)
        if shown.user_handle not in (None, user_handle(self._handles, tenant_id, user.user_id)):
            raise refused("passkey.user_handle")
        is_spent = False
        for _ in range(_TRIES):
            passkeys = (await self._enrolled(facts, user)).passkeys
            passkey = next((one for one in passkeys if one.credential_id == shown.credential_id), None)
            if passkey is None:
                raise refused("passkey.unknown")
            use = used(shown, passkey, site, facts.now_ms, must_verify=must_verify)
            if not is_spent:  # last of all that may refuse, and once
                await self._challenges.spend(challenge)
                is_spent = True
            if await self._kept(facts, user, use.passkey):
                return Passed(amr=use.amr)
        raise Stale("a passkey changed while it was used")

    def _after_code(self, enrolled: Enrolled, code: str, now_ms: int) -> Authenticator | None:
        for factor in enrolled.totp:
            step = accepted_step(factor, code, key_text(factor, self._sealer), now_ms)
            if step is not None:
                return spent(factor, step, now_ms)
        return None

    async def _enrolled(self, facts: RequestFacts, user: User) -> Enrolled:
        where = {"user_id": user.user_id}
        return sorted_out(await self._live.find(Authenticator, facts.tenant.tenant_id, where=where))

    async def _claim(self, facts: RequestFacts, user: User) -> None:
        try:
            await self._attempts.claim(facts.tenant.tenant_id, user.user_id, facts.now_ms)
        except OAuthError as error:
            raise await self._failed(facts, user, error) from None

    async def _kept(self, facts: RequestFacts, user: User, after: Authenticator) -> bool:
        """Write the use down; False when another use came first, and all is to be judged anew."""
        event = facts.event(
            EventType.SECOND_FACTOR_SUCCEEDED, "A factor was passed.", user, factor=after.type, factor_id=after.id
        )
        try:
            await self._live.write(saves=(after,), events=(event,))
        except Stale:
            return False
        await self._attempts.forget(facts.tenant.tenant_id, user.user_id)
        return True

    async def _failed(
        self, facts: RequestFacts, user: User | None, error: OAuthError, type: str = EventType.SECOND_FACTOR_FAILED
    ) -> OAuthError:
        SIGN_INS.add("refused", error.check)
        await self._log.record(facts.event(type, error.description, user, check=error.check, **error.evidence))
        return error


def wrong(check: str) -> OAuthError:
    """The refusal of a code."""
    return OAuthError("access_denied", "The code was not accepted.", check=check)
