"""Which server: from the data directory's bootstrap.json, or from options."""

from __future__ import annotations

import ipaddress
import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from .exits import UNREACHABLE, USAGE, Failed
from .files import read_text
from .options import DATA_VARIABLE, DEFAULT_DATA, Given


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """Where the server is, and what bootstrap.json knows of it."""

    base_url: str
    """``https://host[:port]/``: where to look for the discovery document."""
    ca_file: Path | None = None
    issuer: str | None = None
    """The issuer, when a file says so; else discovery must name ``base_url`` itself."""
    management_audience: str | None = None
    management_client_id: str | None = None
    management_secret: str | None = field(default=None, repr=False)

    @property
    def is_loopback(self) -> bool:
        """Whether the server is on this machine."""
        return is_loopback(self.base_url)


def is_loopback(url: str) -> bool:
    """Whether a URL leads to this machine."""
    host = urlsplit(url).hostname or ""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def whole_url(url: str, what: str) -> str:
    """``url`` as it is; Failed, with ``what`` it was given as, for the beginning or the end of one."""
    if not url.lower().startswith(("https://", "http://")):
        raise Failed(f"{what} is the whole URL, https://…, not {url}", exit_code=USAGE)
    return url


def find_server(given: Given) -> Whereabouts:
    """The server. With ``--domain`` alone no data directory is read, so that its secret goes to no other server."""
    if given.domain is not None and given.data is None:
        return Whereabouts(base_url=base_url_of(given.domain), ca_file=given.ca_file)
    found = _from_bootstrap(given.data or Path(os.environ.get(DATA_VARIABLE) or DEFAULT_DATA))
    ca_file = given.ca_file or found.ca_file
    if ca_file is not None and given.ca_file is None and not ca_file.exists():
        hint = "a server that starts for the first time makes it in a moment; if it was moved, --ca-file names it"
        raise Failed(f"there is no {ca_file}", exit_code=UNREACHABLE, hint=hint)
    return Whereabouts(
        base_url=base_url_of(given.domain) if given.domain else found.base_url,
        ca_file=ca_file,
        issuer=found.issuer,
        management_audience=found.management_audience,
        management_client_id=found.management_client_id,
        management_secret=found.management_secret,
    )


def base_url_of(domain: str) -> str:
    """``host[:port]`` or a URL as a base URL; plain HTTP must be asked for by a URL, and stays on this machine."""
    url = domain if "://" in domain else f"https://{domain}"
    parts = urlsplit(url)
    try:
        valid = parts.scheme in ("https", "http") and parts.hostname and parts.port != 0
    except ValueError:
        valid = False
    if not valid or parts.path not in ("", "/") or parts.query or parts.fragment or "@" in parts.netloc:
        raise Failed(f"not a host[:port]: {domain}", exit_code=USAGE)
    if parts.scheme == "http" and not is_loopback(url):
        raise Failed("plain HTTP is for this machine only", exit_code=USAGE)
    return f"{parts.scheme}://{parts.netloc}/"


def _from_bootstrap(data: Path) -> Whereabouts:
    path = data / "bootstrap.json"
    if not path.exists():
        hint = "start a server with `tallystick serve`, or name one with --data DIR or --domain HOST:PORT"
        raise Failed(f"there is no {path}", exit_code=USAGE, hint=hint)
    try:
        content: dict[str, Any] = json.loads(read_text(path))
        management = content["management"]
        return Whereabouts(
            base_url=content["issuer"],
            ca_file=_existing(content.get("ca_file"), data),
            issuer=content["issuer"],
            management_audience=management["audience"],
            management_client_id=management["client_id"],
            management_secret=management["client_secret"],
        )
    except (ValueError, KeyError, TypeError) as error:
        raise Failed(f"{path} is not what a server wrote: {error}", exit_code=USAGE) from error


def _existing(ca_file: str | None, data: Path) -> Path | None:
    """The CA's file: where it was written, else in the data directory, which may have been moved; maybe not there."""
    if not ca_file:
        return None
    candidates = (Path(ca_file), data / ca_file, data / "tls" / Path(ca_file).name)
    return next((path for path in candidates if path.exists()), candidates[-1])
