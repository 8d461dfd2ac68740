"""A row of the log as it is shown (auth0.md 4.9): only what is known; empty members are left out."""

from __future__ import annotations

from ..clients.dates import DATE, iso_from_ms
from ..events import LogRow
from ..fields import Field, field_table
from ..records import Json
from .description import Shown

EXPLAINING = ("jwt_header", "jwt_claims", "proof_header", "proof_claims", "certificate", "hint")
"""Members of ``details`` that explain a refusal by what was sent: shown with ``read:logs``, not with
``read:logs_users`` alone."""
_TEXTS = (
    "description",
    "client_id",
    "client_name",
    "user_id",
    "user_name",
    "connection",
    "ip",
    "hostname",
    "user_agent",
    "audience",
    "scope",
)

SHOWN = Shown(
    "Log",
    field_table(
        (
            Field(name="log_id", type=str, description="Id of the row; later rows have larger ones"),
            Field(name="_id", type=str, description="The same"),
            Field(name="date", type=DATE, description="When it happened"),
            Field(name="type", type=str, description="Type code, such as feccft"),
            Field(name="description", type=str, description="What the caller was told, or what was done"),
            Field(name="client_id", type=str, description="The application, once it is known who it is"),
            Field(name="client_name", type=str),
            Field(name="user_id", type=str, description="The person it is about"),
            Field(name="user_name", type=str, description="Their address"),
            Field(name="connection", type=str, description="Where their account is kept"),
            Field(name="ip", type=str, description="Address of the caller"),
            Field(name="hostname", type=str, description="Host of the request"),
            Field(name="user_agent", type=str),
            Field(name="audience", type=str, description="API that was asked for"),
            Field(name="scope", type=str, description="Scopes that were granted"),
            Field(name="isMobile", type=bool, description="Whether the user agent says Mobile"),
            Field(name="mtls_thumbprint_sha256", type=str, description="Certificate that the token is bound to"),
            Field(name="correlation_id", type=str, description="The id that the answer carried"),
            Field(name="details", type=dict, description="The failing check and its evidence, or what was changed"),
        )
    ),
    optional=(*_TEXTS, "mtls_thumbprint_sha256", "correlation_id", "details"),
)
"""What is answered."""


def log_body(row: LogRow, *, explained: bool) -> Json:
    """The row; ``explained`` for a caller who may see what a refused request held."""
    event = row.event
    details = {name: value for name, value in event.details.items() if explained or name not in EXPLAINING}
    confirmation = event.details.get("cnf")
    thumbprint = confirmation.get("x5t#S256") if isinstance(confirmation, dict) else None
    body: Json = {
        "log_id": row.log_id,
        "_id": row.log_id,
        "date": iso_from_ms(event.at_ms),
        "type": event.type,
        **{name: getattr(event, name) for name in _TEXTS},
        "isMobile": "Mobile" in event.user_agent,
        "mtls_thumbprint_sha256": thumbprint,
        "correlation_id": event.correlation_id,
        "details": details,
    }
    return {name: value for name, value in body.items() if value not in ("", None, {})}
