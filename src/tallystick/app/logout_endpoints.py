"""Where logout begins: the standard's URL, Auth0's, and the person's own answer."""

from __future__ import annotations

from ..endpoints.logout import CONFIRM, ConfirmedLogout, LogoutEndpoint
from ..endpoints.signing_out import SigningOut
from ..endpoints.table import END_SESSION
from ..endpoints.v2_logout import V2LogoutEndpoint
from ..logout.request import LogoutRequests
from ..users.sessions import Sessions
from ..web.form_guard import FormGuard
from ..web.gate import Endpoint
from ..web.pages import Pages
from .tokens import id_token_hints_of, subjects_of
from .worker import Worker


def logout_endpoints(worker: Worker, pages: Pages) -> dict[str, Endpoint]:
    """Path → what answers there."""
    requests = LogoutRequests(id_token_hints_of(worker), worker.clients, subjects_of(worker))
    guard = FormGuard(worker.handles)
    signing_out = SigningOut(
        sessions=Sessions(worker.storage, worker.handles),
        endings=worker.endings,
        pages=pages,
        events=worker.storage,
        clock=worker.clock,
    )
    return {
        "/" + END_SESSION.path: LogoutEndpoint(requests=requests, signing_out=signing_out, guard=guard),
        CONFIRM: ConfirmedLogout(requests=requests, signing_out=signing_out, guard=guard),
        "/v2/logout": V2LogoutEndpoint(requests=requests, signing_out=signing_out),
    }
