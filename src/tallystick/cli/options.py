"""Options that many commands share: how to find the server, who to be there, and JSON.

Written once, as the parameters of :func:`shared`, whose answer holds what was given; `command` adds them to commands.
"""

from __future__ import annotations

import inspect
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import typer

SECRET_VARIABLE = "TALLYSTICK_CLIENT_SECRET"  # noqa: S105  # a name, not a secret
DATA_VARIABLE = "TALLYSTICK_DATA"
"""Read only where no ``--domain`` is given, else the data directory's secret would go to whatever server that names."""
DEFAULT_DATA = Path("./data")
METHODS = (
    "none",
    "client_secret_post",
    "client_secret_basic",
    "private_key_jwt",
    "tls_client_auth",
    "self_signed_tls_client_auth",
)
SERVER = "Which server"
IDENTITY = "Who to be there"


@dataclass(frozen=True, slots=True)
class Given:
    """The shared options, as given."""

    data: Path | None = None
    domain: str | None = None
    ca_file: Path | None = None
    client_id: str | None = None
    client_secret: str | None = field(default=None, repr=False)
    client_secret_file: Path | None = None
    key: Path | None = None
    alg: str | None = None
    kid: str | None = None
    cert: Path | None = None
    cert_key: Path | None = None
    dpop: str | None = None
    method: str | None = None
    as_json: bool = False


def _option(flag: str, text: str, panel: str, **more: Any) -> Any:
    return typer.Option(flag, help=text, rich_help_panel=panel, show_default=False, **more)


def shared(
    data: Annotated[
        Path | None,
        _option(
            "--data",
            "The server's data directory; its bootstrap.json says the rest. Default ./data. [TALLYSTICK_DATA]",
            SERVER,
        ),
    ] = None,
    domain: Annotated[
        str | None, _option("--domain", "Host[:port] of the server, instead of a data directory.", SERVER)
    ] = None,
    ca_file: Annotated[
        Path | None, _option("--ca-file", "PEM file of the authority that the server's certificate leads to.", SERVER)
    ] = None,
    client_id: Annotated[str | None, _option("--client-id", "Id of the application.", IDENTITY)] = None,
    client_secret: Annotated[
        str | None,
        _option(
            "--client-secret",
            "Its secret; - reads it from stdin. Process lists show options: the variable or a file is better.",
            IDENTITY,
            envvar=SECRET_VARIABLE,
        ),
    ] = None,
    client_secret_file: Annotated[
        Path | None, _option("--client-secret-file", "File with its secret.", IDENTITY)
    ] = None,
    key: Annotated[
        Path | None,
        _option("--key", "Its private key, PEM or JWK: for an assertion, or for --cert when that is given.", IDENTITY),
    ] = None,
    alg: Annotated[str | None, _option("--alg", "Algorithm of the assertion; default by the key.", IDENTITY)] = None,
    kid: Annotated[str | None, _option("--kid", "Key id in the assertion's header.", IDENTITY)] = None,
    cert: Annotated[
        Path | None, _option("--cert", "Client certificate, PEM, with its chain: authenticates or binds.", IDENTITY)
    ] = None,
    cert_key: Annotated[
        Path | None, _option("--cert-key", "Key of --cert, when --key is for an assertion.", IDENTITY)
    ] = None,
    dpop: Annotated[
        str | None,
        _option(
            "--dpop", "Private key, PEM or JWK, to bind the token to by DPoP; new makes one for this once.", IDENTITY
        ),
    ] = None,
    method: Annotated[
        str | None,
        _option("--method", f"Authentication method, default by what is given: {', '.join(METHODS)}.", IDENTITY),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for scripts.")] = False,
) -> Given:
    """What was given."""
    return Given(**locals())


SHARED = tuple(inspect.signature(shared, eval_str=True).parameters.values())
"""The options of commands that talk to a server."""
LOCAL = tuple(parameter for parameter in SHARED if parameter.name == "as_json")
"""The options of commands that talk to none."""
