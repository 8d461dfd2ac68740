"""Refusals as people see them: which words are shown for a failed check, and which way leads back."""

from __future__ import annotations

from urllib.parse import urlencode

from ..web.request import Request

SECTIONS = {
    "pending.unknown": "over",
    "pending.expired": "over",
    "pending.browser": "over",
    "ticket.unknown": "link_over",
    "ticket.expired": "link_over",
    "ticket.account": "link_over",
    "form.browser": "no_cookie",
    "form.origin": "old_form",
    "form.site": "old_form",
    "form.token": "old_form",
}
"""Check → section of the catalogue; every other check has the general one."""
_MAY_RELOAD = ("no_cookie", "old_form")
_STATE_CHARS = 32
"""Of a pending authorization's id."""


def section_of(check: str) -> str:
    """The section of the catalogue with the words for a failed check."""
    return SECTIONS.get(check, "error")


def way_back(request: Request, check: str) -> str:
    """The page again, for one whose form was not taken; empty where another try would not help."""
    if section_of(check) not in _MAY_RELOAD:
        return ""
    state = request.query_string.removeprefix(b"state=").decode("latin-1")
    is_pending = request.query_string.startswith(b"state=") and len(state) == _STATE_CHARS and state.isascii()
    return f"{request.path}?{urlencode({'state': state})}" if is_pending else request.path
