"""What the caller would rather have (RFC 9110 12.5.1), where an endpoint can answer in two ways."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

ACCEPT_BYTES_MAX = 4096
"""What is listed beyond is not read: browsers send two hundred, and a stranger's whole head of them would take some
twenty milliseconds."""
_EVERYTHING = "*/*"
_Q = re.compile(r"(?:0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)", re.ASCII)


def prefers(accept: Iterable[bytes], wanted: str, usual: str) -> bool:
    """Whether ``wanted``, a media type in lower case, is named in ``Accept`` and not liked less than ``usual``.

    A wildcard does not ask for what is unusual. Nothing in the header makes a refusal: what cannot be read, or suits
    neither, gets the usual answer.
    """
    weights = _weights(accept)
    return 0 < weights.get(wanted, 0.0) >= _weight_of(usual, weights)


def accepts(accept: Iterable[bytes], offered: str) -> bool:
    """Whether the caller takes ``offered``, a media type in lower case; without ``Accept`` it takes anything."""
    fields = list(accept)
    return not fields or _weight_of(offered, _weights(fields)) > 0


def _weight_of(media_type: str, weights: Mapping[str, float]) -> float:
    """RFC 9110 12.5.1: by the narrowest range that names it."""
    ranges = (media_type, f"{media_type.partition('/')[0]}/*", _EVERYTHING)
    return next((weights[one] for one in ranges if one in weights), 0.0)


def _weights(accept: Iterable[bytes]) -> dict[str, float]:
    """Media range → q."""
    weights: dict[str, float] = {}
    for item in _read(b",".join(accept)).decode("latin-1").split(","):
        media_range, *parameters = (part.strip().lower() for part in item.split(";"))
        named = next((one[2:] for one in parameters if one.startswith("q=")), "1")
        weights[media_range] = float(named) if _Q.fullmatch(named) else 0.0
    return weights


def _read(field: bytes) -> bytes:
    """As far as it is read, whole items alone."""
    return field if len(field) <= ACCEPT_BYTES_MAX else field[:ACCEPT_BYTES_MAX].rpartition(b",")[0]
