"""The one writer of credentials: added, ended, withdrawn. Which of them serve what, the client says (`registry`)."""

from __future__ import annotations

import msgspec

from ..certs.certificate import certificate_from_pem
from ..errors import InvalidField, NotFound
from ..fields import check_update
from ..records import Decision, Json, Writer
from .actor import Actor
from .client import SECRET_METHODS, Client
from .credential import CLIENT_SECRET, X509_CERT, Credential
from .credential_fields import CREDENTIAL_UPDATE_FIELDS
from .credential_request import read_credential
from .credential_rows import check_draft, client_of, credentials_of, tenant_now, withdrawn
from .dates import ms_from_iso
from .quota import NO_QUOTAS, Quotas, check_quota
from .secrets import SecretHasher, generate_secret
from .usage import references


class CredentialResult(msgspec.Struct, frozen=True, kw_only=True):
    """A credential as it is now, and what is told once."""

    credential: Credential
    secret: str | None = None
    """The generated secret, of a ``client_secret`` credential just made; it cannot be read again."""
    warnings: tuple[str, ...] = ()


class CredentialRegistry:
    """Adds, changes and withdraws credentials of a client."""

    def __init__(self, writer: Writer, hasher: SecretHasher, quotas: Quotas = NO_QUOTAS) -> None:
        self._writer = writer
        self._records = writer.records
        self._hasher = hasher
        self._quotas = quotas

    async def list(self, tenant_id: str, client_id: str) -> list[Credential]:
        """The client's credentials that are not withdrawn, newest first. Raises NotFound for the client."""
        await client_of(self._records, tenant_id, client_id)
        return (await credentials_of(self._records, tenant_id, client_id))[::-1]

    async def get(self, tenant_id: str, client_id: str, credential_id: str) -> Credential:
        """One credential; raises NotFound, also for a withdrawn one and for another client's."""
        await client_of(self._records, tenant_id, client_id)
        credential = await self._records.get(Credential, tenant_id, credential_id)
        if credential is None or credential.client_id != client_id or credential.withdrawn_at_ms is not None:
            raise NotFound("The credential does not exist", error_code="inexistent_client_credential")
        return credential

    async def create(self, actor: Actor, client_id: str, body: Json) -> CredentialResult:
        """A new credential, not yet in use unless it is a secret. Raises Refused."""

        async def decide() -> Decision[CredentialResult]:
            client = await client_of(self._records, actor.tenant_id, client_id)
            draft = read_credential(body, client_id, actor)
            credential = draft.credential
            _check_welcome(client, credential)
            own = await credentials_of(self._records, actor.tenant_id, client_id)
            await check_draft(self._records, draft, own, actor)
            tenant = await tenant_now(self._records, actor)
            await check_quota(self._records, tenant, self._quotas, clients=0, credentials=1)
            secret = generate_secret() if credential.credential_type == CLIENT_SECRET else None
            if secret is not None:
                credential = msgspec.structs.replace(credential, secret_hash=self._hasher.hash(secret))
            event = actor.event("Create a client credential", target=client_id, **_shown(credential))
            result = CredentialResult(credential=credential, secret=secret, warnings=draft.warnings)
            return Decision(result, saves=(credential,), events=(event,))

        return await self._writer.carry_out(actor.tenant_id, decide)

    async def update(self, actor: Actor, client_id: str, credential_id: str, body: Json) -> Credential:
        """The credential with another end; a date in the past ends it at once. Raises Refused."""

        async def decide() -> Decision[Credential]:
            values = check_update(CREDENTIAL_UPDATE_FIELDS, body)
            before = await self.get(actor.tenant_id, client_id, credential_id)
            if "expires_at" not in values:
                raise InvalidField("", "Missing required property: expires_at", check="field.required")
            ends_ms = _end(before, None if values["expires_at"] is None else ms_from_iso(values["expires_at"]))
            after = msgspec.structs.replace(before, expires_at_ms=ends_ms, updated_at_ms=actor.now_ms)
            event = actor.event("Update a client credential", target=client_id, **_shown(after))
            return Decision(after, saves=(after,), events=(event,))

        return await self._writer.carry_out(actor.tenant_id, decide)

    async def delete(self, actor: Actor, client_id: str, credential_id: str) -> None:
        """Withdraw a credential that nothing references any more. Raises Refused."""

        async def decide() -> Decision[None]:
            credential = await self.get(actor.tenant_id, client_id, credential_id)
            client = await client_of(self._records, actor.tenant_id, client_id)
            for usage, referenced_id, _ in references(client):
                if referenced_id == credential_id:
                    reason = f"The credential still serves {usage}; take it out of the client first"
                    raise InvalidField("", reason, check="credential.referenced")
            event = actor.event("Delete a client credential", target=client_id, **_shown(credential))
            return Decision(None, saves=(withdrawn(credential, actor.now_ms),), events=(event,))

        return await self._writer.carry_out(actor.tenant_id, decide)


def _check_welcome(client: Client, credential: Credential) -> None:
    if client.is_global:
        raise InvalidField("", "The global client has no credentials", check="client.global")
    method = client.authentication_method
    if credential.credential_type == CLIENT_SECRET and method not in SECRET_METHODS:
        reason = f"The client authenticates by {method}, so it has no client secret"
        raise InvalidField("credential_type", reason, check="secret.method")


def _end(credential: Credential, asked_ms: int | None) -> int | None:
    """When the credential ends; never later than the certificate that it is."""
    if credential.credential_type != X509_CERT or credential.pem is None:
        return asked_ms
    certificate_ends_ms = certificate_from_pem(credential.pem).not_after_ms
    if asked_ms is not None and asked_ms > certificate_ends_ms:
        raise InvalidField("expires_at", "The certificate itself ends earlier", check="credential.expires_at")
    return certificate_ends_ms if asked_ms is None else asked_ms


def _shown(credential: Credential) -> Json:
    """What the log says of a credential."""
    shown = {
        "credential_id": credential.id,
        "credential_type": credential.credential_type,
        "kid": credential.kid,
        "thumbprint_sha256": credential.thumbprint_sha256,
        "expires_at_ms": credential.expires_at_ms,
    }
    return {name: value for name, value in shown.items() if value is not None}
