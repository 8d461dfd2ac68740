"""`/v2/logout`: Auth0's own logout (auth0.md 1.9). A GET ends the session without a question: that is its contract."""

from __future__ import annotations

import msgspec
from starlette.types import Send

from ..errors import OAuthError
from ..logout.initiators import Initiator
from ..logout.request import LogoutRequests, logout_urls
from ..web.parameters import read_query
from ..web.request import Request
from .logout import answered
from .signing_out import SigningOut


class V2LogoutEndpoint(msgspec.Struct, frozen=True, kw_only=True):
    """`/v2/logout` of every tenant."""

    requests: LogoutRequests
    signing_out: SigningOut

    async def __call__(self, request: Request, send: Send) -> None:
        """End the browser's session and send it to ``returnTo``, or to the first URL of the list."""
        await answered(self.signing_out, request, send, self._answer)

    async def _answer(self, request: Request, send: Send) -> None:
        parameters = read_query(request)
        client = await self.requests.client(request.tenant, parameters.get("client_id"))
        allowed = logout_urls(request.tenant, client)
        return_to = parameters.get("returnTo", allowed[0] if allowed else "")
        if return_to and return_to not in allowed:
            raise OAuthError(
                "invalid_request",
                "The returnTo URL is not allowed.",
                check="logout.return_to",
                client_id=client.client_id if client else "",
            )
        session = await self.signing_out.session(request)
        if session is not None:
            await self.signing_out.end(request, session, Initiator.RP_LOGOUT, client)
        await self.signing_out.send_on(request, send, return_to)
