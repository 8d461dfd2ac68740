"""The pages for second factors and passkeys."""

from __future__ import annotations

from ..authorization.steps import Step
from ..ui.factors.account import ACCOUNT_FACTORS, AccountApp, AccountFactors
from ..ui.factors.candidate import Candidates
from ..ui.factors.ceremony import Ceremonies
from ..ui.factors.challenge import ChallengePage
from ..ui.factors.confirming import Confirming
from ..ui.factors.enroll import EnrollPage
from ..ui.factors.enrolling import Enrolling
from ..ui.factors.passing import Passing
from ..ui.factors.passkey import PASSKEY, PasskeyPage
from ..web.gate import Endpoint
from .asked import reader_of_asked
from .pages import Shared
from .worker import Worker


def factor_endpoints(worker: Worker, shared: Shared) -> dict[str, Endpoint]:
    """Path → what answers there."""
    desk, second, people = shared.desk, worker.second_factors, worker.people
    candidates = Candidates(people.accounts, second.factors, worker.options, reader_of_asked(worker))
    ceremonies = Ceremonies(second.challenges, worker.handles)
    passing = Passing(second.checks, shared.sign_ins, shared.sessions, desk.pendings)
    enrolling = Enrolling(second.factors, second.totp, ceremonies)
    confirming = Confirming(ceremonies, passing, people.password_check, second.checks, shared.sessions)
    listed = AccountFactors(desk, candidates, ceremonies, enrolling, confirming, second.factors)
    return {
        Step.SECOND_FACTOR: desk.step(ChallengePage(desk, candidates, ceremonies, passing, shared.signing_in)),
        Step.ENROLL_FACTOR: desk.step(EnrollPage(desk, candidates, enrolling, confirming, passing, shared.signing_in)),
        PASSKEY: desk.step(PasskeyPage(desk, worker.options, ceremonies, second.checks, shared.signing_in)),
        ACCOUNT_FACTORS: desk.of_person(listed),
        ACCOUNT_FACTORS + "/app": desk.of_person(AccountApp(desk, candidates, enrolling, confirming, listed)),
    }
