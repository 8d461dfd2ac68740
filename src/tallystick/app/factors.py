"""Second factors: which a person has, and how they are checked."""

from __future__ import annotations

import msgspec

from ..handles import HandleHasher
from ..onetime import OneTimeStore
from ..sealing import Sealer
from ..storage.store import Storage
from ..users.challenges import Challenges
from ..users.factor_attempts import FactorAttempts
from ..users.factor_checks import FactorChecks
from ..users.factors import Factors
from ..users.totp_enrolment import TotpEnrolments


class SecondFactors(msgspec.Struct, frozen=True, kw_only=True):
    """What pages and the Management API need of second factors; built once."""

    factors: Factors
    checks: FactorChecks
    challenges: Challenges
    attempts: FactorAttempts
    totp: TotpEnrolments


def second_factors_of(storage: Storage, one_time: OneTimeStore, handles: HandleHasher, sealer: Sealer) -> SecondFactors:
    """The second factors of every tenant's people."""
    challenges, attempts = Challenges(handles, one_time), FactorAttempts(storage)
    return SecondFactors(
        factors=Factors(storage, handles),
        checks=FactorChecks(storage, storage, sealer, handles, challenges, attempts),
        challenges=challenges,
        attempts=attempts,
        totp=TotpEnrolments(sealer),
    )
