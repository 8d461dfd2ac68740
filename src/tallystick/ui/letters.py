"""Letters: what messages to people say, in the catalogues' words and in the tenant's name."""

from __future__ import annotations

from ..mail.message import Message
from ..tenants.settings import setting
from ..tenants.tenant import Tenant
from ..users.mailed_links import Letter
from .catalogues import load_catalogues
from .colours import colour_of, ink_on
from .dress import ReadBranding
from .languages import language_of
from .render import TEMPLATES
from .theme import PRIMARY
from .visit import Visit


def language_for(visit: Visit) -> str:
    """The language of a letter that somebody at a page of ours causes."""
    enabled = setting(visit.tenant, "enabled_locales")
    return language_of(visit.ui_locales, visit.request.header(b"accept-language"), enabled)


class Letters:
    """Implements `users.mailed_links.WriteLetter`."""

    def __init__(self, branding: ReadBranding) -> None:
        self._branding = branding
        self._catalogues = load_catalogues()

    async def __call__(self, tenant: Tenant, letter: Letter, *, to: str, link: str, language: str = "") -> Message:
        """The message, as text and as HTML; in the tenant's first language without another one."""
        language = language_of(language, "", setting(tenant, "enabled_locales"))
        texts = self._catalogues[language]
        branding = await self._branding(tenant.tenant_id)
        house = setting(tenant, "friendly_name") or tenant.name

        names = ("subject", "heading", "text", "button", "lifetime", "ignore")
        # Catalogues hold markup; a subject and a plain text do not.
        values = {name: texts.text(f"letter.{letter}.{name}", house=house).unescape() for name in names}
        colour = colour_of(branding.primary_color) or PRIMARY
        html = TEMPLATES.get_template("mail/letter.html").render(
            values, lang=language, house=house, link=link, colour=colour, on_colour=ink_on(colour)
        )
        paragraphs = (values["text"], link, values["lifetime"], values["ignore"], f"-- \n{house}")
        return Message(
            to=to, subject=values["subject"], text="\n\n".join(paragraphs) + "\n", html=html, language=language
        )
