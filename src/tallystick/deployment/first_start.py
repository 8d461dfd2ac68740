"""Before the workers start: migrate, make what a new deployment needs, and follow the configuration of this start.

What is a first start is decided by the database, under a lock that holds across processes and nodes. Everything that a
first start makes is committed at once; `bootstrap.json` is written just before, so that a crash between the two only
means that the next start writes both anew.
"""

from __future__ import annotations

import msgspec

from ..apis.client_grants import ClientGrant
from ..apis.resource_servers import ResourceServer
from ..clock import SystemClock
from ..errors import StartupError
from ..front.files import PRIVATE_MODE, write_atomically
from ..onetime import RESTORED_FACT
from ..records import DEPLOYMENT, Change, Json, Record
from ..settings import Settings
from ..signing.key import SigningKey
from ..signing.make import missing_keys
from ..storage.migrate import migrate
from ..storage.store import Exclusive, Storage
from ..tenants.custom_domain import CustomDomain
from ..tenants.tenant import Tenant, TenantHost
from .contents import NewTenantContents
from .facts import CHECK_FACT, LISTENERS_FACT, database_url, listeners_of, opened_storage, signing_sealer
from .master_key import check_value, make_master_key, read_master_key, right_master_key
from .new_tenant import decide_tenant
from .readdress import check_hosts_apart, readdressed

BOOTSTRAP_FILE = "bootstrap.json"
FIRST_TENANT = "tallystick"


async def prepare(settings: Settings) -> None:
    """Make the deployment ready to serve; raises :class:`StartupError` with one clear line."""
    try:
        settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise StartupError(f"cannot make the data directory {settings.data}: {error.strerror}") from None
    await migrate(database_url(settings))
    async with opened_storage(settings) as storage, storage.exclusive() as held:
        expected_check = await held.deployment_get(CHECK_FACT)
        if expected_check is None:
            await _first_start(settings, storage, held)
        else:
            await _later_start(settings, storage, held, right_master_key(settings, expected_check))
            await _mark_restart(held)


async def _first_start(settings: Settings, storage: Storage, held: Exclusive) -> None:
    master_key = read_master_key(settings) or make_master_key(settings)
    records, contents = await decide_tenant(
        storage, listeners_of(settings), FIRST_TENANT, "", "", master_key, SystemClock().now_ms()
    )
    _write_bootstrap(settings, _document(settings, contents))
    change = Change(tenant_id=DEPLOYMENT, base_revision=await storage.revision(DEPLOYMENT), saves=records)
    await held.commit([change], {CHECK_FACT: check_value(master_key), LISTENERS_FACT: _listeners(settings)})


async def _later_start(settings: Settings, storage: Storage, held: Exclusive, master_key: bytes) -> None:
    """Keep everything, but for addresses that the configuration moved, and keys of algorithms that an upgrade added."""
    saves: list[Record] = []
    erasures: list[Record] = []
    moved = await held.deployment_get(LISTENERS_FACT) != _listeners(settings)
    tenants = await storage.find(Tenant, None)
    for tenant in tenants:
        keys = await storage.find(SigningKey, tenant.tenant_id)
        saves += await missing_keys(signing_sealer(master_key), tenant, keys, SystemClock().now_ms())
        if moved:
            decision = readdressed(
                tenant,
                listeners_of(settings),
                await storage.find(TenantHost, tenant.tenant_id),
                await storage.find(ResourceServer, tenant.tenant_id, where={"is_system": True}),
                await storage.find(ClientGrant, tenant.tenant_id),
                await storage.find(CustomDomain, tenant.tenant_id),
            )
            saves += decision.saves
            erasures += decision.erasures
    check_hosts_apart(saves)
    _follow_with_bootstrap(settings)
    if not saves and not erasures:
        return
    changes = [
        Change(tenant_id=DEPLOYMENT, base_revision=await storage.revision(DEPLOYMENT), saves=saves, erasures=erasures),
        # Nothing more to save, but workers of other nodes must read these tenants anew.
        *[
            Change(tenant_id=tenant.tenant_id, base_revision=await storage.revision(tenant.tenant_id))
            for tenant in tenants
        ],
    ]
    await held.commit(changes, {LISTENERS_FACT: _listeners(settings)})


async def _mark_restart(held: Exclusive) -> None:
    """After a restore: from when on what is shown once may be believed to be shown for the first time."""
    if await held.deployment_get(RESTORED_FACT) == b"":
        await held.commit([], {RESTORED_FACT: str(SystemClock().now_ms()).encode()})


def _listeners(settings: Settings) -> bytes:
    return msgspec.json.encode(listeners_of(settings))


def _document(settings: Settings, contents: NewTenantContents) -> Json:
    return {**_place(settings), "management": contents.management, "admin": contents.admin}


def _place(settings: Settings) -> Json:
    issuer = listeners_of(settings).issuer
    given = settings.tls_cert is not None or settings.insecure_http
    return {
        "issuer": issuer,
        "domain": issuer.partition("://")[2].removesuffix("/"),
        "ca_file": None if given else str((settings.tls_directory / "ca.pem").absolute()),
    }


def _follow_with_bootstrap(settings: Settings) -> None:
    """Whoever reads `bootstrap.json` finds this issuer, and the CA only while it signs what the listeners show."""
    path = settings.data / BOOTSTRAP_FILE
    if not path.exists():
        return
    try:
        before = msgspec.json.decode(path.read_bytes(), type=dict)
        management = {**before["management"], "audience": _place(settings)["issuer"] + "api/v2/"}
    except (msgspec.DecodeError, KeyError, TypeError):
        return  # Somebody's hand was in it; commands that read it say so, and it may still hold the secret.
    document = {**before, **_place(settings), "management": management}
    if document != before:
        _write_bootstrap(settings, document)


def _write_bootstrap(settings: Settings, document: Json) -> None:
    content = msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n"
    write_atomically(settings.data / BOOTSTRAP_FILE, content, PRIVATE_MODE)
