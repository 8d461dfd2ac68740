"""What turns a function into a command: shared options added, the server opened, and closed again."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import typer

from .configured import ConfigOption, settings_of
from .exits import EPILOG
from .identity import identity_of
from .options import LOCAL, SHARED, Given
from .output import Output
from .remote import Remote
from .whereabouts import find_server

Command = Callable[..., None]
Values = dict[str, Any]
Prepare = Callable[[Values], AbstractContextManager[Values]]
"""From the values of shared options to what the command receives."""


def group(name: str, help_text: str) -> typer.Typer:
    """A group of commands."""
    return typer.Typer(name=name, help=help_text, no_args_is_help=True, epilog=EPILOG)


def on_server(command: Command) -> Command:
    """A command that talks to a server: it gets ``remote`` and ``out`` beside its own parameters."""
    return _with_options(command, SHARED, _opened, frozenset({"remote", "out"}))


def local(command: Command) -> Command:
    """A command that talks to none: it gets ``out`` beside its own parameters."""
    return _with_options(command, LOCAL, _not_opened, frozenset({"out"}))


def with_given(command: Command) -> Command:
    """A command that looks at the shared options itself: it gets ``given`` and ``out``."""
    return _with_options(command, SHARED, _as_given, frozenset({"given", "out"}))


def with_settings(options: tuple[inspect.Parameter, ...]) -> Callable[[Command], Command]:
    """A command on the deployment itself: it gets ``settings``, of which ``options`` may be given, and ``out``.

    One that wants ``reread`` gets a function that reads the configuration file again, under the same options.
    """
    names = [option.name for option in options]
    config = inspect.Parameter("config", inspect.Parameter.KEYWORD_ONLY, default=None, annotation=ConfigOption)

    @contextmanager
    def prepare(values: Values) -> Iterator[Values]:
        reread = functools.partial(settings_of, values["config"], **{name: values[name] for name in names})
        yield {"settings": reread(), "out": Output(as_json=values["as_json"]), "reread": reread}

    def decorate(command: Command) -> Command:
        return _with_options(command, (*options, config, *LOCAL), prepare, frozenset({"settings", "out", "reread"}))

    return decorate


@contextmanager
def _opened(values: Values) -> Iterator[Values]:
    given = Given(**values)
    server = find_server(given)
    remote = Remote(server, identity_of(given, server))
    try:
        yield {"remote": remote, "out": Output(as_json=given.as_json)}
    finally:
        remote.close()


@contextmanager
def _not_opened(values: Values) -> Iterator[Values]:
    yield {"out": Output(**values)}


@contextmanager
def _as_given(values: Values) -> Iterator[Values]:
    given = Given(**values)
    yield {"given": given, "out": Output(as_json=given.as_json)}


def _with_options(
    command: Command, options: tuple[inspect.Parameter, ...], prepare: Prepare, receives: frozenset[str]
) -> Command:
    """``command`` with ``options`` added. An option that it has itself, by the same name, stays its own."""
    own = inspect.signature(command, eval_str=True).parameters
    added = [option for option in options if option.name not in own]
    parameters = [
        parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY)
        for parameter in [*own.values(), *added]
        if parameter.name not in receives
    ]

    @functools.wraps(command)
    def wrapped(**values: Any) -> None:
        with prepare({option.name: values.pop(option.name) for option in added}) as received:
            command(**values, **{name: value for name, value in received.items() if name in own})

    wrapped.__doc__ = _paragraphs(command.__doc__)
    wrapped.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]  # where inspect looks
    wrapped.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return wrapped


def _paragraphs(docstring: str | None) -> str:
    """A docstring whose paragraphs are a line each: help breaks lines by the terminal's width, not by ours."""
    return "\n\n".join(" ".join(text.split()) for text in inspect.cleandoc(docstring or "").split("\n\n"))
