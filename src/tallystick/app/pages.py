"""The pages: what people see, and the files that they need."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from ..authorization.pendings import Pendings
from ..authorization.steps import Step
from ..logout.endings import signed_out
from ..logout.initiators import Initiator
from ..tenants.tenant import Tenant
from ..ui.account.applications import ApplicationsPage, applications_of
from ..ui.account.overview import ACCOUNT, Overview
from ..ui.account.password import PasswordPage
from ..ui.account.resume import AccountResume
from ..ui.account.sessions import SessionsPage, SignOutPage
from ..ui.account_choice import AccountChoicePage
from ..ui.assets import asset_endpoints
from ..ui.consent import ConsentPage
from ..ui.desk import Desk
from ..ui.login import LoginPage
from ..ui.onward import ACCOUNT_RESUME
from ..ui.render import TemplatePages
from ..ui.signing_in import SigningIn
from ..ui.signup import SignUpPage
from ..users.consents import Consents
from ..users.facts import RequestFacts
from ..users.owed import Owed
from ..users.session import Session
from ..users.sessions import Sessions
from ..users.sign_in import EndSessions, OwedBy, SignIns
from ..users.user import User
from ..web.form_guard import FormGuard
from ..web.gate import Endpoint
from .asked import reader_of_asked
from .mailed import greeting_of, ticket_endpoints
from .tokens import families_of
from .worker import Worker


def build_pages(worker: Worker) -> TemplatePages:
    """What writes every page."""
    return TemplatePages(worker.options.branding, worker.storage)


class Shared(msgspec.Struct, frozen=True, kw_only=True):
    """What pages have in common, those of other parts too."""

    desk: Desk
    sessions: Sessions
    sign_ins: SignIns
    signing_in: SigningIn


def shared_by_pages(worker: Worker, pages: TemplatePages) -> Shared:
    """Built once."""
    sessions, pendings = Sessions(worker.storage, worker.handles), Pendings(worker.storage, worker.handles)
    desk = Desk(
        pages,
        FormGuard(worker.handles),
        sessions,
        pendings,
        worker.waiting_room,
        worker.clients,
        worker.storage,
        worker.clock,
    )
    end_sessions = end_of(worker, Initiator.IDP_LOGOUT)
    sign_ins = SignIns(worker.storage, sessions, owed_by(worker), end_sessions, worker.tallies)
    return Shared(desk=desk, sessions=sessions, sign_ins=sign_ins, signing_in=SigningIn(sign_ins, pendings))


def end_of(worker: Worker, because: Initiator) -> EndSessions:
    """Ends sessions for this reason."""

    async def end(facts: RequestFacts, sessions: Sequence[Session]) -> None:
        events = [signed_out(facts, session, because) for session in sessions]
        await worker.endings.end(facts.tenant, sessions, because, facts.now_ms, events)

    return end


def owed_by(worker: Worker) -> OwedBy:
    """What people owe, by the policy of their tenant."""
    factors = worker.second_factors.factors

    async def owed(tenant: Tenant, user: User, amr: Sequence[str]) -> Owed:
        policy = await worker.options.factor_policy(tenant.tenant_id)
        return await factors.owed(tenant, user, policy, amr=amr)

    return owed


def page_endpoints(worker: Worker, pages: TemplatePages, shared: Shared) -> dict[str, Endpoint]:
    """Path → what answers there."""
    desk, people, consents = shared.desk, worker.people, Consents(worker.storage)
    overview = Overview(
        desk, worker.storage, people.accounts, applications_of(worker.storage, consents, worker.clients)
    )
    return {
        **asset_endpoints(pages),
        ACCOUNT: desk.of_person(overview),
        ACCOUNT + "/password": desk.of_person(
            PasswordPage(overview, people.accounts, people.password_check, shared.sessions)
        ),
        ACCOUNT + "/sessions": desk.of_person(SessionsPage(worker.storage, end_of(worker, Initiator.SESSION_REVOKED))),
        ACCOUNT + "/applications": desk.of_person(ApplicationsPage(worker.storage, consents, families_of(worker))),
        ACCOUNT + "/sign-out": desk.of_person(SignOutPage(desk, end_of(worker, Initiator.IDP_LOGOUT))),
        Step.SIGN_IN: desk.step(
            LoginPage(desk, worker.options, people.password_check, shared.signing_in), bookmarked=ACCOUNT
        ),
        Step.SIGN_UP: desk.step(
            SignUpPage(
                desk,
                worker.options,
                people.accounts,
                people.counts,
                shared.signing_in,
                worker.storage,
                worker.tallies,
                greeting_of(worker),
            )
        ),
        Step.CONSENT: desk.step(
            ConsentPage(desk, people.accounts, consents, reader_of_asked(worker), shared.signing_in)
        ),
        Step.CHOOSE_ACCOUNT: desk.step(AccountChoicePage(desk, people.accounts, shared.signing_in)),
        **ticket_endpoints(worker, desk),
        ACCOUNT_RESUME: desk.step(AccountResume(desk, people.accounts.by_id, owed_by(worker))),
    }
