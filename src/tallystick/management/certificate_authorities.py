"""``/certificate-authorities``: anchors that client certificates may chain to. Ours; Auth0 leaves this to the proxy."""

from __future__ import annotations

from collections.abc import Sequence

from ..clients.authority_registry import AuthorityRegistry
from ..clients.certificate_authority import CertificateAuthority
from ..clients.dates import to_wire
from ..records import Json
from .actor import actor_of
from .call import Answer, Call, Route
from .pagination import PARAMETERS, check_parameters, page_of

ENTITY = "certificate_authorities"
_LIST = "/certificate-authorities"
_ONE = "/certificate-authorities/{id}"


class CertificateAuthorityResource:
    """The resource."""

    def __init__(self, authorities: AuthorityRegistry) -> None:
        self._authorities = authorities

    def routes(self) -> tuple[Route, ...]:
        """Its rows of the route table."""
        return (
            Route("GET", _LIST, self._list, ("read:certificate_authorities",)),
            Route("POST", _LIST, self._create, ("create:certificate_authorities",)),
            Route("GET", _ONE, self._get, ("read:certificate_authorities",)),
            Route("DELETE", _ONE, self._delete, ("delete:certificate_authorities",)),
        )

    async def _list(self, call: Call) -> Answer:
        check_parameters(call.query, PARAMETERS)

        async def find(*, offset: int, limit: int | None) -> Sequence[CertificateAuthority]:
            return await self._authorities.list(call.tenant.tenant_id, offset, limit)

        async def count() -> int:
            return await self._authorities.count(call.tenant.tenant_id)

        return Answer(200, await page_of(call.query).body(ENTITY, find, count, authority_body))

    async def _get(self, call: Call) -> Answer:
        check_parameters(call.query)
        return Answer(200, authority_body(await self._authorities.get(call.tenant.tenant_id, call.path["id"])))

    async def _create(self, call: Call) -> Answer:
        check_parameters(call.query)
        authority, warnings = await self._authorities.create(actor_of(call), call.body)
        told = {"warnings": list(warnings)} if warnings else {}
        return Answer(201, authority_body(authority) | told)

    async def _delete(self, call: Call) -> Answer:
        check_parameters(call.query)
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
