"""The door of the Management API: who calls, whether they may, what they ask; then the handler; then the answer.

1. one token, ours, for this API, and its proof             401
2. a known path, a known method                             404, 405
3. one of the scopes that the route demands                 403
4. query and body in good form                              400, 413, 415
5. the handler decides; what it raises becomes an answer    `problems`
6. a refusal is a row of the tenant's log, unless no token was shown
"""

from __future__ import annotations

from starlette.types import Send

from ..clock import Clock
from ..errors import NotFound, OAuthError, Refused
from ..events import Event, EventLog, EventType
from ..records import Json
from ..tallies import Tallies
from ..tokens.bearer import TokenInspector
from ..tokens.proofs import Proofs
from ..web.access_token import ShownToken, possession_of, tokens_in_headers
from ..web.answers import NO_STORE, Headers, send_bytes, send_json
from ..web.challenges import challenge_header
from ..web.nonces import nonce_headers
from ..web.protected_resource import metadata_url
from ..web.request import ClientGone, Request
from .bodies import check_type, read_body, read_items, read_query
from .call import Answer, Call, Caller, Route
from .description import Body
from .door_log import refused, tell, token_refused
from .multipart import MULTIPART, read_parts
from .not_offered import not_offered
from .problems import Problem, insufficient_scope, missing_authentication, problem_of
from .query import check_query
from .routes import PREFIX, Match, RouteTable

AUDIENCE_PATH = "api/v2/"
"""The Management API's own identifier, under the tenant's own issuer; the trailing slash is part of it (auth0.md 0)."""
_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})
_ANY_BODY = Body("Any")


class NotAuthenticated(Exception):
    """A token was shown and refused: why, and the token, which goes no further than `door_log`."""

    def __init__(self, reason: Exception, token: str) -> None:
        super().__init__("the token was refused")
        self.reason = reason
        self.token = token


class ManagementApi:
    """Answers every request under ``/api/v2``."""

    def __init__(
        self,
        routes: RouteTable,
        inspector: TokenInspector,
        proofs: Proofs,
        events: EventLog,
        clock: Clock,
        tallies: Tallies,
    ) -> None:
        self._routes = routes
        self._inspector = inspector
        self._proofs = proofs
        self._events = events
        self._clock = clock
        self._tallies = tallies

    async def __call__(self, request: Request, send: Send) -> None:
        """Answer one request."""
        along: Headers = []
        try:
            answer = await self._answer(request, along)
        except ClientGone:
            return
        except Exception as error:
            tell(error, request)
            along += _challenges(error, request)
            await self.refuse(send, error, request.correlation_id, along)
            return
        await _send(send, answer, request.correlation_id, along)

    async def refuse(self, send: Send, error: Exception, correlation_id: str, along: Headers | None = None) -> None:
        """What the caller hears of a refusal, also of the gate's; the log has heard the reason."""
        problem = problem_of(error) or Problem(500, "An internal error occurred", "internal_error")
        body = problem.body(correlation_id)
        await send_json(send, problem.status, body, correlation_id, [*NO_STORE, *problem.headers, *(along or [])])

    async def _answer(self, request: Request, along: Headers) -> Answer:
        """The answer; ``along`` takes headers that go with whatever the answer is."""
        try:
            caller = await self._caller(request, along)  # 1
        except NotAuthenticated as error:
            await self._write_down(token_refused(request, error.reason, error.token, self._clock.now_ms()))
            raise error.reason from None
        try:
            match = self._match(request)  # 2
            request.endpoint = PREFIX + match.route.path
            _check_scope(caller, match.route)  # 3
            call = await self._call(request, caller, match)  # 4
            answer = await match.route.handler(call)  # 5
        except (Refused, Problem) as error:
            await self._write_down(refused(request, caller.client_id, error, self._clock.now_ms()))  # 6
            raise
        if call.changes:
            self._tallies.counted(request.tenant.tenant_id, EventType.MANAGEMENT_SUCCEEDED, call.now_ms)
        return answer

    async def _write_down(self, refusal: Event) -> None:
        self._tallies.counted(refusal.tenant_id, refusal.type, refusal.at_ms)
        await self._events.record(refusal)

    async def _caller(self, request: Request, along: Headers) -> Caller:
        """RFC 6750 2.1: the token comes in the Authorization header, once, and nowhere else.

        Raises :class:`NotAuthenticated` for a token that is refused; whoever shows none at all leaves no row.
        """
        shown = _shown(request)
        try:
            inspected = await self._inspector.inspect(
                request.tenant,
                shown.token,
                audience=request.tenant.canonical.url(AUDIENCE_PATH),
                possession=possession_of(request, shown, self._proofs.expected(request, self._clock.now_ms())),
            )
        except OAuthError as error:
            along += nonce_headers(None, error)
            raise NotAuthenticated(error, shown.token) from None
        along += nonce_headers(inspected.proof)
        return Caller(client_id=inspected.client_id, scopes=inspected.scopes)

    def _match(self, request: Request) -> Match:
        raw_path: bytes = request.scope.get("raw_path") or request.path.encode()
        try:
            return self._routes.match(request.method, raw_path)
        except (NotFound, Problem):
            # Also for a path of which only another method is here.
            if (problem := not_offered(request.method, raw_path)) is not None:
                raise problem from None
            raise

    async def _call(self, request: Request, caller: Caller, match: Match) -> Call:
        query = read_query(request.query_string)
        check_query(match.route.query, query)
        content = await _content(request, match.route.body)
        return Call(
            tenant=request.tenant,
            caller=caller,
            method=request.method,
            request_path=request.path,
            success_status=min(match.route.answers, default=200),
            path=match.path,
            query=query,
            **content,
            now_ms=self._clock.now_ms(),
            correlation_id=request.correlation_id,
            ip=request.ip,
            user_agent=request.user_agent,
            hostname=request.hostname,
            scope=request.scope,
        )


