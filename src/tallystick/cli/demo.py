"""``tallystick demo``: five applications prove who they are, each gets a token; and a person signs in, to two more."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import typer

from .command import on_server
from .demo_setup import AUDIENCE, Applicant, Registrar, remove_everything
from .demo_shown import print_sign_in, print_signed, print_token
from .demo_sign_in import TITLE, sign_in
from .demo_signed import TITLE as SIGNED_TITLE
from .demo_signed import sign_in_signed
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
    """Show what Tallystick does, on a running server: tokens by secret, private key JWT, mTLS, DPoP, two sign-ins."""
    remove_everything(remote)
    with _directory(keep) as directory:
        try:
            registrar = Registrar(remote, directory)
            registrar.register_apis()
            steps = registrar.steps()
            tried = [
                _attempt(out, title, partial(_token, remote, title, step), print_token) for title, step in steps.items()
            ]
            signed_in = _attempt(out, TITLE, partial(sign_in, remote, registrar), print_sign_in)
            signed = _attempt(out, SIGNED_TITLE, partial(sign_in_signed, remote, registrar), print_signed)
        finally:
            if keep is None:
                remove_everything(remote)
    obtained = [result for result in tried if result is not None]
    if out.as_json:
        result = {"issuer": remote.issuer, "audience": AUDIENCE, "tokens": obtained}
        out.record({**result, "sign_in": signed_in, "signed_sign_in": signed})
    if len(obtained) < len(steps):
        raise Failed(f"{len(steps) - len(obtained)} of {len(steps)} tokens were not obtained; see above")
    if signed_in is None or signed is None:
        raise Failed("the person did not get in; see above")
    out.note(
        f"\nAll {len(steps)} tokens were obtained, the person signed in twice, and everything holds what it should."
    )
    out.note(f"{signed_in['email']} stays, with a password that nobody knows: `tallystick users delete` removes it.")
    if keep is not None:
        out.note(f"The applications stay; their keys are in {keep}.")


def _attempt(
    out: Output, title: str, work: Callable[[], dict[str, Any]], show: Callable[[dict[str, Any]], None]
) -> dict[str, Any] | None:
    """What came of it; None, with the reason on stderr, when nothing did."""
    try:
        result = work()
    except Failed as failure:
        print_failure(Failed(f"{title}: {failure.message}", hint=failure.hint, correlation_id=failure.correlation_id))
        return None
    if not out.as_json:
        show(result)
    return result


def _token(remote: Remote, title: str, register: Callable[[], Applicant]) -> dict[str, Any]:
    return {"title": title, **obtain(remote, register())}


@contextmanager
def _directory(keep: Path | None) -> Iterator[Path]:
    if keep is not None:
        keep.mkdir(mode=0o700, parents=True, exist_ok=True)
        yield keep
        return
    with TemporaryDirectory(prefix="tallystick-demo-") as directory:
        yield Path(directory)
