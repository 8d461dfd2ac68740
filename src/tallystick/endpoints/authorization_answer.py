"""The answer to an authorization request: the code and the tokens that it asked for, written before they are told."""

from __future__ import annotations

from uuid import uuid4

import msgspec
from msgspec.structs import replace

from ..authorization.code import AuthorizationCode, code_hash_of
from ..authorization.next_step import Situation
from ..authorization.pendings import over
from ..authorization.pushed_requests import PushedRequests, too_late
from ..authorization.request_objects import spend
from ..events import Event, EventLog, EventType
from ..handles import HandleHasher, new_handle
from ..live import LiveRecord, LiveRecords
from ..onetime import OneTimeStore
from ..records import Stale
from ..tallies import Tallies
from ..tokens.families import begin as begin_family
from ..tokens.person_order import PersonTokenOrder
from ..tokens.person_tokens import PersonTokens
from ..tokens.status_places import StatusPlaces
from ..users.session import Session
from ..users.sessions import Sessions
from ..users.user import User
from .authorization_response import Served


class Answers(msgspec.Struct, frozen=True, kw_only=True):
    """Makes answers."""

    live: LiveRecords
    handles: HandleHasher
    pushed: PushedRequests
    one_time: OneTimeStore
    sessions: Sessions
    person_tokens: PersonTokens
    places: StatusPlaces
    log: EventLog
    tallies: Tallies

    async def members(self, served: Served, situation: Situation) -> dict[str, str]:
        """What the request asked for, once. Raises OAuthError when the session or the person went meanwhile."""
        asked, session, user = situation.request, situation.session, situation.user
        if session is None or user is None:
            raise AssertionError("nobody is signed in, and no step said so")
        situation = _named(situation)
        session = await self.sessions.used_by(asked.tenant, session, asked.client.client_id, served.now_ms)
        members: dict[str, str] = {}
        saves: list[LiveRecord] = []
        code = new_handle() if asked.response_type.gives_code else None
        if code is not None:
            members["code"] = code
            saves.append(self._code(situation, session, code))
        if asked.response_type.is_front_channel:
            tokens, family = await self._tokens(served, situation, session, user, code)
            members |= tokens
            saves += family
        await self._write(served, asked.client.client_id, saves, self._told(served, situation))
        return members

    def _told(self, served: Served, situation: Situation) -> list[Event]:
        """What the log learns: of a sign-in it was told when the person signed in."""
        if (name := _linking_id(situation)) is not None:
            details = situation.request.authorization_details
            types = {"authorization_details_types": [detail["type"] for detail in details]} if details else {}
            event = served.event(
                EventType.TRANSACTION_APPROVED, "The person approved", transaction_linking_id=name, **types
            )
            return [event]
        if not served.is_silent:
            return []
        self.tallies.counted(served.request.tenant.tenant_id, EventType.SILENT_SIGN_IN_SUCCEEDED, served.now_ms)
        return [served.event(EventType.SILENT_SIGN_IN_SUCCEEDED, "Answered from the session")]

    async def _write(self, served: Served, client_id: str, saves: list[LiveRecord], events: list[Event]) -> None:
        """Code and tokens are written as what waited for them goes: two answers at once give one code."""
        erasures = await self._answered(served)
        await spend(self.one_time, served.request.tenant.tenant_id, client_id, served.provenance)
        if not saves and not erasures:
            for event in events:
                await self.log.record(event)
            return
        try:
            await self.live.write(saves=saves, erasures=erasures, events=events)
        except Stale:
            await self._answered(served)
            served.destination = None
            raise over("pending.unknown") from None

    async def _answered(self, served: Served) -> list[LiveRecord]:
        """What waits for the answer; raises OAuthError where another answer took the pushed request."""
        waiting: list[LiveRecord] = [] if served.pending is None else [served.pending]
        if (pushed_id := served.provenance.pushed_id) is not None:
            pushed = await self.pushed.waiting(served.request.tenant.tenant_id, pushed_id)
            if pushed is None:
                served.destination = None
                raise too_late()
            waiting.append(pushed)
        return waiting

    def _code(self, situation: Situation, session: Session, code: str) -> AuthorizationCode:
        asked, now_ms = situation.request, situation.now_ms
        tenant_id, expires_at_ms = asked.tenant.tenant_id, now_ms + asked.registered.profile.code_life_ms
        return AuthorizationCode(
            tenant_id=tenant_id,
            code_hash=code_hash_of(self.handles, tenant_id, code),
            client_id=asked.client.client_id,
            user_id=session.user_id,
            session_id=session.id,
            credential_id=asked.provenance.vouched_by,
            redirect_uri=asked.destination.redirect_uri,
            redirect_uri_sent=asked.redirect_uri_sent,
            audience=asked.audience,
            scope=list(asked.scope),
            nonce=asked.nonce,
            code_challenge=asked.code_challenge,
            dpop_jkt=asked.dpop_jkt,
            claims=asked.claims,
            authorization_details=asked.authorization_details,
            transaction_linking_id=_linking_id(situation),
            amr=session.amr,
            acr=situation.acr,
            auth_time_ms=session.authenticated_at_ms,
            created_at_ms=now_ms,
            expires_at_ms=expires_at_ms,
            purge_at_ms=expires_at_ms,
        )

    async def _tokens(
        self, served: Served, situation: Situation, session: Session, user: User, code: str | None
    ) -> tuple[dict[str, str], list[LiveRecord]]:
        """Tokens through the browser (OpenID Connect Core 3.2.2.5 and 3.3.2.5), and the family they belong to."""
        asked = situation.request
        family = begin_family(
            tenant_id=asked.tenant.tenant_id,
            client_id=asked.client.client_id,
            user_id=user.user_id,
            session_id=session.id,
            audience=asked.audience,
            scope=asked.scope,
            auth_time_ms=session.authenticated_at_ms,
            now_ms=served.now_ms,
            claims=asked.claims,
            authorization_details=asked.authorization_details,
            transaction_linking_id=_linking_id(situation),
            amr=session.amr,
            acr=situation.acr,
        )
        family = await self.places.with_place(family, asked.resource_server)
        issued = await self.person_tokens.issue(
            PersonTokenOrder(
                tenant=asked.tenant,
                registered=asked.registered,
                is_confidential=asked.client.is_confidential,
                user=user,
                family=family,
                resource_server=asked.resource_server,
                scopes=asked.scope,
                authorization_details=asked.authorization_details,
                with_access_token=asked.response_type.gives_token,
                with_id_token=asked.response_type.gives_id_token,
                nonce=asked.nonce,
                code=code,
                state=asked.destination.state,
                now_ms=served.now_ms,
                jti=served.request.correlation_id,
            )
        )
        members = {name: _text(value) for name, value in issued.answer().items()}
        return members, [family, *issued.saves] if issued.access_token is not None else []


def _named(situation: Situation) -> Situation:
    """With a name for the transaction also where the API began to demand one while its person was asked."""
    progress = situation.progress
    if not situation.request.is_transactional or progress.transaction_linking_id is not None:
        return situation
    return replace(situation, progress=replace(progress, transaction_linking_id=str(uuid4())))


def _linking_id(situation: Situation) -> str | None:
    """What the transaction is called; of another request nothing."""
    return situation.progress.transaction_linking_id if situation.request.is_transactional else None


def _text(value: object) -> str:
    """A member of an answer that goes through the browser."""
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
