"""What the rooms below refuse, told as the fault of one field of a body."""

from __future__ import annotations

from ..errors import InvalidField, Refused


def on_field(path: str, refusal: Refused) -> InvalidField:
    """The same refusal, on ``path``; its exact check and evidence stay for the log."""
    return InvalidField(path, refusal.description, check=refusal.check, because=refusal.evidence)
