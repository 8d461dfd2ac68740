"""Auth0's own Python SDK, pointed here by its `domain` alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from auth0.authentication import GetToken
from auth0.authentication.client_authentication import create_client_assertion_jwt
from auth0.authentication.exceptions import Auth0Error
from auth0.management import ManagementClient, ResourceServerScope
from auth0.management.core.api_error import ApiError
from auth0.management.core.request_options import RequestOptions
from auth0.management.errors import BadRequestError, ConflictError, ForbiddenError, NotFoundError, UnauthorizedError

from tallystick.jose.private_keys import private_key_to_pem
from tests.acceptance.workers import asked_every_worker, holds_everywhere, status
from tests.administrator import unique
from tests.application import JWT_BEARER, decoded
from tests.forge import Key
from tests.patience import settle
from tests.server import Server

# The SDK dates its assertions with a function that newer Pythons warn of.
pytestmark = pytest.mark.filterwarnings("ignore:datetime.datetime.utcnow:DeprecationWarning")


@pytest.fixture
def http(trusted: Server) -> Iterator[httpx.Client]:
    """What the management half talks through, so that its connections end with the test."""
    with httpx.Client(verify=trusted.tls(), timeout=20) as client:
        yield client


@pytest.fixture
def sdk(trusted: Server, http: httpx.Client) -> ManagementClient:
    """The management half, with the management application of the first start; it gets its token itself."""
    management = trusted.bootstrap["management"]
    return ManagementClient(
        domain=trusted.domain,
        client_id=management["client_id"],
        client_secret=management["client_secret"],
        httpx_client=http,
    )


@pytest.fixture
def audience(sdk: ManagementClient) -> str:
    """An API made through the SDK."""
    identifier = f"https://{unique('sdk-api')}.example/"
    made = sdk.resource_servers.create(identifier=identifier, name="Orders", scopes=[ResourceServerScope(value="read")])
    assert (made.identifier, made.name, made.signing_alg, made.token_lifetime) == (identifier, "Orders", "RS256", 86400)
    return identifier


class SdkApplication:
    """An application that holds RSA keys, since the SDK signs RS256 unless told."""

    def __init__(self, sdk: ManagementClient, server: Server, audience: str, scope: str = "read") -> None:
        self.sdk, self.server, self.audience = sdk, server, audience
        made = sdk.clients.create(name=unique("sdk"), app_type="non_interactive", grant_types=["client_credentials"])
        self.client_id, self.secret = str(made.client_id), str(made.client_secret)
        sdk.client_grants.create(client_id=self.client_id, audience=audience, scope=[scope])

    def upload(self, key: Key) -> str:
        """Register a key; its credential's id."""
        made = self.sdk.clients.credentials.create(
            self.client_id, credential_type="public_key", name="key", pem=key.public_pem, alg="RS256"
        )
        return str(made.id)

    def link(self, *credential_ids: str) -> Any:
        """Authenticate with these credentials, and with nothing else."""
        return self.sdk.clients.update(
            self.client_id,
            token_endpoint_auth_method=None,
            client_authentication_methods={"private_key_jwt": {"credentials": [{"id": id_} for id_ in credential_ids]}},  # type: ignore[arg-type]  # the SDK takes dictionaries for its models
        )

    def by_secret(self, secret: str | None = None) -> dict[str, Any]:
        """A token by client secret."""
        tokens = GetToken(self.server.domain, self.client_id, client_secret=secret or self.secret)
        return dict(tokens.client_credentials(self.audience))

    def by_key(self, key: Key) -> dict[str, Any]:
        """A token by private key JWT."""
        pem = private_key_to_pem(key.private)
        tokens = GetToken(self.server.domain, self.client_id, client_assertion_signing_key=pem)
        return dict(tokens.client_credentials(self.audience))

    def ask_with(self, key: Key) -> Callable[[httpx.Client], httpx.Response]:
        """The SDK's own assertion over a connection of ours."""
        pem = private_key_to_pem(key.private)

        def ask(http: httpx.Client) -> httpx.Response:
            assertion = create_client_assertion_jwt(self.server.domain, self.client_id, pem, None)
            form = {"grant_type": "client_credentials", "audience": self.audience, "client_assertion": assertion}
            return http.post("oauth/token", data={**form, "client_assertion_type": JWT_BEARER})

        return ask


