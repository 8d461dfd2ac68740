"""What the caller would rather have (RFC 9110 12.5.1), where an endpoint can answer in two ways."""

from __future__ import annotations

import re
from collections.abc import Iterable

_Q = re.compile(r"(?:0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)", re.ASCII)


def prefers(accept: Iterable[bytes], wanted: str, usual: str) -> bool:
    """Whether ``wanted``, a media type in lower case, is named in ``Accept`` and not liked less than ``usual``.

    A wildcard does not ask for what is unusual. Nothing in the header makes a refusal: what cannot be read, or suits
    neither, gets the usual answer.
    """
    weights = _weights(accept)
    weight = weights.get(wanted, 0.0)
    least = next((weights[one] for one in (usual, f"{usual.partition('/')[0]}/*", "*/*") if one in weights), 0.0)
    return weight > 0 and weight >= least


def _weights(accept: Iterable[bytes]) -> dict[str, float]:
    """Media range → q."""
    weights: dict[str, float] = {}
    for item in b",".join(accept).decode("latin-1").split(","):
        media_range, *parameters = (part.strip().lower() for part in item.split(";"))
        named = next((one[2:] for one in parameters if one.startswith("q=")), "1")
        weights[media_range] = float(named) if _Q.fullmatch(named) else 0.0
    return weights
