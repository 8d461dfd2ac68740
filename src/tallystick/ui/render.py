"""Rendering: templates filled with values, in the tenant's dress and in the reader's language.

Everything that a template shows is escaped. Words and assets are read when a worker starts; a template is compiled when
it is first shown, and kept: all of them at once would make every start longer by the time of a page or two each.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from ..records import RevisionCache, Revisions
from ..tenants.settings import setting
from ..web.pages import NOBODY, Page
from ..web.request import Request
from .assets import asset_url
from .catalogues import load_catalogues
from .dress import Dress, ReadBranding, dress_of, origin_of
from .languages import language_of
from .moments import at_ms


class TemplatePages:
    """Implements `web.pages.Pages`."""

    def __init__(self, branding: ReadBranding, revisions: Revisions) -> None:
        self._branding = branding
        self._catalogues = load_catalogues()
        self._dresses: RevisionCache[Dress] = RevisionCache(revisions)

    async def render(
        self,
        request: Request,
        template: str,
        values: Mapping[str, Any],
        *,
        ui_locales: str = "",
        status: int = 200,
        form_targets: Sequence[str] = (),
        frame_ancestor: str = NOBODY,
        image_origins: Sequence[str] = (),
    ) -> Page:
        """The page of this template. ``image_origins`` are for images in ``values``; the logo's is known."""
        dress = await self.dress(request)
        enabled = setting(request.tenant, "enabled_locales")
        language = language_of(ui_locales, request.header(b"accept-language"), enabled)
        catalogue = self._catalogues[language]
        content = TEMPLATES.get_template(template).render(
            values,
            t=catalogue.text,
            has_text=catalogue.has,
            lang=language,
            house=dress,
            correlation_id=request.correlation_id,
        )
        logo_origin = origin_of(dress.logo_url)
        return Page(
            content=content.encode(),
            status=status,
            form_targets=form_targets,
            frame_ancestor=frame_ancestor,
            image_origins=tuple(dict.fromkeys((*([logo_origin] if logo_origin else []), *image_origins))),
        )

    async def dress(self, request: Request) -> Dress:
        """How the request's tenant looks, remembered until the tenant changes."""
        tenant = request.tenant

        async def load() -> Dress:
            return dress_of(tenant, await self._branding(tenant.tenant_id))

        return await self._dresses.get(tenant.tenant_id, "", load)


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader(__package__),
        autoescape=True,
        undefined=StrictUndefined,
        auto_reload=False,
        trim_blocks=True,
        lstrip_blocks=True,
        cache_size=-1,
    )
    environment.globals.update(asset=asset_url, at_ms=at_ms)
    return environment


TEMPLATES = _environment()
"""Every template; part of the program."""