@pytest.fixture
def application(sdk: ManagementClient, trusted: Server, audience: str) -> SdkApplication:
    """An application with a secret and a grant."""
    return SdkApplication(sdk, trusted, audience)


def test_two_keys_and_the_removal_of_one(sdk: ManagementClient, application: SdkApplication) -> None:
    """Issue 2, done when 3: each key gets a token; the removed one is refused in each worker."""
    token = application.by_secret()
    assert (token["token_type"], token["expires_in"], token["scope"]) == ("Bearer", 86400, "read")
    first, second = Key("RS256"), Key("RS256")
    ids = [application.upload(key) for key in (first, second)]
    linked = application.link(*ids).client_authentication_methods.private_key_jwt.credentials
    assert [one.id for one in linked] == ids
    settle()
    for key in (first, second):
        claims = decoded(application.by_key(key)["access_token"])[1]
        assert (claims["azp"], claims["aud"]) == (application.client_id, application.audience)

    application.link(ids[1])
    sdk.clients.credentials.delete(application.client_id, ids[0])
    assert [one.id for one in sdk.clients.credentials.list(application.client_id)] == [ids[1]]
    holds_everywhere(application.server, application.ask_with(first), status(401))
    assert {answer.status_code for answer in asked_every_worker(application.server, application.ask_with(second))} == {
        200
    }
    with pytest.raises(Auth0Error) as refusal:
        application.by_key(first)
    assert (refusal.value.status_code, refusal.value.error_code) == (401, "invalid_client")
    assert application.by_key(second)["access_token"]


def test_secret_does_not_outlive_the_switch_to_keys(application: SdkApplication) -> None:
    key = Key("RS256")
    application.link(application.upload(key))
    settle()
    assert application.by_key(key)["access_token"]
    with pytest.raises(Auth0Error) as refusal:
        application.by_secret()
    assert (refusal.value.status_code, refusal.value.error_code) == (401, "invalid_client")
    assert "X-Correlation-Id" in (refusal.value.headers or {})


@pytest.mark.parametrize("alg", ["PS256", "ES256", "EdDSA"])
def test_assertions_of_other_algorithms(application: SdkApplication, alg: str) -> None:
    key = Key(alg)
    made = application.sdk.clients.credentials.create(
        application.client_id,
        credential_type="public_key",
        pem=key.public_pem,
        # The SDK's types know Auth0's three; what it is given it sends.
        alg=alg,
    )
    application.link(str(made.id))
    pem = private_key_to_pem(key.private)
    tokens = GetToken(
        application.server.domain,
        application.client_id,
        client_assertion_signing_key=pem,
        client_assertion_signing_alg=alg,
    )
    assert tokens.client_credentials(application.audience)["access_token"]


def test_credentials(sdk: ManagementClient, application: SdkApplication) -> None:
    expires_at = datetime.now(UTC).replace(microsecond=0) + timedelta(days=3)
    made = sdk.clients.credentials.create(
        application.client_id,
        credential_type="public_key",
        name="laptop",
        pem=Key("RS256").public_pem,
        alg="RS256",
        expires_at=expires_at,
    )
    assert (made.name, made.credential_type, made.alg, made.expires_at) == ("laptop", "public_key", "RS256", expires_at)
    assert str(made.id).startswith("cred_")
    later = sdk.clients.credentials.update(application.client_id, str(made.id), expires_at=expires_at + timedelta(1))
    assert later.expires_at == expires_at + timedelta(1)
    assert sdk.clients.credentials.get(application.client_id, str(made.id)).kid == made.kid
    sdk.clients.credentials.delete(application.client_id, str(made.id))
    with pytest.raises(NotFoundError):
        sdk.clients.credentials.get(application.client_id, str(made.id))


