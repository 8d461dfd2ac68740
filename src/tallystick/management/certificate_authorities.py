"""``/certificate-authorities``: anchors that client certificates may chain to. Ours; Auth0 leaves this to the proxy."""

from __future__ import annotations

from collections.abc import Sequence

from ..clients.authority_registry import AUTHORITY_FIELDS, AuthorityRegistry
from ..clients.certificate_authority import CertificateAuthority
from ..clients.dates import DATE, to_wire
from ..fields import Field, field_table
from ..records import Json
from .actor import actor_of
from .call import Answer, Call, Route
from .description import WARNINGS, Body, Pages, Shown
from .pagination import PARAMETERS, page_of

ENTITY = "certificate_authorities"
_LIST = "/certificate-authorities"
_ONE = "/certificate-authorities/{id}"
_FIELDS = field_table(
    (
        Field(name="id", type=str),
        Field(name="name", type=str, description="Name of the authority"),
        Field(name="subject", type=str, description="Subject of the certificate, RFC 4514"),
        Field(name="thumbprint_sha256", type=str, description="base64url SHA-256 of the certificate"),
        Field(name="not_before", type=DATE, description="When the certificate begins"),
        Field(name="not_after", type=DATE, description="When the certificate ends"),
        Field(name="expires_at", type=DATE, description="The same"),
        Field(name="pem", type=str, description="The certificate"),
        Field(name="intermediates", type=list[str], description="Certificates that help to build a chain to it"),
        Field(name="created_at", type=DATE),
    )
)
SHOWN = Shown("CertificateAuthority", {**_FIELDS, "warnings": WARNINGS}, optional=("warnings",))
"""What is answered; the certificates are public, so they are shown."""
_PAGES = Pages(SHOWN, ENTITY)
_READ = ("read:certificate_authorities",)


class CertificateAuthorityResource:
    """The resource."""

    def __init__(self, authorities: AuthorityRegistry) -> None:
        self._authorities = authorities

    def routes(self) -> tuple[Route, ...]:
        """Its rows of the route table."""
        return (
            Route("GET", _LIST, self._list, _READ, "List the authorities", query=PARAMETERS, answers={200: _PAGES}),
            Route(
                "POST",
                _LIST,
                self._create,
                ("create:certificate_authorities",),
                "Trust an authority for client certificates",
                body=Body("CreateCertificateAuthority", AUTHORITY_FIELDS),
                answers={201: SHOWN},
                problems=(409,),
            ),
            Route("GET", _ONE, self._get, _READ, "Get an authority", answers={200: SHOWN}, problems=(404,)),
            Route(
                "DELETE",
                _ONE,
                self._delete,
                ("delete:certificate_authorities",),
                "Trust an authority no more",
                answers={204: None},
                problems=(404,),
            ),
        )

    async def _list(self, call: Call) -> Answer:
        async def find(*, offset: int, limit: int | None) -> Sequence[CertificateAuthority]:
            return await self._authorities.list(call.tenant.tenant_id, offset, limit)

        async def count() -> int:
            return await self._authorities.count(call.tenant.tenant_id)

        return Answer(200, await page_of(call.query).body(ENTITY, find, count, authority_body))

    async def _get(self, call: Call) -> Answer:
        return Answer(200, authority_body(await self._authorities.get(call.tenant.tenant_id, call.path["id"])))

    async def _create(self, call: Call) -> Answer:
        authority, warnings = await self._authorities.create(actor_of(call), call.body)
        told = {"warnings": list(warnings)} if warnings else {}
        return Answer(201, authority_body(authority) | told)

    async def _delete(self, call: Call) -> Answer:
        await self._authorities.delete(actor_of(call), call.path["id"])
        return Answer(204)


def authority_body(authority: CertificateAuthority) -> Json:
    """The authority; its certificates are public, so they are shown."""
    return {
        "id": authority.id,
        "name": authority.name,
        "subject": authority.subject,
        "thumbprint_sha256": authority.thumbprint_sha256,
        "not_before": to_wire(authority.not_before_ms),
        "not_after": to_wire(authority.not_after_ms),
        "expires_at": to_wire(authority.not_after_ms),
        "pem": authority.pem,
        "intermediates": authority.intermediates,
        "created_at": to_wire(authority.created_at_ms),
    }
