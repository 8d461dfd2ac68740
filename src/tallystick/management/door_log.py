"""What the log tells of requests that the door refused."""

from __future__ import annotations

import structlog

from ..events import Event, EventType
from ..jose.shown import start_of
from ..records import Json
from ..web.request import Request
from ..web.shown import bounded, shown_by_bearer
from .call import logged_request
from .problems import failed_check, problem_of

_LOGGED_CHARS_MAX = 512
PATH_PARTS_MAX = 12

_log = structlog.get_logger("tallystick.management.door")


def token_refused(request: Request, reason: Exception, token: str, now_ms: int) -> Event:
    """What the log learns of a token that was refused: the exact check, and what the token said."""
    evidence = failed_check(reason).evidence
    details = {**bounded(evidence), **shown_by_bearer(request, token, evidence, now_ms)}
    # Nobody has proven to be anybody: what stands in the path may be a secret in the wrong place.
    path = "/".join(start_of(part) for part in request.path.split("/")[:PATH_PARTS_MAX])
    return refused(request, "", reason, now_ms, details, path)


def refused(
    request: Request, client_id: str, error: Exception, now_ms: int, details: Json | None = None, path: str = ""
) -> Event:
    """The row of a refusal; ``path`` in place of the request's own, where that must not be written down."""
    problem = problem_of(error)
    status, error_code = (problem.status, problem.error_code) if problem else (500, None)
    return Event(
        tenant_id=request.tenant.tenant_id,
        type=EventType.MANAGEMENT_FAILED,
        at_ms=now_ms,
        description=str(error)[:_LOGGED_CHARS_MAX],
        correlation_id=request.correlation_id,
        client_id=client_id,
        ip=request.ip,
        user_agent=request.user_agent,
        hostname=request.hostname,
        details={
            **(details or {}),
            "check": failed_check(error).check,
            "request": logged_request(request.method, path or request.path),
            "response": {"statusCode": status, "body": {"errorCode": error_code} if error_code else {}},
        },
    )


def tell(error: Exception, request: Request) -> None:
    """The server's own log: every refusal, and what nobody foresaw."""
    failed = failed_check(error)
    problem = problem_of(error)
    if problem is None:
        _log.exception("management.failed", correlation_id=request.correlation_id, path=request.path[:200])
        return
    _log.info(
        "management.refused",
        correlation_id=request.correlation_id,
        tenant_id=request.tenant.tenant_id,
        status=problem.status,
        check=failed.check,
        evidence=failed.evidence,
    )
