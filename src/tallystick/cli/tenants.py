"""``tallystick tenants``: the tenants of a deployment, worked on in the database itself."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..settings import Settings
from .command import group, with_settings
from .configured import STORAGE_OPTIONS
from .output import Output

if TYPE_CHECKING:
    from ..tenants.tenant import Tenant

COLUMNS = ("name", "issuer", "mtls_issuer", "tenant_id")

app = group("tenants", "The tenants of this deployment: list, create. Works on the database, not over HTTP.")


@app.command("list")
@with_settings(STORAGE_OPTIONS)
def list_(settings: Settings, out: Output) -> None:
    """List the tenants."""
    from ..deployment.new_tenant import list_tenants

    found = asyncio.run(list_tenants(settings))
    out.records([describe(tenant) for tenant in found], COLUMNS, empty="there are no tenants yet")


@app.command()
@with_settings(STORAGE_OPTIONS)
def create(
    settings: Settings,
    out: Output,
    name: Annotated[str, typer.Argument(help="A name for people.", show_default=False)],
    host: Annotated[str, typer.Option(help="Its host[:port]; the issuer is https://HOST/.", show_default=False)],
    mtls_host: Annotated[str | None, typer.Option(help="Host of its mTLS endpoint aliases.")] = None,
) -> None:
    """Make a tenant, with its own issuer, keys and applications. A running server serves it at once."""
    from ..deployment.new_tenant import create_tenant

    tenant, contents = asyncio.run(create_tenant(settings, name, host, mtls_host or ""))
    result = {**describe(tenant), "management": contents.management, "admin": contents.admin}
    out.record(result, note="Keep these secrets: they are shown this once.")


def describe(tenant: Tenant) -> dict[str, Any]:
    """What people see of a tenant."""
    return {name: getattr(tenant, name) for name in COLUMNS}
