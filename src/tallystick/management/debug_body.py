"""What ``/debug`` answers: a diagnosis rule by rule, and a connection as the server sees it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..clientauth.assertion import SKEW_MS
from ..clientauth.diagnosis import Diagnosis
from ..clients.directory import RegisteredClient
from ..explanations.table import hint_for
from ..fields import Field, field_table
from ..records import Json
from ..rules import FAILED, Outcome
from ..web.connection import connection_of
from ..web.shown import bounded
from .call import Call
from .description import Shown, all_but

_VERDICT = field_table(
    (
        Field(name="accepted", type=bool, description="Whether the client would be let in"),
        Field(name="check", type=str, nullable=True, description="The exact check that would refuse, as in the log"),
        Field(name="client", type=dict, nullable=True, description="The client, if there is one"),
        Field(name="rules", type=list[dict[str, Any]], description="Every rule, in order: passed, failed, undecided"),
        Field(name="server_time_s", type=int, description="The server's clock, seconds since the epoch"),
        Field(name="skew_allowed_s", type=int, description="What it forgives"),
        Field(name="jwt_header", type=dict, description="The header, decoded; no secret"),
        Field(name="jwt_claims", type=dict, description="The claims, decoded; no secret"),
        Field(name="keys", type=list[dict[str, Any]], description="The client's keys, and why one was not tried"),
        Field(name="method", type=str, description="The method by whose rules the certificate was judged"),
        Field(name="certificates", type=list[dict[str, Any]], description="What was sent, in short"),
        Field(name="credentials", type=list[dict[str, Any]], description="The client's names, one by one"),
        Field(name="authorities", type=list[dict[str, Any]], description="Whether it chains to each authority"),
        Field(name="path", type=list[str], description="Subjects from the certificate to its authority"),
    )
)
DIAGNOSIS = Shown(
    "Diagnosis", _VERDICT, all_but(_VERDICT, "accepted", "check", "client", "rules", "server_time_s", "skew_allowed_s")
)
_SEEN = field_table(
    (
        Field(name="listener", type=str, nullable=True, description="public, mtls, plain or unix"),
        Field(name="tls", type=bool, description="Whether the connection is TLS, to whoever ends it"),
        Field(name="client_ip", type=str, nullable=True, description="The caller's address, as it counts here"),
        Field(name="certificate_source", type=str, nullable=True, description="tls, header, or null without one"),
        Field(name="certificate", type=dict, nullable=True, description="The client certificate in short"),
        Field(name="certificates", type=int, description="How many came with it, itself included"),
        Field(name="ca_verdict", type=bool, nullable=True, description="What a believed proxy says of its chain"),
        Field(name="dropped_headers", type=list[str], description="Certificate headers that were not believed"),
        Field(name="host", type=str, description="The Host header"),
        Field(name="tenant", type=str, description="Name of the tenant that the host leads to"),
        Field(name="issuer", type=str, description="Its issuer under this host"),
        Field(name="mtls_issuer", type=str, description="The same for mTLS"),
    )
)
CONNECTION = Shown("Connection", _SEEN)


def diagnosis_body(first: list[Outcome], diagnosis: Diagnosis, now_ms: int) -> Json:
    """What would become of it; ``first`` are rules that were asked before the diagnosis."""
    outcomes = [*first, *diagnosis.outcomes]
    refused_by = next((each for each in outcomes if each.result == FAILED), None)
    return {
        "accepted": refused_by is None,
        "check": None if refused_by is None else refused_by.check,
        "client": _client(diagnosis.registered),
        "rules": _rules(outcomes),
        "server_time_s": now_ms // 1000,
        "skew_allowed_s": SKEW_MS // 1000,
        **diagnosis.about,
    }


def _client(registered: RegisteredClient | None) -> Json | None:
    if registered is None:
        return None
    client = registered.client
    method = client.authentication_method
    return {"client_id": client.client_id, "name": client.name, "method": method, "profile": registered.profile.name}


def _rules(outcomes: Sequence[Outcome]) -> list[Json]:
    told = []
    for each in outcomes:
        rule: Json = {"rule": each.rule, "demands": each.demands, "clause": each.clause, "result": each.result}
        if each.result == FAILED:
            hint = hint_for(each.check)
            rule |= {"check": each.check, "evidence": bounded(each.evidence), "hint": hint.says if hint else ""}
        told.append(rule)
    return told


def connection_body(call: Call) -> Json:
    """The connection that the call came by, and whom its host leads to."""
    seen = {"tenant": call.tenant.name, "issuer": call.tenant.issuer, "mtls_issuer": call.tenant.mtls_issuer}
    return {**connection_of(call.scope), "host": call.hostname, **seen}