def test_update_rotate_and_delete(sdk: ManagementClient, application: SdkApplication) -> None:
    changed = sdk.clients.update(application.client_id, description="night jobs", client_metadata={"team": "ops"})
    assert (changed.description, changed.client_metadata) == ("night jobs", {"team": "ops"})
    assert sdk.clients.get(application.client_id).description == "night jobs"
    secret = sdk.clients.rotate_secret(application.client_id).client_secret
    assert secret
    assert secret != application.secret
    settle()
    assert application.by_secret(secret)["access_token"]
    sdk.clients.delete(application.client_id)
    with pytest.raises(NotFoundError):
        sdk.clients.get(application.client_id)


def test_offset_pages(sdk: ManagementClient, application: SdkApplication) -> None:
    """The SDK's pager goes on until a page is empty, and sees every application once."""
    pager = sdk.clients.list(page=0, per_page=2, include_totals=True)
    assert pager.items is not None
    assert (pager.response.start, pager.response.limit, len(pager.items)) == (0, 2, 2)
    seen = [one.client_id for one in sdk.clients.list(per_page=50)]
    assert application.client_id in seen
    assert len(seen) == len(set(seen)) >= 3
    assert pager.response.total is not None
    beyond = sdk.clients.list(page=1000, per_page=100)
    assert beyond.items == []


def test_checkpoint_pages(sdk: ManagementClient, application: SdkApplication) -> None:
    for _ in range(2):
        identifier = f"https://{unique('sdk-api')}.example/"
        sdk.resource_servers.create(identifier=identifier, scopes=[ResourceServerScope(value="read")])
        sdk.client_grants.create(client_id=application.client_id, audience=identifier, scope=["read"])
    pager = sdk.client_grants.list(take=1, client_id=application.client_id)
    assert pager.has_next
    assert len({one.id for one in pager}) == 3


def test_fields(sdk: ManagementClient, application: SdkApplication) -> None:
    only = sdk.clients.get(application.client_id, fields="client_id,name", include_fields=True)
    assert set(only.model_dump(exclude_unset=True)) == {"client_id", "name"}
    rest = sdk.clients.get(application.client_id, fields="name,description", include_fields=False)
    assert rest.name is None
    assert rest.client_id == application.client_id


def test_resource_servers_and_grants(sdk: ManagementClient, application: SdkApplication) -> None:
    found = sdk.resource_servers.get(application.audience)
    changed = sdk.resource_servers.update(
        str(found.id), token_lifetime=60, scopes=[ResourceServerScope(value="read"), ResourceServerScope(value="write")]
    )
    assert changed.token_lifetime == 60
    (grant,) = sdk.client_grants.list(client_id=application.client_id, audience=application.audience)
    assert sdk.client_grants.update(str(grant.id), scope=["read", "write"]).scope == ["read", "write"]
    settle()
    token = application.by_secret()
    assert (token["expires_in"], token["scope"]) == (60, "read write")
    sdk.client_grants.delete(str(grant.id))
    sdk.resource_servers.delete(str(found.id))
    with pytest.raises(NotFoundError):
        sdk.resource_servers.get(str(found.id))


