"""`/authorize`: an application asks for something in a person's name (RFC 6749 3.1, OpenID Connect Core 3).

1. read the parameters, each once; what they stand for   `web.parameters`, `authorization.incoming`
2. every check, and where the answer goes                `authorization.requests`, `authorization.checks`
3. who is there, and what they still owe                 `endpoints.situation`
4. the next step: a page, a refusal, or the answer       `authorization.next_step`
5. the page keeps the request; the answer has a code     `authorization.pendings`, `endpoints.authorization_answer`
6. the way it goes: redirect, form, message or page      `endpoints.authorization_response`

`/authorize/resume` is where pages return to: the same, from the parameters that were kept.
"""

from __future__ import annotations

import msgspec
from starlette.types import Send

from ..authorization.incoming import REPEATABLE, Incoming, IncomingRequests, resumed
from ..authorization.next_step import Situation, next_step
from ..authorization.pendings import Pendings
from ..authorization.pushed_requests import PushedRequests
from ..authorization.request import AuthorizationRequest
from ..authorization.request_object_walk import RequestObjectRefused
from ..authorization.request_objects import spend
from ..authorization.requests import AuthorizationRequests
from ..authorization.steps import RESUME, Step, location_of
from ..authorization.waiting_room import WaitingRoom
from ..authorization.walk import EntryPoint
from ..errors import OAuthError, Unavailable
from ..records import Stale
from ..web.form_guard import Browser
from ..web.pages import send_redirect
from ..web.parameters import Several, read_form, read_query
from ..web.request import Request
from .authorization_answer import Answers
from .authorization_response import Responses, Served
from .situation import Situations


class Authorize(msgspec.Struct, frozen=True, kw_only=True):
    """The authorization endpoint of every tenant."""

    incoming: IncomingRequests
    requests: AuthorizationRequests
    situations: Situations
    pendings: Pendings
    pushed: PushedRequests
    waiting_room: WaitingRoom
    answers: Answers
    responses: Responses

    async def __call__(self, request: Request, send: Send) -> None:
        """Answer one authorization request."""
        served = Served(request=request, now_ms=self.situations.now_ms())
        try:
            incoming = await self._incoming(served)  # 1
            asked = await self._read(served, incoming, _entry_point(incoming))  # 2
            situation = await self._situation(served, asked)  # 3
            step = next_step(situation)  # 4
            if step is None:
                await self._answer(send, served, situation)  # 5
                return
            await self._to_page(send, served, asked, step)
        except (OAuthError, Unavailable, Stale) as error:
            await self._refuse(send, served, error)

    async def resume(self, request: Request, send: Send) -> None:
        """Go on with a request whose person did what a page asked for."""
        served = Served(request=request, now_ms=self.situations.now_ms())
        try:
            if request.method != "GET":
                raise OAuthError("invalid_request", "Only GET.", check="page.method").answered_with(405)
            browser = Browser(request)
            pending = await self.pendings.claimed(
                request.tenant, read_query(request).get("state", ""), browser.value, served.now_ms
            )
            served.headers, served.pending = browser.headers, pending
            asked = await self._read(served, resumed(pending), EntryPoint.RESUME)
            situation = await self._situation(served, asked)
            step = next_step(situation)
            if step is not None:
                await send_redirect(send, location_of(step, pending.id), request.correlation_id, served.headers)
                return
            await self._answer(send, served, situation)
        except (OAuthError, Unavailable, Stale) as error:
            await self._refuse(send, served, error)

    async def _incoming(self, served: Served) -> Incoming:
        tenant = served.request.tenant
        served.parameters, repeated = await _parameters(served.request)
        try:
            return await self.incoming.of_browser(tenant, served.parameters, repeated, served.now_ms)
        except OAuthError:
            out = await self.requests.way_out(tenant, served.parameters)
            served.client, served.destination = out.client, out.destination
            raise

    async def _read(self, served: Served, incoming: Incoming, entry_point: EntryPoint) -> AuthorizationRequest:
        served.parameters, served.provenance = incoming.parameters, incoming.provenance
        read = await self.requests.read(served.request.tenant, incoming, entry_point)
        served.client, served.destination = read.client, read.destination
        if read.request is None:
            raise read.refusal or AssertionError("neither read nor refused")
        served.destination = read.request.destination
        return read.request

    async def _situation(self, served: Served, asked: AuthorizationRequest) -> Situation:
        situation = await self.situations.of(served.request, asked, served.pending, served.now_ms)
        served.user = situation.user
        return situation

    async def _answer(self, send: Send, served: Served, situation: Situation) -> None:
        members = await self.answers.members(served, situation)
        served.is_answered = True
        await self.responses.send(send, served, situation.request.destination, members)

    async def _to_page(self, send: Send, served: Served, asked: AuthorizationRequest, step: Step) -> None:
        request, browser = served.request, Browser(served.request)
        # A form of another site comes without the cookie that tells browsers apart: the next GET brings it.
        is_foreign_form = request.method == "POST"
        await self.waiting_room.admit(request.tenant.tenant_id, request.ip, served.now_ms)
        pending = await self.pendings.begin(
            request.tenant,
            None if is_foreign_form else browser.value,
            asked.client.client_id,
            dict(asked.parameters),
            served.now_ms,
            provenance=asked.provenance,
            hinted_subject=asked.hinted_subject,
            is_transaction=asked.is_transactional,
        )
        location = location_of(RESUME if is_foreign_form else step, pending.id)
        headers = [] if is_foreign_form else browser.headers
        await send_redirect(send, location, request.correlation_id, headers)

    async def _refuse(self, send: Send, served: Served, error: Exception) -> None:
        """A refusal that goes to the application ends the matter; one that is a page leaves it to be tried again."""
        if served.is_told_to_client(error) and not served.is_answered:
            try:
                await self._end(served)
            except RequestObjectRefused as spent:
                error = spent
            except (OAuthError, Unavailable) as again:
                served.destination, error = None, again
        await self.responses.send_refusal(send, served, error)

    async def _end(self, served: Served) -> None:
        """What was asked is over: it is answered once, and a refusal is an answer.

        Raises OAuthError where the application has been answered already; by RequestObjectRefused it may hear of that.
        """
        if (pushed_id := served.provenance.pushed_id) is not None:
            await self.pushed.end(served.request.tenant.tenant_id, pushed_id)
        if served.pending is not None:
            await self.pendings.end(served.pending)
        if served.client is not None:
            tenant_id, client_id = served.request.tenant.tenant_id, served.client.client_id
            await spend(self.answers.one_time, tenant_id, client_id, served.provenance)


def _entry_point(incoming: Incoming) -> EntryPoint:
    return EntryPoint.VISIT if incoming.provenance.is_pushed else EntryPoint.AUTHORIZE


async def _parameters(request: Request) -> tuple[dict[str, str], frozenset[str]]:
    """OpenID Connect Core 3.1.2.1: of the query with GET, of the form with POST."""
    several = Several(*REPEATABLE)
    if request.method == "GET":
        parameters = read_query(request, several)
    elif request.method == "POST":
        if request.query_string:
            # Two places for one parameter would be two readings of one request.
            raise OAuthError("invalid_request", "The request is malformed.", check="parameters.query")
        parameters = await read_form(request, several)
    else:
        raise OAuthError("invalid_request", "Only GET and POST.", check="page.method").answered_with(405)
    return parameters, frozenset(several.found)
