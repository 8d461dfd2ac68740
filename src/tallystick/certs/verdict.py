"""What a proxy that ended the client's TLS says of the chain."""

from __future__ import annotations

import enum


class CaVerdict(enum.Enum):
    """The verdict of a proxy that `front` believes; without one it is for us alone to check."""

    NOT_TOLD = None
    SUCCESS = True
    FAILED = False
