"""A tiny application for the front's tests: what it says shows what reached it."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import MutableMapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from tallystick.errors import StartupError


async def asgi(scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
    """Answers with what it was given; /slow takes a second, /echo gives the body back, /die ends the process."""
    if scope["path"] == "/die":
        os._exit(9)
    body, more = b"", True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        body, more = body + message.get("body", b""), message.get("more_body", False)
    if scope["path"] == "/slow":
        await asyncio.sleep(1.0)
    extensions = scope["extensions"]
    shown = {
        "pid": os.getpid(),
        "parent": os.getppid(),
        "group": os.getpgrp(),
        "method": scope["method"],
        "path": scope["path"],
        "scheme": scope["scheme"],
        "listener": extensions["tallystick.listener"],
        "x5t": [sha256(der).hexdigest() for der in extensions["tallystick.peer_certificates"]],
        "source": extensions["tallystick.certificate_source"],
        "verdict": extensions["tallystick.ca_verdict"],
        "dropped": list(extensions["tallystick.dropped_headers"]),
        "client": (scope["client"] or [""])[0],
        "headers": [[name.decode("latin-1"), value.decode("latin-1")] for name, value in scope["headers"]],
        "body": len(body),
        "settings": os.environ.get("PROMETHEUS_MULTIPROC_DIR", ""),
    }
    content = body if scope["path"] == "/echo" else json.dumps(shown).encode()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(content))]})
    await send({"type": "http.response.body", "body": content})


def read_hosts(path: str | None) -> list[str]:
    """The hosts of a file, none without one."""
    return Path(path).read_text().split() if path and Path(path).exists() else []


class Opened:
    """An opened application; its hosts are in a file, so that a test can change them."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self.asgi = asgi
        self._settings = settings

    async def hosts(self) -> list[str]:
        """One host per line."""
        return read_hosts(self._settings.get("hosts"))

    async def close(self) -> None:
        """Leave a mark, if asked."""
        if "closed" in self._settings:
            with open(self._settings["closed"], "a") as file:  # noqa: ASYNC230  # a test's file
                file.write(f"{os.getpid()}\n")


async def open_app(settings: dict[str, Any]) -> Opened:
    """The factory."""
    if "fail" in settings:
        raise StartupError(settings["fail"])
    if "metrics" in settings:
        from prometheus_client import Counter

        Counter("tiny_opened", "How often the application was opened.").inc()
    return Opened(settings)


async def crash(settings: dict[str, Any]) -> Opened:
    """A factory with a defect."""
    raise RuntimeError("the secret is s3cr3t")
