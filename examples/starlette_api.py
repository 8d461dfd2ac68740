"""An API with Starlette that takes bound tokens alone, and hands out nonces for DPoP proofs.

Its identifier is its own URL. From the checkout:

    .venv/bin/tallystick resource-servers create http://localhost:9443/ --scope read:orders \
      --set proof_of_possession='{"mechanism": "dpop", "required": true}'

    ORDERS_ISSUER=https://localhost:8443/ ORDERS_CA_FILE=data/tls/ca.pem ORDERS_URL=http://localhost:9443 \
    ORDERS_NONCE_KEY=$(openssl rand -hex 32) \
    .venv/bin/uvicorn --port 9443 --no-proxy-headers --factory examples.starlette_api:create_app
"""

from __future__ import annotations

import os

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from tallystick.sdk.api import (
    ANY_BINDING,
    Nonces,
    ProtectedResource,
    Protection,
    ResourceMetadata,
    UrllibFetch,
    access_token,
)


async def read_orders(request: Request) -> JSONResponse:
    """For whoever may read orders."""
    token = access_token(request.scope).require("read:orders")
    return JSONResponse({"orders": [], "asked_by": token.client_id})


def create_app(resource: ProtectedResource | None = None) -> Starlette:
    """The application."""
    protection = Middleware(Protection, resource=resource or from_environment())
    return Starlette(routes=[Route("/orders", read_orders)], middleware=[protection])


def from_environment() -> ProtectedResource:
    """The API's rules. The identifier is the API's own URL, so that it can publish metadata."""
    url = os.environ["ORDERS_URL"]
    return ProtectedResource(
        f"{url}/",
        issuer=os.environ["ORDERS_ISSUER"],
        base_url=url,
        fetch=UrllibFetch(ca_file=os.environ.get("ORDERS_CA_FILE")),
        required_bindings=ANY_BINDING,
        nonces=Nonces(bytes.fromhex(os.environ["ORDERS_NONCE_KEY"])),  # the same in every process
        metadata=ResourceMetadata(name="Orders", scopes=("read:orders",)),
    )
