"""The table of log types."""

from __future__ import annotations

import re
from pathlib import Path

import tallystick
from tallystick.events import LOG_TYPES, EventType


def test_every_code_that_is_written_has_a_meaning() -> None:
    codes = {value for name, value in vars(EventType).items() if not name.startswith("_")}
    assert codes == LOG_TYPES.keys()
    assert all(type_.words and type_.meaning.endswith(".") for type_ in LOG_TYPES.values())


def test_every_code_in_the_table_is_written_somewhere() -> None:
    rooms = Path(tallystick.__file__).parent
    files = (file for file in rooms.rglob("*.py") if file != rooms / "events.py")
    named = {name for file in files for name in re.findall(r"EventType\.([A-Z_]+)", file.read_text("utf-8"))}
    assert named == {name for name in vars(EventType) if not name.startswith("_")}