async def _content(request: Request, body: Body | None) -> Json:
    """The body, in the form in which the route takes it; the members of the call that hold it."""
    # A DELETE takes one only where its row says so, as Auth0's of roles and permissions do.
    if request.method not in _WITH_BODY and body is None:
        return {}
    body = body or _ANY_BODY
    content_type = request.header(b"content-type")
    if body.is_multipart:
        check_type(content_type, MULTIPART)
    data = await request.body(body.bytes_max)
    if body.is_multipart:
        return {"parts": read_parts(data, content_type)}
    if body.items is not None:
        return {"items": read_items(data, content_type, body.items)}
    return {"body": read_body(data, content_type)}


def _shown(request: Request) -> ShownToken:
    """The one token that the request shows."""
    try:
        shown = tokens_in_headers(request)
    except OAuthError:
        shown = []
    if not request.header_values(b"authorization"):
        raise missing_authentication()
    if len(shown) != 1:
        problem = Problem(400, "Bad HTTP authentication header format", "Bearer", check="token.header")
        raise NotAuthenticated(problem, "")
    return shown[0]


def _challenges(error: Exception, request: Request) -> Headers:
    """What is asked for with the refusal, in the scheme that was used (RFC 6750 3, RFC 9449 7.1)."""
    problem = problem_of(error)
    if problem is None or problem.challenge is None:
        return []
    scheme = request.header(b"authorization").partition(" ")[0].lower()
    url = metadata_url(request.tenant.canonical, AUDIENCE_PATH)
    return challenge_header(problem.challenge, scheme, resource_metadata=url)


def _check_scope(caller: Caller, route: Route) -> None:
    if not caller.holds_any(*route.scopes):
        raise insufficient_scope(route.scopes)


async def _send(send: Send, answer: Answer, correlation_id: str, along: Headers) -> None:
    headers: Headers = [*NO_STORE, *answer.headers, *along]
    if answer.body is None:
        await send_bytes(send, answer.status, b"", correlation_id, headers)
    else:
        await send_json(send, answer.status, answer.body, correlation_id, headers)
