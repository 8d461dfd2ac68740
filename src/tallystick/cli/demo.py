"""``tallystick demo``: four applications prove who they are in four ways, and each gets a token."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import typer

from .command import on_server
from .decoding import print_decoded
from .demo_setup import AUDIENCE, Applicant, Registrar, remove_everything
from .demo_token import obtain
from .exits import Failed
from .output import Output, print_failure
from .remote import Remote


@on_server
def demo(
    remote: Remote,
    out: Output,
    keep: Annotated[
        Path | None,
        typer.Option(help="Keep the applications, and their keys in this directory, to go on with by hand."),
    ] = None,
) -> None:
    """Show what Tallystick does, on a running server: tokens by secret, private key JWT and two kinds of mTLS."""
    remove_everything(remote)
    with _directory(keep) as directory:
        try:
            registrar = Registrar(remote, directory)
            registrar.register_api()
            steps = registrar.steps()
            results = [_attempt(remote, out, title, register) for title, register in steps.items()]
        finally:
            if keep is None:
                remove_everything(remote)
    obtained = [result for result in results if result is not None]
    if out.as_json:
        out.record({"issuer": remote.issuer, "audience": AUDIENCE, "tokens": obtained})
    if len(obtained) < len(steps):
        raise Failed(f"{len(steps) - len(obtained)} of {len(steps)} tokens were not obtained; see above")
    out.note(f"\nAll {len(steps)} tokens were obtained and hold what they should.")
    if keep is not None:
        out.note(f"The applications stay; their keys are in {keep}.")


def _attempt(remote: Remote, out: Output, title: str, register: Callable[[], Applicant]) -> dict[str, Any] | None:
    """One token; None, with the reason on stderr, when it was not to be had."""
    try:
        result = {"title": title, **obtain(remote, register())}
    except Failed as failure:
        print_failure(Failed(f"{title}: {failure.message}", correlation_id=failure.correlation_id))
        return None
    if not out.as_json:
        _print(result)
    return result


def _print(result: dict[str, Any]) -> None:
    print(f"\n{result['title']}   ({result['method']}, client_id {result['client_id']})\n")
    print(result["access_token"] + "\n")
    print_decoded({"header": result["header"], "claims": result["claims"]})
    print(f"signature   verified with the server's key {result['header'].get('kid')}")
    if result["thumbprint"]:
        print(f"bound to    {result['thumbprint']} = SHA-256 of the certificate that was shown")


@contextmanager
def _directory(keep: Path | None) -> Iterator[Path]:
    if keep is not None:
        keep.mkdir(mode=0o700, parents=True, exist_ok=True)
        yield keep
        return
    with TemporaryDirectory(prefix="tallystick-demo-") as directory:
        yield Path(directory)
