"""An upgrade finds what the release before wrote: rows by that release's SQL, read and changed by today's code."""

from __future__ import annotations

import pytest
from msgspec.structs import replace
from sqlalchemy import Connection

from tallystick.apis.client_grants import ClientGrant
from tallystick.apis.resource_servers import ResourceServer
from tallystick.clients.client import Client
from tallystick.handles import HandleHasher
from tallystick.storage.migrate import current, migrate, upgrade_to
from tallystick.storage.opening import open_storage
from tallystick.storage.steps import head
from tallystick.storage.whole import whole
from tallystick.tokens.family import TokenFamily
from tallystick.tokens.refresh_token import RefreshTokens, read
from tallystick.users.session import Session
from tallystick.users.user import User
from tests.storage.samples import TENANT

pytestmark = pytest.mark.anyio

BEFORE = "0007"
FAMILY_ID, SEED = "f" * 32, "seed"
REFRESH_TOKEN = "v1.ffffffffffffffffffffffffffffffffAAAAAAACjwIm-j2psDdjQ2_DBt8eE5zEK-7nPe3diJdPOOESBrw"
"""What that release gave out for the family, under the key below."""
KEY = b"k" * 32

ROWS = (
    "INSERT INTO client (tenant_id, client_id, name, app_type, is_first_party, is_global, metadata, created_at_ms, "
    """updated_at_ms) VALUES ('acme', 'app', 'App', 'regular_web', TRUE, FALSE, '{"grant_types":["refresh_token"]}', """
    "1, 2)",
    "INSERT INTO resource_server (tenant_id, id, identifier, name, is_system, metadata, created_at_ms, updated_at_ms) "
    """VALUES ('acme', 'rs_1', 'https://api.example/', NULL, FALSE, '{"token_lifetime":60}', 1, 2)""",
    "INSERT INTO client_grant (tenant_id, id, client_id, audience, subject_type, scope, metadata, is_system, "
    "created_at_ms, updated_at_ms) "
    """VALUES ('acme', 'cgr_1', 'app', 'https://api.example/', 'client', '["read"]', '{}', FALSE, 1, 2)""",
    "INSERT INTO user_account (tenant_id, user_id, connection, email, password_hash, is_administrator, metadata, "
    "created_at_ms, updated_at_ms, version, logins_count, email_verified, blocked, username, last_ip, last_login_ms, "
    "password_changed_at_ms) VALUES ('acme', 'auth0|jane', 'Username-Password-Authentication', 'jane@example.org', "
    """'$argon2id$', FALSE, '{"name":"Jané"}', 1, 2, 3, 4, TRUE, FALSE, 'jane', '192.0.2.7', 5, NULL)""",
    "INSERT INTO session (tenant_id, id, secret_hash, user_id, amr, clients, device, is_persistent, "
    "authenticated_at_ms, created_at_ms, updated_at_ms, idle_expires_at_ms, expires_at_ms, purge_at_ms, version) "
    """VALUES ('acme', 'sid', 'hash', 'auth0|jane', '["pwd"]', '[{"client_id":"app","credential_id":null}]', '{}', """
    "TRUE, 1, 2, 3, 4, 5, 6, 7)",
    "INSERT INTO token_family (tenant_id, id, client_id, user_id, session_id, code_hash, credential_id, "
    "last_credential_id, audience, scope, claims, amr, acr, binding, seed, device, withdrawn_because, auth_time_ms, "
    "generation, rotated_at_ms, last_exchanged_at_ms, withdrawn_at_ms, created_at_ms, idle_expires_at_ms, "
    "expires_at_ms, purge_at_ms, version, has_refresh_token, is_rotating, authorization_details, "
    f"transaction_linking_id) VALUES ('acme', '{FAMILY_ID}', 'app', 'auth0|jane', 'sid', 'code', 'cred_1', NULL, "
    """'https://api.example/', '["openid","read"]', '{}', '["pwd"]', NULL, '{"jkt":"thumbprint"}', """
    f"'{SEED}', '{{}}', NULL, 1, 2, 3, 4, NULL, 5, 6, NULL, 7, 8, TRUE, TRUE, NULL, NULL)",
)

