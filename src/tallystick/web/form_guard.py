"""The guard of forms: a form is taken only from the browser that it was shown to, and only from a page of ours.

Three things are looked at, each enough to refuse. The *form token* is a keyed hash of the browser's cookie and of what
the form is for, so that nobody can write one for another's browser (login CSRF included). ``Origin`` and
``Sec-Fetch-Site`` must say that the form is ours where they are sent; programs that send neither are judged by token
and cookie alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from ..errors import OAuthError
from ..handles import HandleHasher, new_handle
from ..tenants.tenant import SeenTenant
from .cookies import BROWSER, cookie_of, set_cookie
from .request import Request

FORM_TOKEN = "form_token"  # noqa: S105  # a field's name
_PURPOSE = "form"
_OURS = ("same-origin", "none")
"""Fetch Metadata: a page of ours, or the person's own hand."""


class Browser:
    """The browser that a request came from, by its cookie; a new one gets a cookie with the answer."""

    __slots__ = ("is_new", "value")

    def __init__(self, request: Request) -> None:
        known = cookie_of(request, BROWSER)
        self.is_new = known is None
        self.value = known or new_handle()

    @property
    def headers(self) -> list[tuple[bytes, bytes]]:
        """What the answer must carry."""
        return [set_cookie(BROWSER, self.value)] if self.is_new else []


class FormGuard:
    """Makes and checks form tokens."""

    def __init__(self, handles: HandleHasher) -> None:
        self._handles = handles

    def token(self, browser: Browser, purpose: str) -> str:
        """The token for a form; ``purpose`` says which, such as the path and the id of what it is about."""
        return self._handles.digest(_PURPOSE, browser.value, purpose)

    def check(self, request: Request, form: Mapping[str, str], purpose: str) -> Browser:
        """The browser whose form this is; raises OAuthError for a form that is not ours or not this browser's."""
        browser = Browser(request)
        if browser.is_new:
            raise _not_ours("form.browser")
        origins = request.header_values(b"origin")
        if origins and [origin.decode("latin-1") for origin in origins] != [own_origin(request)]:
            raise _not_ours("form.origin", origin=origins[0].decode("latin-1")[:200])
        site = request.header(b"sec-fetch-site")
        if site and site not in _OURS:
            raise _not_ours("form.site", site=site[:40])
        if not self._handles.matches(form.get(FORM_TOKEN, ""), _PURPOSE, browser.value, purpose):
            raise _not_ours("form.token")
        return browser


def own_origin(request: Request) -> str:
    """The origin of our own pages, as this browser sees them: the gate has matched the host with what is configured.

    A custom domain's proxy may send ``origin_domain_name`` as the host. No browser is ever there, but at the domain.
    """
    tenant, host = request.tenant, request.header(b"host")
    domain = urlsplit(tenant.issuer)
    if isinstance(tenant, SeenTenant):
        seen = (domain.hostname, urlsplit(tenant.mtls_issuer).hostname)
        if urlsplit(f"//{host}").hostname not in seen:
            host = domain.netloc
    return f"{domain.scheme}://{host}"


def _not_ours(check: str, **evidence: object) -> OAuthError:
    return OAuthError("invalid_request", "This form has expired or is not ours.", check=check, **evidence)
