"""Vectors from the RFCs they are named after, and the means to read them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def vectors(name: str) -> Any:
    """What ``name``.json holds."""
    return json.loads(Path(__file__).with_name(f"{name}.json").read_text())
