"""The settings of commands that work on the deployment itself rather than through a server."""

from __future__ import annotations

import inspect
import os
from pathlib import Path
from typing import Annotated, Any

import typer

from ..settings import FIELDS, Field, Settings, load_settings
from .options import SECRET_VARIABLE

ConfigOption = Annotated[
    Path | None, typer.Option("--config", metavar="FILE", help="TOML file with settings. [TALLYSTICK_CONFIG]")
]
OWN_VARIABLES = frozenset({"TALLYSTICK_CONFIG", SECRET_VARIABLE})
"""TALLYSTICK_ variables that are not settings."""


def settings_of(config: Path | None, **options: Any) -> Settings:
    """The settings that options, environment and file amount to; raises StartupError."""
    return load_settings(options, os.environ, config, other_variables=OWN_VARIABLES)


def setting_option(field: Field) -> inspect.Parameter:
    """A setting as a command line option; None when it is not given, since file and environment come next."""
    shown = field.help if field.default is None or field.type is bool else f"{field.help} Default {field.default}."
    option = typer.Option(field.option, help=f"{shown} [{field.variable}]", show_default=False)
    if field.type is bool:
        option = typer.Option(f"{field.option}/--no-{field.option[2:]}", help=f"{shown} [{field.variable}]")
    annotation: Any = Annotated.__class_getitem__((field.type | None, option))  # type: ignore[attr-defined]  # from a table
    return inspect.Parameter(field.name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=annotation)


SETTING_OPTIONS = tuple(setting_option(field) for field in FIELDS if not field.secret)
"""Every setting that may stand on a command line."""
STORAGE_OPTIONS = tuple(option for option in SETTING_OPTIONS if option.name in ("data", "database"))
"""Those that say where the database is."""
