"""Pages: HTML out. What a page looks like is `ui`'s; endpoints below it only name one and say what it holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import msgspec
from starlette.types import Send

from .answers import NO_STORE, Headers, send_bytes
from .request import Request

NOBODY = "'none'"
LANGUAGES = ("en", "de")
"""What pages are written in; `ui` has a catalogue for each."""


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """A page, ready to be sent."""

    content: bytes
    status: int = 200
    form_targets: Sequence[str] = ()
    """Origins that a form of the page may lead to, beside our own: Chromium holds the redirects that follow a form to
    it too, so the proven redirect URI's origin must be among them."""
    frame_ancestor: str = NOBODY
    """The one origin that may frame it."""
    image_origins: Sequence[str] = ()
    """Origins of images on it, beside our own."""


class Pages(Protocol):
    """Writes pages. `ui` implements it, `app` hands it to the endpoints."""

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
    ) -> Page:
        """The page of this template, in the tenant's dress and the language that ``ui_locales`` or the browser asks."""
        ...


async def send_page(send: Send, page: Page, correlation_id: str, headers: Headers | None = None) -> None:
    """Send a page: never kept by anybody, never sniffed, and with a policy that lets nothing in that is not ours."""
    await send_bytes(
        send,
        page.status,
        page.content,
        correlation_id,
        [
            (b"content-type", b"text/html; charset=utf-8"),
            (b"content-security-policy", _policy(page).encode("ascii")),
            (b"x-content-type-options", b"nosniff"),
            # Not ``no-referrer``: the browser would then say ``Origin: null`` of our own forms.
            (b"referrer-policy", b"same-origin"),
            (b"strict-transport-security", b"max-age=31536000"),
            (b"permissions-policy", b"publickey-credentials-get=(self), publickey-credentials-create=(self)"),
            *([(b"x-frame-options", b"DENY")] if page.frame_ancestor == NOBODY else []),
            *NO_STORE,
            *(headers or []),
        ],
    )


async def send_redirect(send: Send, location: str, correlation_id: str, headers: Headers | None = None) -> None:
    """Send the browser on. 303 (RFC 9110 15.4.4): whatever it did, it goes on with GET, and repeats no form."""
    await send_bytes(
        send, 303, b"", correlation_id, [(b"location", location.encode("ascii")), *NO_STORE, *(headers or [])]
    )


def _policy(page: Page) -> str:
    """Content Security Policy 3. Scripts and styles are files of ours; nothing inline."""
    images = " ".join(("'self'", "data:", *page.image_origins))
    targets = " ".join(("'self'", *page.form_targets))
    return (
        f"default-src 'none'; style-src 'self'; script-src 'self'; img-src {images}; connect-src 'self'; "
        f"form-action {targets}; frame-ancestors {page.frame_ancestor}; base-uri 'none'"
    )
