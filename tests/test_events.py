"""The table of log types."""

from __future__ import annotations

from tallystick.events import LOG_TYPES, EventType


def test_every_code_that_is_written_has_a_meaning() -> None:
    codes = {value for name, value in vars(EventType).items() if not name.startswith("_")}
    assert codes == LOG_TYPES.keys()
    assert all(type_.words and type_.meaning.endswith(".") for type_ in LOG_TYPES.values())
