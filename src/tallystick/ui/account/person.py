"""Whose account a visit is about."""

from __future__ import annotations

from ...errors import OAuthError
from ...users.accounts import Accounts
from ...users.session import Session
from ...users.user import User
from ..visit import Visit


def session_of(visit: Visit) -> Session:
    """The session; pages of the account are reached with one alone (`Desk.of_person`)."""
    if visit.session is None:
        raise OAuthError("login_required", "Sign in first.", check="session.ended")
    return visit.session


async def person_of(accounts: Accounts, visit: Visit) -> User:
    """The person who is signed in. Raises OAuthError when the account is gone or blocked."""
    user = await accounts.by_id(visit.tenant.tenant_id, session_of(visit).user_id)
    if user is None or user.blocked:
        raise OAuthError("access_denied", "The account is blocked.", check="password.blocked")
    return user
