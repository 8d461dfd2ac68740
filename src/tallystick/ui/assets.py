"""Assets: style sheets, scripts and icons as files of ours, kept by browsers for as long as they stay what they are."""

from __future__ import annotations

from importlib.resources import files
from typing import Protocol

import msgspec
from starlette.types import Send

from ..errors import OAuthError
from ..web.answers import Headers, send_bytes, send_oauth_error
from ..web.gate import Endpoint
from ..web.request import Request
from .dress import THEME_PATH, Dress, version_of

PREFIX = "/u/assets/"
_TYPES = {
    "css": b"text/css; charset=utf-8",
    "js": b"text/javascript; charset=utf-8",
    "svg": b"image/svg+xml",
}
_FOR_EVER = b"public, max-age=31536000, immutable"
_ASK_AGAIN = b"public, no-cache"


class Asset(msgspec.Struct, frozen=True):
    """One file."""

    content: bytes
    media_type: bytes
    version: str


def _read() -> dict[str, Asset]:
    found = {}
    for file in (files(__package__) / "assets").iterdir():
        media_type = _TYPES.get(file.name.rpartition(".")[2])
        if media_type is not None:
            content = file.read_bytes()
            found[file.name] = Asset(content, media_type, version_of(content))
    return found


ASSETS = _read()
"""Name → file; part of the program, and read with it."""


class Dresses(Protocol):
    """Knows how tenants look."""

    async def dress(self, request: Request) -> Dress:
        """The dress of the request's tenant."""
        ...


def asset_url(name: str) -> str:
    """Where the browser gets the file; KeyError for one that there is not."""
    return f"{PREFIX}{name}?v={ASSETS[name].version}"


def asset_endpoints(dresses: Dresses) -> dict[str, Endpoint]:
    """Path → what answers there: the files, and the tenant's own theme."""

    async def theme(request: Request, send: Send) -> None:
        dress = await dresses.dress(request)
        await _answer(request, send, Asset(dress.theme.encode(), _TYPES["css"], dress.theme_version))

    def file(asset: Asset) -> Endpoint:
        async def answer(request: Request, send: Send) -> None:
            await _answer(request, send, asset)

        return answer

    return {THEME_PATH: theme, **{PREFIX + name: file(asset) for name, asset in ASSETS.items()}}


async def _answer(request: Request, send: Send, asset: Asset) -> None:
    if request.method not in ("GET", "HEAD"):
        refusal = OAuthError("invalid_request", "Only GET.", check="page.method").answered_with(405)
        await send_oauth_error(send, refusal, request.correlation_id, [(b"allow", b"GET, HEAD")])
        return
    is_this = request.query_string == b"v=" + asset.version.encode()
    headers: Headers = [
        (b"content-type", asset.media_type),
        # An older page may ask for a version that is no more: it gets this one, for now.
        (b"cache-control", _FOR_EVER if is_this else _ASK_AGAIN),
        (b"x-content-type-options", b"nosniff"),
        (b"cross-origin-resource-policy", b"same-origin"),
        (b"strict-transport-security", b"max-age=31536000"),
    ]
    await send_bytes(send, 200, asset.content, request.correlation_id, headers)
