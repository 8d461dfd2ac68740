"""The OpenAPI 3.1 document of the Management API, written from the table of routes. Public, like discovery."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from functools import cache, partial
from importlib.metadata import version

import msgspec

from ..records import Json
from ..tenants.tenant import Tenant
from .call import Route
from .openapi_operations import BEARER, CORRELATION_ID, JSON, OAUTH2, PROBLEMS, operation
from .openapi_schemas import Components

PATH = "/openapi.json"
"""Where it is, under the prefix of the Management API."""
_TENANTS_REMEMBERED = 256
_PROBLEM: Json = {
    "type": "object",
    "description": "A refusal. The log knows the exact reason under the correlation id.",
    "properties": {
        "statusCode": {"type": "integer", "description": "The status"},
        "error": {"type": "string", "description": "The status in words"},
        "message": {"type": "string", "description": "What was wrong, for people"},
        "errorCode": {"type": "string", "description": "What was wrong, for programs"},
        "correlation_id": {"type": "string", "description": "The header X-Correlation-Id"},
    },
    "required": ["statusCode", "error", "message", "correlation_id"],
    "additionalProperties": False,
}
_ABOUT = (
    "Applications, their credentials, APIs, grants and settings of one tenant. A token comes from the token endpoint "
    "by the client credentials grant, for the audience `{audience}`, and goes into the Authorization header as Bearer, "
    "or as DPoP, with a proof, where a key binds it."
)


def write_openapi(routes: Iterable[Route]) -> Callable[[Tenant], Awaitable[msgspec.Raw]]:
    """What answers the document of a tenant. It is written when first asked for; tenants differ in their URLs alone."""
    common = cache(partial(document, tuple(routes)))
    written: dict[tuple[str, str], msgspec.Raw] = {}

    async def write(tenant: Tenant) -> msgspec.Raw:
        key = (tenant.issuer, tenant.mtls_issuer)
        if key not in written:
            # A tenth of a second, once per worker: neither at its start nor on its loop.
            encoded = msgspec.json.encode(of_tenant(await asyncio.to_thread(common), tenant))
            if len(written) >= _TENANTS_REMEMBERED:
                written.pop(next(iter(written)))
            written[key] = msgspec.Raw(encoded)
        return written[key]

    return write


def document(routes: Iterable[Route]) -> Json:
    """Everything but the URLs of a tenant."""
    components, paths, scopes = Components(), dict[str, Json](), dict[str, str]()
    rows = tuple(routes)
    for route in rows:
        paths.setdefault(route.path, {})[route.method.lower()] = operation(route, rows, components)
        scopes.update({scope: _in_words(scope) for scope in route.scopes})
    problem = components.named("Problem", _PROBLEM)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Tallystick Management API",
            "version": version("tallystick"),
            "license": {"name": "Apache License 2.0", "identifier": "Apache-2.0"},
        },
        "paths": paths,
        "components": {
            "schemas": dict(sorted(components.schemas.items())),
            "responses": {name: _refusal(meaning, problem) for name, meaning in PROBLEMS.values()},
            "headers": {
                "CorrelationId": {
                    "description": "Under which the log knows this answer",
                    "schema": {"type": "string"},
                    "required": True,
                }
            },
            "securitySchemes": _security({"scopes": scopes}),
        },
    }


def of_tenant(common: Json, tenant: Tenant) -> Json:
    """The document with the tenant's own URLs."""
    issuers = dict.fromkeys((tenant.issuer, tenant.mtls_issuer))
    about = _ABOUT.format(audience=tenant.canonical.url("api/v2/"))
    scopes = common["components"]["securitySchemes"][OAUTH2]["flows"]["clientCredentials"]
    security = _security({"tokenUrl": tenant.url("oauth/token"), **scopes})
    return {
        **common,
        "info": {**common["info"], "description": about},
        "servers": [{"url": f"{issuer}api/v2"} for issuer in issuers],
        "components": {**common["components"], "securitySchemes": security},
    }


def _security(flow: Json) -> Json:
    return {
        OAUTH2: {"type": "oauth2", "flows": {"clientCredentials": flow}},
        BEARER: {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
    }


def _refusal(meaning: str, problem: Json) -> Json:
    return {"description": meaning, "headers": CORRELATION_ID, "content": {JSON: {"schema": problem}}}


def _in_words(scope: str) -> str:
    return scope.replace(":", " ").replace("_", " ").capitalize()
