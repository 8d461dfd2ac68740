"""``/debug``: what this server would do with an assertion or a certificate, and what it sees of a connection. Ours.

For those who may know (``read:client_debug``). What is sent is neither kept nor logged, and no ``jti`` is spent by it.
"""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit

from msgspec import Meta

from ..clientauth.certificate_diagnosis import CertificateDebugger
from ..clientauth.diagnosis import Asked, AssertionDebugger
from ..errors import InvalidField, Refused
from ..fields import Field, check_create, field_table
from ..records import Json
from ..rules import Outcome, Rule, judge
from ..tenants.hosts import HostDirectory
from ..tenants.tenant import Tenant
from .call import Answer, Call, Route
from .debug_body import CONNECTION, DIAGNOSIS, connection_body, diagnosis_body
from .description import Body

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
        return Answer(200, diagnosis_body(first, diagnosis, call.now_ms))

    async def _certificate(self, call: Call) -> Answer:
        given = check_create(CERTIFICATE_FIELDS, call.body)
        tenant, first = await self._seen_by(call, given.get("host"))
        diagnosis = await self._certificates.diagnose(_asked(call, tenant, given, "oauth/token"), str(given["pem"]))
        return Answer(200, diagnosis_body(first, diagnosis, call.now_ms))

    async def _connection(self, call: Call) -> Answer:
        return Answer(200, connection_body(call))

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
