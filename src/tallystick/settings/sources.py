"""Where settings come from: option > environment ``TALLYSTICK_<NAME>`` > TOML file > default."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..errors import StartupError
from .checks import checked
from .settings import Settings
from .table import BY_NAME, PREFIX, Field

TRUTH = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}


def load_settings(
    options: Mapping[str, object],
    environ: Mapping[str, str],
    config: Path | None = None,
    *,
    other_variables: frozenset[str] = frozenset({"TALLYSTICK_CONFIG"}),
) -> Settings:
    """Settings out of the three sources, checked; raises :class:`StartupError` with one line naming the culprit.

    ``options`` are command line values by field name, None meaning not given. ``config`` is the TOML file; without it
    ``TALLYSTICK_CONFIG`` names one. ``other_variables`` are TALLYSTICK_ variables that are not settings.
    """
    if config is None and environ.get("TALLYSTICK_CONFIG"):
        config = Path(environ["TALLYSTICK_CONFIG"])
    given = {
        **(from_file(config) if config is not None else {}),
        **from_environment(environ, other_variables),
        **from_options(options),
    }
    return checked(Settings(**given))


def from_file(path: Path) -> dict[str, Any]:
    """Settings of a TOML file; relative paths in it are relative to the file."""
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise StartupError(f"cannot read the configuration file {path}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise StartupError(f"the configuration file {path} is not TOML: {error}") from error
    values = {}
    for name, value in document.items():
        if name not in BY_NAME:
            raise StartupError(f"the configuration file {path} has an unknown key: {name}")
        read = typed(BY_NAME[name], value, f"{name} in {path}")
        values[name] = path.parent / read if isinstance(read, Path) else read
    return values


def from_environment(environ: Mapping[str, str], other_variables: frozenset[str]) -> dict[str, Any]:
    """Settings out of TALLYSTICK_ variables; an empty one counts as not given."""
    values = {}
    for variable, text in environ.items():
        if not variable.startswith(PREFIX) or variable in other_variables:
            continue
        field = BY_NAME.get(variable.removeprefix(PREFIX).lower())
        if field is None or field.variable != variable:
            raise StartupError(f"unknown environment variable: {variable}")
        if text != "":
            values[field.name] = parsed(field, text, variable)
    return values


def from_options(options: Mapping[str, object]) -> dict[str, Any]:
    """Settings out of command line values; None is not given."""
    values = {}
    for name, value in options.items():
        if name not in BY_NAME or BY_NAME[name].secret:
            raise StartupError(f"unknown option: --{name.replace('_', '-')}")
        if value is not None:
            field = BY_NAME[name]
            values[name] = (
                parsed(field, value, field.option) if isinstance(value, str) else typed(field, value, field.option)
            )
    return values


def parsed(field: Field, text: str, source: str) -> Any:
    """A value out of text."""
    if field.type is bool:
        if text.lower() not in TRUTH:
            raise StartupError(f"{source} must be true or false")
        return TRUTH[text.lower()]
    if field.type is int:
        # isdecimal alone would take other scripts' digits, and int() would take signs, blanks and underscores.
        if not (text.isascii() and text.isdecimal()):
            raise StartupError(f"{source} must be a whole number")
        return int(text)
    return field.type(text)


def typed(field: Field, value: object, source: str) -> Any:
    """A value that has a type already; text counts as a path where one is wanted."""
    if field.type is Path and isinstance(value, str):
        return Path(value)
    if not isinstance(value, field.type) or (field.type is int and isinstance(value, bool)):
        raise StartupError(f"{source} must be of type {field.type.__name__.lower()}")
    return value
