"""What comes next: which step a person still has to take, or none, and then the application is answered. Pure.

    no session, or one that is too old, of somebody else, or not to be used      SIGN_IN, SIGN_UP
    a first factor without the second that is owed                               SECOND_FACTOR, ENROLL_FACTOR
    several accounts to choose from                                              CHOOSE_ACCOUNT
    less assurance than the application or the tenant asks for                   SECOND_FACTOR, ENROLL_FACTOR
    a transaction, and no second factor was passed for it                        SECOND_FACTOR, ENROLL_FACTOR
    nobody said yes to what is asked for, or did but must be asked each time     CONSENT

With ``prompt=none`` each of these is the refusal that OpenID Connect Core 3.1.2.6 names for it.
"""

from __future__ import annotations

import msgspec

from ..errors import OAuthError
from ..users.owed import Owed
from ..users.session import Session
from ..users.user import User
from .claims_parameter import is_essential
from .progress import Progress
from .refusal import refuse
from .request import AuthorizationRequest
from .steps import Step

_OWED_STEPS = {Owed.CHALLENGE: Step.SECOND_FACTOR, Owed.ENROLL: Step.ENROLL_FACTOR}
_SILENT_CODES = {
    Step.SIGN_IN: "login_required",
    Step.SIGN_UP: "login_required",
    Step.CHOOSE_ACCOUNT: "account_selection_required",
    Step.SECOND_FACTOR: "interaction_required",
    Step.ENROLL_FACTOR: "interaction_required",
    Step.CONSENT: "consent_required",
}


class Situation(msgspec.Struct, frozen=True, kw_only=True):
    """All that decides it."""

    request: AuthorizationRequest
    session: Session | None
    """The living session of this browser, of a person who may sign in."""
    user: User | None = None
    """Whose session it is."""
    progress: Progress = Progress()
    """What happened since the request came; nothing yet where it was only just sent."""
    first_factor_owed: Owed = Owed.NONE
    """What somebody owes who passed a first factor in this pending authorization, and is not signed in by it."""
    session_owed: Owed = Owed.NONE
    """What the session's person owes, for this tenant and this request."""
    transaction_owed: Owed = Owed.NONE
    """What the session's person owes for this very transaction, however surely they signed in before."""
    acr: str | None = None
    """The requested ``acr`` that the session is good for."""
    is_hinted: bool = True
    """Whether the session's person is the one whom ``id_token_hint`` means; True without a hint."""
    is_consented: bool = True
    """Whether what is asked for was consented to at some time, or needs no consent."""
    now_ms: int


def next_step(situation: Situation) -> Step | None:
    """The step, or None when the application can be answered. Raises OAuthError for what it is to be told instead."""
    request, progress = situation.request, situation.progress
    if progress.refused is not None:
        raise refuse(progress.refused, "The person refused.", check="authorize.person_refused")
    step = _step(situation)
    if step is not None and "none" in request.prompt:
        raise refuse(
            _SILENT_CODES[step], "The person has to be asked.", check="authorize.person_needed", step=step.name.lower()
        )
    return step


def _step(situation: Situation) -> Step | None:
    request = situation.request
    if situation.first_factor_owed is not Owed.NONE:
        return _OWED_STEPS[situation.first_factor_owed]
    if situation.session is None or _must_sign_in(situation, situation.session):
        return Step.SIGN_UP if request.wants_sign_up else Step.SIGN_IN
    if not situation.is_hinted:
        return _other_person(situation, situation.session)
    if "select_account" in request.prompt and not _is_chosen(situation, situation.session):
        return Step.CHOOSE_ACCOUNT
    if situation.session_owed is not Owed.NONE:
        return _OWED_STEPS[situation.session_owed]
    if situation.transaction_owed is not Owed.NONE:
        return _OWED_STEPS[situation.transaction_owed]
    if situation.acr is None and is_essential(request.claims, "acr"):
        raise _unmet()
    must_be_asked = "consent" in request.prompt or request.is_asked_each_time
    asks_anew = must_be_asked and not _said_yes(situation, situation.session)
    return Step.CONSENT if asks_anew or not situation.is_consented else None


def _must_sign_in(situation: Situation, session: Session) -> bool:
    """Whether the session is not enough; whoever signed in since the request came has done what it demands."""
    request = situation.request
    if _is_of_now(situation, session):
        return False
    if request.prompt & {"login", "create"}:
        return True
    if request.max_age_s is None:
        return False
    # Core 3.1.2.1: 0 asks for a sign-in, however lately there was one.
    return request.max_age_s == 0 or situation.now_ms - session.authenticated_at_ms > request.max_age_s * 1000


def _is_of_now(situation: Situation, session: Session) -> bool:
    """Whether the session is what came of the sign-in in this request, or of a later one.

    The browser may hold another by now: a session from before, put in its place, has not done what is demanded.
    """
    signed_in_at_ms = situation.progress.signed_in_at_ms
    return signed_in_at_ms is not None and session.authenticated_at_ms >= signed_in_at_ms


def _is_chosen(situation: Situation, session: Session) -> bool:
    """Whether this very account was chosen; who signed in for it has chosen as well."""
    return situation.progress.chosen_user_id == session.user_id or _is_of_now(situation, session)


def _said_yes(situation: Situation, session: Session) -> bool:
    """Whether this very account said yes to this very request: what is asked for may be more by now."""
    progress = situation.progress
    return progress.consented_user_id == session.user_id and progress.consented_to == situation.request.fingerprint


def _other_person(situation: Situation, session: Session) -> Step:
    """Core 3.1.2.1: who is meant must sign in; somebody else who did so is not whom the application asked for."""
    if _is_of_now(situation, session):
        raise refuse("login_required", "Somebody else signed in than was asked for.", check="authorize.hinted_person")
    return Step.SIGN_IN


def _unmet() -> OAuthError:
    """OpenID Connect Core Error Code unmet_authentication_requirements 1.0: an essential ``acr`` that cannot be had."""
    return refuse(
        "unmet_authentication_requirements", "The requested acr cannot be reached.", check="authorize.acr_unmet"
    )
