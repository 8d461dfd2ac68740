"""Parameters of a protocol request: form or JSON, each at most once (RFC 6749 3.2), empty ones as if left out."""

from __future__ import annotations

from collections.abc import Collection
from urllib.parse import unquote_plus

from ..errors import OAuthError
from ..jose.strict_json import JsonRefused, decode_object
from .request import Request

PARAMETERS_MAX = 64
QUERY_BYTES_MAX = 16 * 1024
FORM = "application/x-www-form-urlencoded"
JSON = "application/json"


class Several:
    """Parameters that a standard lets stand several times: the first counts, and that there were more is told."""

    def __init__(self, *allowed: str) -> None:
        self.allowed = frozenset(allowed)
        self.found: set[str] = set()
        self.empty: frozenset[str] = frozenset()
        """Those of all that were sent without a value, for an endpoint where even that says something."""


async def read_parameters(request: Request, several: Several | None = None) -> dict[str, str]:
    """The body's parameters. The query must be empty: what stands in a URL ends up in logs. Raises OAuthError."""
    if request.query_string:
        raise _malformed("parameters.query")
    content_type = _content_type(request)
    body = await request.body()
    if content_type == FORM:
        return _from_form(body, several)
    if content_type == JSON:
        return _from_json(body, several)
    raise _malformed("parameters.content_type", content_type=content_type[:100])


def read_query(request: Request, several: Several | None = None) -> dict[str, str]:
    """The query's parameters, for what browsers are sent to. Raises OAuthError."""
    if len(request.query_string) > QUERY_BYTES_MAX:
        raise _malformed("parameters.count")
    return _from_form(request.query_string, several)


async def read_form(request: Request, several: Several | None = None) -> dict[str, str]:
    """The body's parameters, of a form in a page: its URL may have a query of its own. Raises OAuthError."""
    content_type = _content_type(request)
    if content_type != FORM:
        raise _malformed("parameters.content_type", content_type=content_type[:100])
    return _from_form(await request.body(), several)


def _content_type(request: Request) -> str:
    content_types = request.header_values(b"content-type")
    if len(content_types) > 1:
        raise _malformed("parameters.content_type")
    return content_types[0].decode("latin-1").partition(";")[0].strip().lower() if content_types else ""


def _from_form(body: bytes, several: Several | None = None) -> dict[str, str]:
    """WHATWG URL 5.1, strictly. `urllib.parse.parse_qsl` would do, at four times the cost on the token path."""
    parameters: dict[str, str] = {}
    try:
        fields = body.decode("ascii").split("&") if body else []
        if len(fields) > PARAMETERS_MAX:
            raise _malformed("parameters.count")
        for field in fields:
            name, equals, value = field.partition("=")
            if not equals:
                raise _malformed("parameters.form")
            name = _decoded(name)
            if name in parameters:
                if several is None or name not in several.allowed:
                    raise _malformed("parameters.duplicate")
                several.found.add(name)
                continue
            parameters[name] = _decoded(value)
    except UnicodeDecodeError:
        raise _malformed("parameters.form") from None
    return _present(parameters, several)


def _decoded(text: str) -> str:
    return unquote_plus(text, errors="strict") if "%" in text or "+" in text else text


def _from_json(body: bytes, several: Several | None = None) -> dict[str, str]:
    try:
        members = decode_object(body)
    except JsonRefused as refusal:
        check = "parameters.duplicate" if refusal.check == "duplicate_member" else "parameters.json"
        raise _malformed(check, json=refusal.check) from None
    # Auth0's SDKs send null for what the caller left out.
    parameters = {name: value for name, value in members.items() if value is not None}
    absent = members.keys() - parameters.keys()
    if len(parameters) > PARAMETERS_MAX or not all(isinstance(value, str) for value in parameters.values()):
        raise _malformed("parameters.json_types")
    return _present(parameters, several, absent)


def _present(
    parameters: dict[str, str], several: Several | None, absent: Collection[str] = frozenset()
) -> dict[str, str]:
    """RFC 6749 3.1: parameters sent without a value must be treated as if they were omitted."""
    present = parameters if all(parameters.values()) else {name: value for name, value in parameters.items() if value}
    if several is not None:
        several.empty = frozenset(parameters.keys() - present.keys()).union(absent)
    return present


def _malformed(check: str, **evidence: object) -> OAuthError:
    return OAuthError("invalid_request", "The request is malformed.", check=check, **evidence)
