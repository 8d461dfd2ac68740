"""The pages: what people see, and the files that they need."""

from __future__ import annotations

import msgspec

from ..ui.assets import asset_endpoints
from ..ui.render import TemplatePages
from ..web.gate import Endpoint
from .worker import Worker


class _Plain(msgspec.Struct, frozen=True):
    primary_color: str | None = None
    page_background: str | None = None
    logo_url: str | None = None


def build_pages(worker: Worker) -> TemplatePages:
    """What writes every page."""

    async def plain(tenant_id: str) -> _Plain:
        return _Plain()

    return TemplatePages(plain, worker.storage)


def page_endpoints(worker: Worker, pages: TemplatePages) -> dict[str, Endpoint]:
    """Path → what answers there."""
    return asset_endpoints(pages)