def test_errors_are_mapped(sdk: ManagementClient, application: SdkApplication, http: httpx.Client) -> None:
    """Each arrives as the SDK's own exception, with Auth0's codes in it."""

    def refused(kind: type[ApiError], call: Callable[[], Any]) -> tuple[str, str]:
        with pytest.raises(kind) as refusal:
            call()
        assert refusal.value.body["statusCode"] == refusal.value.status_code
        assert (refusal.value.headers or {})["x-correlation-id"] == refusal.value.body["correlation_id"]
        return refusal.value.body.get("errorCode"), refusal.value.body["message"]

    nobody = ManagementClient(
        domain=application.server.domain, token=application.by_secret()["access_token"], httpx_client=http
    )
    once = RequestOptions(max_retries=0)
    assert refused(NotFoundError, lambda: sdk.clients.get("x" * 32)) == (
        "inexistent_client",
        "The client does not exist",
    )
    code, message = refused(BadRequestError, lambda: sdk.clients.create(name="<b>"))
    assert (code, message.startswith("Payload validation error: ")) == ("invalid_body", True)
    code, _ = refused(
        ConflictError,
        lambda: sdk.resource_servers.create(identifier=application.audience, request_options=once),
    )
    assert code
    assert refused(UnauthorizedError, nobody.clients.list)[0] in ("invalid_token", None)


def test_too_small_a_scope_is_named(sdk: ManagementClient, trusted: Server, http: httpx.Client) -> None:
    """deploy-cli looks for these very words."""
    clerk = SdkApplication(sdk, trusted, trusted.bootstrap["management"]["audience"], "read:clients")
    narrow = ManagementClient(
        domain=trusted.domain, client_id=clerk.client_id, client_secret=clerk.secret, httpx_client=http
    )
    assert clerk.client_id in [one.client_id for one in narrow.clients.list()]
    with pytest.raises(ForbiddenError) as refusal:
        narrow.clients.delete(clerk.client_id)
    assert refusal.value.body["errorCode"] == "insufficient_scope"
    assert refusal.value.body["message"] == "Insufficient scope, expected any of: delete:clients"


def test_tenant_settings(sdk: ManagementClient) -> None:
    assert sdk.tenants.settings.update(friendly_name="Harbour").friendly_name == "Harbour"
    found = sdk.tenants.settings.get()
    assert found.friendly_name == "Harbour"
    assert found.mtls is not None
    assert found.mtls.enable_endpoint_aliases is True


def test_signing_keys(sdk: ManagementClient, application: SdkApplication) -> None:
    """Rotation: the next key becomes the current one; revocation ends the previous one.

    Of PS256 keys: other tests of this server hold tokens that RS256 keys signed.
    """
    before = [key for key in sdk.keys.signing.list() if key.model_extra == {"alg": "PS256", "use": "sig"}]
    current, following = (next(key.kid for key in before if getattr(key, state)) for state in ("current", "next"))
    rotated = sdk.keys.signing.rotate(request_options=RequestOptions(additional_body_parameters={"alg": "PS256"}))
    assert rotated.cert.startswith("-----BEGIN CERTIFICATE-----")
    assert sdk.keys.signing.get(following).current
    assert sdk.keys.signing.get(current).previous
    assert sdk.keys.signing.revoke(current).kid == current
    assert sdk.keys.signing.get(current).revoked
    assert application.by_secret()["access_token"]


def test_the_log_and_the_statistics_as_the_sdk_reads_them(sdk: ManagementClient, application: SdkApplication) -> None:
    with pytest.raises(Auth0Error):
        application.by_secret("wrong-" + "x" * 40)
    query = f"details.claimed_client_id:{application.client_id}"
    (row,) = sdk.logs.list(search=query, per_page=2)
    assert (row.type, row.is_mobile, row.log_id) == ("feccft", False, row.log_id)
    assert row.date is not None
    read = sdk.logs.get(str(row.log_id))
    assert (read.details, read.log_id) == (row.details, row.log_id)
    assert [each.type for each in sdk.logs.list(search=query, per_page=1, sort="date:1")] == ["feccft"]
    with pytest.raises(BadRequestError):
        sdk.logs.list(search="no such syntax")
    with pytest.raises(NotFoundError):
        sdk.logs.get("900")
    assert sdk.stats.get_active_users_count() >= 0
    assert isinstance(sdk.stats.get_daily(), list)