CLIENT = Client(
    tenant_id=TENANT,
    client_id="app",
    name="App",
    app_type="regular_web",
    metadata={"grant_types": ["refresh_token"]},
    created_at_ms=1,
    updated_at_ms=2,
)
API = ResourceServer(
    tenant_id=TENANT,
    id="rs_1",
    identifier="https://api.example/",
    metadata={"token_lifetime": 60},
    created_at_ms=1,
    updated_at_ms=2,
)
GRANT = ClientGrant(
    tenant_id=TENANT,
    id="cgr_1",
    client_id="app",
    audience=API.identifier,
    scope=["read"],
    created_at_ms=1,
    updated_at_ms=2,
)
JANE = User(
    tenant_id=TENANT,
    user_id="auth0|jane",
    email="jane@example.org",
    username="jane",
    password_hash="$argon2id$",
    email_verified=True,
    metadata={"name": "Jané"},
    logins_count=4,
    last_login_ms=5,
    last_ip="192.0.2.7",
    created_at_ms=1,
    updated_at_ms=2,
    version=3,
)
SESSION = Session(
    tenant_id=TENANT,
    id="sid",
    secret_hash="hash",
    user_id=JANE.user_id,
    amr=["pwd"],
    clients=[{"client_id": "app", "credential_id": None}],
    authenticated_at_ms=1,
    created_at_ms=2,
    updated_at_ms=3,
    idle_expires_at_ms=4,
    expires_at_ms=5,
    purge_at_ms=6,
    version=7,
)
FAMILY = TokenFamily(
    tenant_id=TENANT,
    id=FAMILY_ID,
    client_id="app",
    user_id=JANE.user_id,
    session_id="sid",
    code_hash="code",
    credential_id="cred_1",
    audience=API.identifier,
    scope=["openid", "read"],
    amr=["pwd"],
    auth_time_ms=1,
    binding={"jkt": "thumbprint"},
    seed=SEED,
    has_refresh_token=True,
    is_rotating=True,
    generation=2,
    rotated_at_ms=3,
    last_exchanged_at_ms=4,
    created_at_ms=5,
    idle_expires_at_ms=6,
    purge_at_ms=7,
    version=8,
)


def as_the_release_before(connection: Connection) -> None:
    upgrade_to(connection, BEFORE)
    for row in ROWS:
        connection.exec_driver_sql(row)


async def test_what_the_release_before_wrote_is_read_and_goes_on(empty_url: str) -> None:
    await whole(empty_url, as_the_release_before, purpose="made")
    await migrate(empty_url)
    assert await current(empty_url) == head()
    storage = await open_storage(empty_url)
    for record in (CLIENT, API, GRANT, JANE, SESSION, FAMILY):
        assert await storage.find(type(record), TENANT) == [record]

    refresh_tokens, shown = RefreshTokens(HandleHasher(KEY)), read(REFRESH_TOKEN)
    assert shown is not None
    assert refresh_tokens.holds(FAMILY, shown)
    assert refresh_tokens.text_of(FAMILY) == REFRESH_TOKEN

    # A family from before has no place in a published list; it is withdrawn as any other, and so is one with a place.
    await storage.write(saves=[replace(FAMILY, withdrawn_at_ms=9)])
    assert list(await storage.withdrawn_places(TENANT, 0)) == []
    await storage.write(saves=[replace(FAMILY, withdrawn_at_ms=9, status_list=0, status_index=5, version=9)])
    assert list(await storage.withdrawn_places(TENANT, 0)) == [5]
    await storage.write(saves=[replace(SESSION, updated_at_ms=9), replace(JANE, logins_count=5)])
    await storage.close()
