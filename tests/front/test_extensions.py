"""What `front` puts into the ASGI scope is what `web` looks for: by the same names, which neither room imports."""

from __future__ import annotations

import pytest

from tallystick.front import extensions
from tallystick.web import connection, request

READ = {
    "LISTENER": connection,
    "CERTIFICATE_SOURCE": connection,
    "DROPPED_HEADERS": connection,
    "PEER_CERTIFICATES": request,
    "CA_VERDICT": request,
}


@pytest.mark.parametrize("name", READ)
def test_both_ends_call_it_alike(name: str) -> None:
    assert getattr(extensions, name) == getattr(READ[name], name)


def test_every_extension_is_read() -> None:
    written = {
        name for name, value in vars(extensions).items() if str(value).startswith("tallystick.") and name.isupper()
    }
    assert written == READ.keys()
