"""The master key: one, whole, private; and a database that knows its own (design: first start)."""

from __future__ import annotations

import os
from base64 import urlsafe_b64encode
from pathlib import Path

import pytest
from msgspec.structs import replace

from tallystick.deployment.master_key import (
    FILE_NAME,
    check_value,
    make_master_key,
    read_master_key,
    right_master_key,
)
from tallystick.errors import StartupError
from tallystick.settings import Settings

KEY = bytes(range(32))
TEXT = urlsafe_b64encode(KEY).decode()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data=tmp_path)


def test_a_key_is_made_once_and_for_its_owner_alone(settings: Settings) -> None:
    assert read_master_key(settings) is None
    before = os.umask(0)
    try:
        made = make_master_key(settings)
    finally:
        os.umask(before)
    assert len(made) == 32
    assert read_master_key(settings) == made
    assert (settings.data / FILE_NAME).stat().st_mode & 0o777 == 0o600
    with pytest.raises(FileExistsError):
        make_master_key(settings)
    assert read_master_key(settings) == made


@pytest.mark.parametrize("text", [TEXT, TEXT.rstrip("="), TEXT + "\n", f"  {TEXT}\n"])
def test_the_file_in_the_spellings_people_write(settings: Settings, text: str) -> None:
    (settings.data / FILE_NAME).write_text(text)
    assert read_master_key(settings) == KEY


@pytest.mark.parametrize("text", ["", "x", TEXT[:-4], TEXT.rstrip("=") + "AAAA", "!" * 43, "\u00e9" * 43, "A" * 42])
def test_a_key_that_is_none_stops_the_start(settings: Settings, text: str) -> None:
    (settings.data / FILE_NAME).write_text(text)
    with pytest.raises(StartupError) as refusal:
        read_master_key(settings)
    assert len(str(refusal.value).splitlines()) == 1
    assert not text or text not in str(refusal.value)
    if text.isascii():
        with pytest.raises(StartupError, match="TALLYSTICK_MASTER_KEY"):
            read_master_key(replace(settings, master_key=text))


def test_the_environment_goes_before_the_file(settings: Settings) -> None:
    make_master_key(settings)
    assert read_master_key(replace(settings, master_key=TEXT)) == KEY


def test_a_filled_database_takes_its_own_key_alone(settings: Settings) -> None:
    expected = check_value(KEY)
    with pytest.raises(StartupError, match="missing"):
        right_master_key(settings, expected)
    assert right_master_key(replace(settings, master_key=TEXT), expected) == KEY
    make_master_key(settings)
    with pytest.raises(StartupError, match="not the one"):
        right_master_key(settings, expected)
    for wrong in (b"", expected[:-1], expected + b"\0", check_value(bytes(32))):
        with pytest.raises(StartupError, match="not the one"):
            right_master_key(replace(settings, master_key=TEXT), wrong)


def test_what_the_database_keeps_tells_nothing_of_the_key() -> None:
    assert check_value(KEY) != KEY
    assert len(check_value(KEY)) == 32
    assert check_value(KEY) != check_value(KEY[::-1])
