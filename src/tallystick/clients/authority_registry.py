"""The one writer of certificate authorities. Authentication by ``tls_client_auth`` is only as good as this list."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from ..certs.certificate import Certificate, certificates_from_pem
from ..certs.names import to_rfc4514
from ..errors import Conflict, InvalidField, NotFound, Refused
from ..fields import Field, check_create, field_table
from ..ids import new_authority_id
from ..records import Decision, Json, Writer
from .actor import Actor
from .certificate_authority import CertificateAuthority
from .credential import Credential
from .field_refusal import on_field
from .goodcert import CERTIFICATE_AUTHORITY, check_certificate

PEM_CHARS_MAX = 60_000
"""What fits into a body; `certs` limits each certificate."""
INTERMEDIATES_MAX = 8

_Pem = Annotated[str, Meta(min_length=1, max_length=PEM_CHARS_MAX)]
_Name = Annotated[str, Meta(min_length=1, max_length=128)]

AUTHORITY_FIELDS = field_table(
    (
        Field(name="name", type=_Name, required=True, description="Name of the authority"),
        Field(
            name="pem",
            type=_Pem,
            required=True,
            description="The authority's certificate; intermediates may follow in the same text",
        ),
        Field(
            name="intermediates",
            type=Annotated[list[_Pem], Meta(max_length=INTERMEDIATES_MAX)],
            description="PEM certificates that help to build a chain to the authority",
        ),
    )
)


class AuthorityRegistry:
    """Adds and removes the tenant's anchors for client certificates."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._records = writer.records

    async def list(self, tenant_id: str, offset: int = 0, limit: int | None = None) -> list[CertificateAuthority]:
        """The authorities in the order they were added."""
        return await self._records.find(CertificateAuthority, tenant_id, offset=offset, limit=limit)

    async def count(self, tenant_id: str) -> int:
        """How many there are."""
        return await self._records.count(CertificateAuthority, tenant_id)

    async def get(self, tenant_id: str, authority_id: str) -> CertificateAuthority:
        """One authority; raises NotFound."""
        authority = await self._records.get(CertificateAuthority, tenant_id, authority_id)
        if authority is None:
            raise NotFound("The certificate authority does not exist", error_code="inexistent_certificate_authority")
        return authority

    async def create(self, actor: Actor, body: Json) -> tuple[CertificateAuthority, tuple[str, ...]]:
        """A new authority, and warnings. Raises Refused."""

        async def decide() -> Decision[tuple[CertificateAuthority, tuple[str, ...]]]:
            values = check_create(AUTHORITY_FIELDS, body)
            anchor, *following = _read("pem", values["pem"])
            given = [_read(f"intermediates[{at}]", pem) for at, pem in enumerate(values.get("intermediates", ()))]
            intermediates = [*following, *(certificate for chain in given for certificate in chain)]
            if len(intermediates) > INTERMEDIATES_MAX:
                raise InvalidField("intermediates", f"At most {INTERMEDIATES_MAX} intermediates", check="ca.size")
            warnings = _checked("pem", anchor, actor.now_ms)
            for intermediate in intermediates:
                warnings += _checked("intermediates", intermediate, actor.now_ms)
            authority = _authority(values["name"], anchor, intermediates, actor)
            await self._check_new(authority)
            event = actor.event(
                "Create a certificate authority", target=authority.id, thumbprint_sha256=anchor.thumbprint
            )
            return Decision((authority, tuple(warnings)), saves=(authority,), events=(event,))

        return await self._writer.carry_out(actor.tenant_id, decide)

    async def delete(self, actor: Actor, authority_id: str) -> None:
        """Trust the authority no more. Raises NotFound, and InvalidField while a credential is pinned to it."""

        async def decide() -> Decision[None]:
            authority = await self.get(actor.tenant_id, authority_id)
            pinned = await self._records.find(
                Credential, actor.tenant_id, where={"certificate_authority_id": authority_id}
            )
            if any(credential.withdrawn_at_ms is None for credential in pinned):
                raise InvalidField("", "Credentials are still pinned to this authority", check="ca.pinned")
            event = actor.event("Delete a certificate authority", target=authority_id)
            return Decision(None, erasures=(authority,), events=(event,))

        return await self._writer.carry_out(actor.tenant_id, decide)

    async def _check_new(self, authority: CertificateAuthority) -> None:
        """Trust is in the key (attacks.md 22), so a key stands once: else one entry's removal would change nothing."""
        same = await self._records.find(
            CertificateAuthority, authority.tenant_id, where={"key_sha256": authority.key_sha256}
        )
        if same:
            description = f"The key of this authority is already registered: {same[0].id}."
            raise Conflict(description, error_code="certificate_authority_conflict", check="ca.key")


def _read(path: str, pem: str) -> list[Certificate]:
    try:
        return certificates_from_pem(pem)
    except Refused as refusal:
        raise on_field(path, refusal) from None


def _checked(path: str, certificate: Certificate, now_ms: int) -> list[str]:
    """An anchor and what leads to it are both authorities: CA:TRUE, a good key, not expired."""
    try:
        return check_certificate(certificate, CERTIFICATE_AUTHORITY, now_ms)
    except Refused as refusal:
        raise on_field(path, refusal) from None


def _authority(name: str, anchor: Certificate, intermediates: list[Certificate], actor: Actor) -> CertificateAuthority:
    return CertificateAuthority(
        tenant_id=actor.tenant_id,
        id=new_authority_id(),
        name=name,
        pem=anchor.pem,
        intermediates=[certificate.pem for certificate in intermediates],
        subject=to_rfc4514(anchor.subject or ()),
        thumbprint_sha256=anchor.thumbprint,
        key_sha256=anchor.spki_sha256,
        not_before_ms=anchor.not_before_ms,
        not_after_ms=anchor.not_after_ms,
        created_at_ms=actor.now_ms,
    )
