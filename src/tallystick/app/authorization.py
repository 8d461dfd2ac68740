"""The authorization endpoint, built over a worker."""

from __future__ import annotations

from ..apis.directory import ApiDirectory
from ..authorization.incoming import IncomingRequests
from ..authorization.pendings import Pendings
from ..authorization.pushed_requests import PushedRequests
from ..authorization.pushed_room import PushedRoom
from ..authorization.requests import AuthorizationRequests
from ..authorization.steps import RESUME
from ..clients.origins import OriginDirectory
from ..endpoints.authorization_answer import Answers
from ..endpoints.authorization_response import Responses
from ..endpoints.authorize import Authorize
from ..endpoints.par import ParEndpoint
from ..endpoints.situation import Situations
from ..endpoints.table import AUTHORIZE
from ..tokens.authorization_response import AuthorizationResponseJwts
from ..users.consents import Consents
from ..users.sessions import Sessions
from ..web.gate import Endpoint
from ..web.pages import Pages
from .tokens import authenticator_of, id_token_hints_of, person_tokens_of, response_encryption_of, subjects_of
from .worker import Worker


def authorization_requests_of(worker: Worker) -> AuthorizationRequests:
    """Reads authorization requests. People get no scope of the Management API: which ones it has does not matter."""
    apis = ApiDirectory(worker.storage, worker.storage, list)
    return AuthorizationRequests(worker.clients, apis, id_token_hints_of(worker))


def incoming_requests_of(worker: Worker) -> IncomingRequests:
    """Finds out what a request is."""
    return IncomingRequests(pushed_requests_of(worker), worker.request_objects)


def pushed_requests_of(worker: Worker) -> PushedRequests:
    """Keeps pushed requests."""
    return PushedRequests(worker.storage, worker.handles)


def par_endpoint(worker: Worker, origins: OriginDirectory) -> ParEndpoint:
    """`/oauth/par`."""
    return ParEndpoint(
        authenticator=authenticator_of(worker),
        incoming=incoming_requests_of(worker),
        requests=authorization_requests_of(worker),
        pushed=pushed_requests_of(worker),
        room=PushedRoom(),
        proofs=worker.proofs,
        one_time=worker.one_time,
        log=worker.storage,
        tallies=worker.tallies,
        origins=origins,
        clock=worker.clock,
    )


def authorization_endpoints(worker: Worker, pages: Pages) -> dict[str, Endpoint]:
    """Path → what answers there."""
    sessions = Sessions(worker.storage, worker.handles)
    authorize = Authorize(
        incoming=incoming_requests_of(worker),
        requests=authorization_requests_of(worker),
        situations=Situations(
            live=worker.storage,
            sessions=sessions,
            factors=worker.second_factors.factors,
            factor_policy=worker.options.factor_policy,
            consents=Consents(worker.storage),
            subjects=subjects_of(worker),
            clock=worker.clock,
        ),
        pendings=Pendings(worker.storage, worker.handles),
        pushed=pushed_requests_of(worker),
        waiting_room=worker.waiting_room,
        answers=Answers(
            live=worker.storage,
            handles=worker.handles,
            pushed=pushed_requests_of(worker),
            one_time=worker.one_time,
            sessions=sessions,
            person_tokens=person_tokens_of(worker),
            places=worker.status_places,
            log=worker.storage,
            tallies=worker.tallies,
        ),
        responses=Responses(
            pages=pages,
            jwts=AuthorizationResponseJwts(worker.ring, response_encryption_of(worker)),
            log=worker.storage,
            tallies=worker.tallies,
        ),
    )
    return {"/" + AUTHORIZE.path: authorize, RESUME: authorize.resume}
