"""``tallystick explain``: a refusal, by the id that its answer carried, with all that the log knows of it."""

from __future__ import annotations

import re
from typing import Annotated, Any

import typer

from ..events import LOG_ID
from .command import on_server
from .exits import NOT_FOUND, Failed
from .output import Output, printable
from .remote import Remote
from .rule_table import print_each, print_members, with_date

CORRELATION_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_SHOWN_APART = frozenset(
    {
        *("check", "error", "expected", "request", "response", "server_time_s", "skew_allowed_s"),
        *("presented", "method", "claimed_client_id", "client_id", "registered"),
        *("jwt_header", "jwt_claims", "proof_header", "proof_claims", "certificate"),
    }
)
"""Members of ``details`` that have a place of their own; the rest is evidence."""
_CLAIM = re.compile(r"(?P<where>private_key_jwt|request_object|token|dpop|jwt\.claim)\.(?P<name>[a-z]+)")


@on_server
def explain(
    remote: Remote,
    out: Output,
    id_: Annotated[
        str,
        typer.Argument(metavar="ID", help="correlation_id of the answer, or a log id.", show_default=False),
    ],
) -> None:
    """Explain a refusal: when, who, which rule, what was shown, what was expected, and what to do about it."""
    row = row_of(remote, id_.strip())
    explained = explained_row(row)
    if out.as_json:
        out.record(explained)
    else:
        _print(row, explained)


def row_of(remote: Remote, id_: str) -> dict[str, Any]:
    """The row of the log; Failed when there is none."""
    if LOG_ID.fullmatch(id_):
        found: dict[str, Any] = remote.manage("GET", "logs", id_)
        return found
    rows: list[dict[str, Any]] = []
    if CORRELATION_ID.fullmatch(id_):
        query = {"q": f'correlation_id:"{id_}"', "per_page": 10}
        rows = remote.manage("GET", "logs", query=query)
    # An answer has one row; were there several, the refusal is what is asked about.
    rows.sort(key=lambda row: "check" in row.get("details", {}), reverse=True)
    if not rows:
        raise Failed(
            f"the log has no row under {id_}",
            exit_code=NOT_FOUND,
            hint="the id stands in the body of the answer and in X-Correlation-Id; each tenant has a log of its own, "
            "and what belongs to none, such as a call without a token, the server writes to stderr; an API that "
            "checks tokens by itself has the ids of its refusals in its own log",
        )
    return rows[0]


def explained_row(row: dict[str, Any]) -> dict[str, Any]:
    """The row with what its check means."""
    from ..explanations.table import hint_for

    check = str(row.get("details", {}).get("check", ""))
    hint = hint_for(check)
    return {
        "refused": bool(check),
        "check": check or None,
        "clause": hint.clause if hint else None,
        "hint": hint.says if hint else None,
        "expected": row.get("details", {}).get("expected"),
        "came": _came(check, row.get("details", {})),
        "log": row,
    }


def _came(check: str, details: dict[str, Any]) -> Any:
    """What stood where something else was expected, if the check is about one claim or header parameter."""
    match = _CLAIM.match(check)
    if match is None:
        return None
    of = "proof" if match["where"] == "dpop" else "jwt"
    members = {**details.get(f"{of}_header", {}), **details.get(f"{of}_claims", {})}
    return members.get(match["name"].partition("_")[0])


def _print(row: dict[str, Any], explained: dict[str, Any]) -> None:
    details = row.get("details", {})
    refused = explained["refused"]
    lines = {
        "when": row.get("date"),
        "what": "refused" if refused else "not a refusal",
        "check": explained["check"],
        "rule": explained["clause"],
        "claimed to be": details.get("claimed_client_id") or details.get("client_id") or row.get("client_id"),
        "application": row.get("client_name") or details.get("client_id"),
        "person": " ".join(str(part) for part in (row.get("user_name"), row.get("user_id")) if part),
        "shown": details.get("presented") or details.get("method"),
        "from": row.get("ip"),
        "by": row.get("user_agent"),
        "to": row.get("hostname"),
        "request": details.get("request"),
        "told": " ".join(str(part) for part in (details.get("error"), row.get("description")) if part),
        "expected": explained["expected"],
        "came": explained["came"],
        "server time": details.get("server_time_s"),
        "skew allowed": details.get("skew_allowed_s"),
    }
    _print_lines({name: value for name, value in lines.items() if value not in (None, "", [])})
    print_members("evidence", {n: v for n, v in details.items() if n not in _SHOWN_APART})
    registered = details.get("registered", [])
    if isinstance(registered, list):
        print_each("registered", registered)
    else:
        # Some checks tell only how many were registered.
        print_members("credentials", {"registered": registered})
    print_members("header", details.get("jwt_header", {}))
    print_members("claims", details.get("jwt_claims", {}))
    print_members("proof header", details.get("proof_header", {}))
    print_members("proof claims", details.get("proof_claims", {}))
    print_members("certificate", details.get("certificate", {}))
    if explained["hint"]:
        print(f"what to do: {explained['hint']}")


def _print_lines(lines: dict[str, Any]) -> None:
    width = max(map(len, lines), default=0)
    for name, value in lines.items():
        print(printable(f"{name:<{width}}  {with_date(name, value)}"))
