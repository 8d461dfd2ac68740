"""``tallystick call``: an API called as an application would, with a token of its own that is bound where it can be."""

from __future__ import annotations

import sys
from http.client import responses
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .answers import unreachable
from .api_refusals import about_held, refused_call
from .command import with_given
from .exits import USAGE, Failed
from .held_token import HeldToken
from .identity import holder_of, identity_of
from .options import Given
from .output import Output, print_json, printable
from .remote import TIMEOUT_S, Remote, tls_context
from .shown_token import read_token
from .whereabouts import find_server, is_loopback, whole_url

if TYPE_CHECKING:
    import httpx

    from ..sdk.sources import TokenSource

FORM = "application/x-www-form-urlencoded"
OURS = frozenset({"authorization", "dpop"})
"""What shows the token. Given by hand it would be replaced, unsaid."""
REQUEST = "What to send"


def _option(*flags: str, text: str) -> Any:
    return typer.Option(*flags, help=text, rich_help_panel=REQUEST, show_default=False)


@with_given
def call(
    given: Given,
    out: Output,
    url: Annotated[str, typer.Argument(metavar="URL", help="What to call.", show_default=False)],
    audience: Annotated[
        str | None, typer.Option(help="The API, by its identifier; for the management application its own API.")
    ] = None,
    scope: Annotated[
        str | None, typer.Option(help="Scopes, separated by spaces; default all that are granted.")
    ] = None,
    token: Annotated[
        str | None,
        _option("--token", text="A token that you have already, in place of a new one; - reads it from stdin."),
    ] = None,
    request: Annotated[
        str | None, _option("-X", "--request", text="The method; default GET, or POST with a body.")
    ] = None,
    body: Annotated[
        str | None, _option("-d", "--body", text="The body; @FILE reads a file, @- stdin. A form unless -H says more.")
    ] = None,
    header: Annotated[list[str] | None, _option("-H", "--header", text="A header, NAME: VALUE. Repeatable.")] = None,
) -> None:
    """Call an API with a token of the application: got for the call, shown with certificate or DPoP proof.

    With --token it is yours as it is: --dpop and --cert then name what it is bound to.
    The status goes to stderr and the body to stdout. The API's certificate may lead to --ca-file or to an authority of
    the system.
    """
    url = whole_url(url, "what to call")
    headers = dict(map(_header, header or ()))
    content = None if body is None else _content_of(body)
    if content is not None:
        headers = {"Content-Type": FORM} | headers
    held = None if token is None else read_token(token)
    if held is not None and (audience or scope):
        raise Failed("--audience and --scope are for a new token, --token brings one", exit_code=USAGE)
    server = find_server(given)
    remote = Remote(server, identity_of(given, server) if held is None else holder_of(given))
    try:
        source = _source(remote, audience, scope) if held is None else HeldToken(remote.application, held)
        method = request or ("GET" if content is None else "POST")
        answer = _called(remote, method, url, source, headers=headers, content=content)
    finally:
        remote.close()
    _print(out, answer)
    if not answer.is_success:
        failed = refused_call(answer)
        raise failed if held is None else about_held(failed, held, answer.request, remote)


def _source(remote: Remote, audience: str | None, scope: str | None) -> TokenSource:
    from ..sdk.sources import ClientCredentials

    if audience is None and remote.identity.client_id == remote.server.management_client_id:
        audience = remote.server.management_audience
    return ClientCredentials(remote.application, audience=audience, scope=scope)


def _called(remote: Remote, method: str, url: str, source: TokenSource, **request: Any) -> httpx.Response:
    import httpx

    from ..sdk.adapters.httpx import TokenAuth
    from ..sdk.failures import ExchangeFailed

    context = tls_context(remote.server.ca_file, remote.identity.cert, remote.identity.cert_key)
    context.load_default_certs()
    try:
        auth = TokenAuth(source, url)
        with httpx.Client(verify=context, timeout=TIMEOUT_S, trust_env=not is_loopback(url)) as http:
            return http.request(method, url, auth=auth, **request)
    except ExchangeFailed as failure:
        raise remote.refused_by(failure) from failure
    except (httpx.InvalidURL, httpx.UnsupportedProtocol, httpx.LocalProtocolError, ValueError) as error:
        raise Failed(str(error), exit_code=USAGE) from error
    except httpx.HTTPError as error:
        raise unreachable(url, error) from error


def _header(text: str) -> tuple[str, str]:
    name, colon, value = text.partition(":")
    if not colon or not name.strip():
        raise Failed(f"a header is NAME: VALUE, not {text}", exit_code=USAGE)
    if name.strip().lower() in OURS:
        raise Failed(f"the command sends {name.strip()} itself", exit_code=USAGE, hint="--token brings yours")
    return name.strip().title(), value.strip()


def _content_of(body: str) -> bytes:
    if not body.startswith("@"):
        return body.encode()
    if body == "@-":
        return sys.stdin.buffer.read()
    try:
        return Path(body[1:]).read_bytes()
    except OSError as error:
        raise Failed(f"cannot read {body[1:]}: {error.strerror}", exit_code=USAGE) from error


def _print(out: Output, answer: httpx.Response) -> None:
    out.note(f"HTTP {answer.status_code} {responses.get(answer.status_code, '')}".rstrip())
    if out.as_json:
        print_json({"status": answer.status_code, "headers": dict(answer.headers.items()), "body": _read(answer)})
    elif sys.stdout.isatty():
        # What an API says must not steer the terminal; into a pipe goes every byte.
        print(printable(answer.text))
    else:
        sys.stdout.flush()
        sys.stdout.buffer.write(answer.content)
        sys.stdout.buffer.flush()


def _read(answer: httpx.Response) -> Any:
    try:
        return answer.json()
    except ValueError:
        return answer.text
