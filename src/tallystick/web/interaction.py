"""The id that an application gives one interaction with a resource (FAPI 1 Baseline 6.2.1, item 11).

FAPI 1 has every resource answer with one; FAPI 2 has it come back as it was sent, if at all. So does everybody here.
"""

from __future__ import annotations

import re
from uuid import uuid4

from .answers import Headers
from .request import Request

INTERACTION_ID = b"x-fapi-interaction-id"
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
"""RFC 4122 3. What else was sent counts as nothing: it is the caller's text, and would stand in the log."""


def interaction_headers(request: Request) -> Headers:
    """The header of the answer: the application's own id, or one of ours where it sent none."""
    sent = request.header(INTERACTION_ID)
    interaction_id = sent if _UUID.fullmatch(sent) else str(uuid4())
    return [(INTERACTION_ID, interaction_id.encode())]
