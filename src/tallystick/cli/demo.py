"""``tallystick demo``: four applications prove who they are in four ways, each gets a token; and a person signs in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import typer

from .command import on_server
from .decoding import print_decoded
from .demo_setup import AUDIENCE, Applicant, Registrar, remove_everything
from .demo_sign_in import TITLE, sign_in
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
    """Show what Tallystick does, on a running server: tokens by secret, private key JWT, mTLS, and a sign-in."""
    remove_everything(remote)
    with _directory(keep) as directory:
        try:
            registrar = Registrar(remote, directory)
            registrar.register_api()
            steps = registrar.steps()
            tried = [
                _attempt(out, title, partial(_token, remote, title, step), _print) for title, step in steps.items()
            ]
            signed_in = _attempt(out, TITLE, partial(sign_in, remote, registrar), _print_sign_in)
        finally:
            if keep is None:
                remove_everything(remote)
    obtained = [result for result in tried if result is not None]
    if out.as_json:
        out.record({"issuer": remote.issuer, "audience": AUDIENCE, "tokens": obtained, "sign_in": signed_in})
    if len(obtained) < len(steps):
        raise Failed(f"{len(steps) - len(obtained)} of {len(steps)} tokens were not obtained; see above")
    if signed_in is None:
        raise Failed("the person did not get in; see above")
    out.note(f"\nAll {len(steps)} tokens were obtained, the person signed in, and everything holds what it should.")
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


def _print(result: dict[str, Any]) -> None:
    print(f"\n{result['title']}   ({result['method']}, client_id {result['client_id']})\n")
    print(result["access_token"] + "\n")
    print_decoded({"header": result["header"], "claims": result["claims"]})
    print(f"signature   verified with the server's key {result['header'].get('kid')}")
    if result["thumbprint"]:
        print(f"bound to    {result['thumbprint']} = SHA-256 of the certificate that was shown")


def _print_sign_in(result: dict[str, Any]) -> None:
    print(f"\n{result['title']}   (authorization_code, client_id {result['client_id']})\n")
    print(
        f"{result['email']} went to /authorize, signed in on the server's page, and came back to a listener on loopback"
    )
    print("with a code. Nobody but the application, which kept the verifier, could turn it into these.\n")
    print("ID token: for the application, to know who signed in, how and when. sub names the person for good.")
    print_decoded(result["id_token"])
    print("\naccess token: for the API; azp is the application, scope what the person may do through it.")
    print_decoded(result["access_token"])
    print(
        "\nrefresh     once: there are new tokens, and the refresh token itself was replaced, as it is shown but once"
    )


@contextmanager
def _directory(keep: Path | None) -> Iterator[Path]:
    if keep is not None:
        keep.mkdir(mode=0o700, parents=True, exist_ok=True)
        yield keep
        return
    with TemporaryDirectory(prefix="tallystick-demo-") as directory:
        yield Path(directory)
