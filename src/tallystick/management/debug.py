"""``/debug``: what this server would do with an assertion or a certificate, and what it sees of a connection. Ours.

For those who may know (``read:client_debug``). What is sent is neither kept nor logged, and no ``jti`` is spent by it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any
from urllib.parse import urlsplit

from msgspec import Meta

from ..clientauth.assertion import SKEW_MS
from ..clientauth.certificate_diagnosis import CertificateDebugger
from ..clientauth.diagnosis import Asked, AssertionDebugger, Diagnosis
from ..clients.directory import RegisteredClient
from ..errors import InvalidField, Refused
from ..explanations.table import hint_for
from ..fields import Field, check_create, field_table
from ..records import Json
from ..rules import FAILED, Outcome, Rule, judge
from ..tenants.hosts import HostDirectory
from ..tenants.tenant import Tenant
from ..web.connection import connection_of
from ..web.shown import bounded
from .call import Answer, Call, Route
from .description import Body, Shown, all_but

SCOPES = ("read:client_debug",)
_Id = Annotated[str, Meta(min_length=1, max_length=128)]
_Text = Annotated[str, Meta(min_length=1, max_length=60_000)]
_Url = Annotated[str, Meta(min_length=1, max_length=2_048)]
_HOST = Field(name="host", type=_Url, description="Host of the request it would be sent in; default that of this call")
_CLIENT_ID = Field(name="client_id", type=_Id, description="The client_id that would be sent beside it")
ASSERTION_FIELDS = field_table(
    (
        Field(name="assertion", type=_Text, required=True, description="The client assertion; neither kept nor spent"),
        _CLIENT_ID,
        Field(name="endpoint", type=_Url, description="URL or path it would be sent to; default oauth/token"),
        _HOST,
    )
)
CERTIFICATE_FIELDS = field_table(
    (
        Field(name="pem", type=_Text, required=True, description="The certificate, and what is shown beside it, PEM"),
        Field(name="client_id", type=_Id, description="The client that would show it"),
        _HOST,
    )
)
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


class DebugResource:
    """The resource."""

    def __init__(self, assertions: AssertionDebugger, certificates: CertificateDebugger, hosts: HostDirectory) -> None:
        self._assertions = assertions
        self._certificates = certificates
        self._hosts = hosts

    def routes(self) -> tuple[Route, ...]:
        """Its rows of the route table."""
        return (
            Route(
                "POST",
                "/debug/assertion",
                self._assertion,
                SCOPES,
                "Say rule by rule what would become of a client assertion",
                body=Body("DebugAssertion", ASSERTION_FIELDS),
                answers={200: DIAGNOSIS},
            ),
            Route(
                "POST",
                "/debug/certificate",
                self._certificate,
                SCOPES,
                "Say rule by rule what would become of a client certificate",
                body=Body("DebugCertificate", CERTIFICATE_FIELDS),
                answers={200: DIAGNOSIS},
            ),
            Route(
                "GET",
                "/debug/connection",
                self._connection,
                SCOPES,
                "Say what the server sees of this connection",
                answers={200: CONNECTION},
            ),
        )

    async def _assertion(self, call: Call) -> Answer:
        given = check_create(ASSERTION_FIELDS, call.body)
        endpoint = str(given.get("endpoint", "oauth/token"))
        host, path = _host_and_path(endpoint, given.get("host"))
        tenant, first = await self._seen_by(call, host)
        diagnosis = await self._assertions.diagnose(_asked(call, tenant, given, path), str(given["assertion"]))
        return Answer(200, _told(diagnosis, first, call.now_ms))

    async def _certificate(self, call: Call) -> Answer:
        given = check_create(CERTIFICATE_FIELDS, call.body)
        tenant, first = await self._seen_by(call, given.get("host"))
        diagnosis = await self._certificates.diagnose(_asked(call, tenant, given, "oauth/token"), str(given["pem"]))
        return Answer(200, _told(diagnosis, first, call.now_ms))

    async def _connection(self, call: Call) -> Answer:
        seen = {"tenant": call.tenant.name, "issuer": call.tenant.issuer, "mtls_issuer": call.tenant.mtls_issuer}
        return Answer(200, {**connection_of(call.scope), "host": call.hostname, **seen})

    async def _seen_by(self, call: Call, host: str | None) -> tuple[Tenant, list[Outcome]]:
        """The tenant as the host shows it, and the rule that the host must lead to it."""
        if host is None:
            return call.tenant, []
        found = await self._hosts.tenant_of(host)
        leads_here = found is not None and found.tenant_id == call.tenant.tenant_id
        seen = found if found is not None and leads_here else call.tenant
        return seen, judge((HOST,), leads_here)


def _host_and_path(endpoint: str, host: str | None) -> tuple[str | None, str]:
    """Where a request would go: host, if one is named, and path without its first slash."""
    if "://" not in endpoint:
        return host, endpoint.lstrip("/")
    try:
        parts = urlsplit(endpoint)
    except ValueError:
        raise InvalidField("endpoint", "is not a URL", check="field.value") from None
    return host or parts.netloc, parts.path.lstrip("/")


def _asked(call: Call, tenant: Tenant, given: Json, path: str) -> Asked:
    return Asked(
        tenant=tenant,
        client_id=given.get("client_id"),
        endpoint_urls=(tenant.url(path), tenant.mtls_url(path)),
        now_ms=call.now_ms,
    )


def _check_host(leads_here: bool) -> None:
    if not leads_here:
        raise Refused("", check="host.unknown")


HOST: Rule[bool] = Rule(
    name="host", demands="the host is one of this tenant's", clause="RFC 9110 7.2", check=_check_host
)


def _told(diagnosis: Diagnosis, first: list[Outcome], now_ms: int) -> Json:
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
