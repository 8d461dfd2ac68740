"""What our own resources say of themselves (RFC 9728), and where."""

from __future__ import annotations

from ..apis.effective import SystemScopes
from ..endpoints.published import PublishedDocument
from ..endpoints.table import USERINFO
from ..endpoints.userinfo_metadata import write_userinfo_metadata
from ..management.door import AUDIENCE_PATH
from ..management.protected_resource import management_metadata
from ..web.protected_resource import WELL_KNOWN


def protected_resources(system_scopes: SystemScopes) -> dict[str, PublishedDocument]:
    """Path → document (RFC 9728 3.1). With and without the slash that the Management API's name ends in."""
    management, found = PublishedDocument(management_metadata(system_scopes)), f"/{WELL_KNOWN}{AUDIENCE_PATH}"
    return {
        found: management,
        found.rstrip("/"): management,
        f"/{WELL_KNOWN}{USERINFO.path}": PublishedDocument(write_userinfo_metadata),
    }
