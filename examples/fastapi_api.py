"""An API with FastAPI: bearer tokens, DPoP and client certificates, scopes, and a sign-in that has to be recent.

From the checkout:

    .venv/bin/tallystick resource-servers create https://orders.example.com/ --scope read:orders --scope write:orders \
      --set proof_of_possession='{"mechanism": "dpop", "required": false}'

    ORDERS_ISSUER=https://localhost:8443/ ORDERS_CA_FILE=data/tls/ca.pem ORDERS_URL=http://localhost:9443 \
    ORDERS_PROOFS=proofs.sqlite \
    .venv/bin/uvicorn --port 9443 --workers 2 --no-proxy-headers --factory examples.fastapi_api:create_app
"""

from __future__ import annotations

import os
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Request

from tallystick.sdk.api import AccessToken, ProtectedResource, Protection, SqliteReplays, UrllibFetch, access_token

API = "https://orders.example.com/"


def create_app(resource: ProtectedResource | None = None) -> FastAPI:
    """The application."""
    app = FastAPI()
    app.add_middleware(Protection, resource=resource or from_environment(), public={"/healthz"})
    app.get("/healthz")(healthz)
    app.get("/orders/{number}")(read_order)
    app.post("/refunds")(refund)
    return app


def from_environment() -> ProtectedResource:
    """The API's rules; ``base_url`` is what clients type, since proofs are made for it."""
    fetch = UrllibFetch(ca_file=os.environ.get("ORDERS_CA_FILE"))
    issuer, base_url = os.environ["ORDERS_ISSUER"], os.environ["ORDERS_URL"]
    replays = SqliteReplays(os.environ["ORDERS_PROOFS"])  # the workers share it, so that a proof opens one request
    return ProtectedResource(API, issuer=issuer, base_url=base_url, fetch=fetch, replays=replays)


def scopes(*wanted: str) -> Any:
    """A dependency: the token, if it has every one of these scopes."""

    async def checked(request: Request) -> AccessToken:
        return access_token(request.scope).require(*wanted)

    return Depends(checked)


Reader = Annotated[AccessToken, scopes("read:orders")]
Writer = Annotated[AccessToken, scopes("write:orders")]


async def healthz() -> dict[str, bool]:
    """Open to all."""
    return {"ok": True}


async def read_order(number: str, token: Reader) -> dict[str, Any]:
    """For whoever may read orders."""
    return {"number": number, "for": token.subject, "asked_by": token.client_id}


async def refund(token: Writer) -> dict[str, Any]:
    """Money: with a second factor, at most five minutes ago."""
    token.require_authentication(
        acr_values=["http://schemas.openid.net/pape/policies/2007/06/multi-factor"], max_age_s=300
    )
    return {"refunded": True, "by": token.subject}
