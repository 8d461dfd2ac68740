"""Serves the tiny application as `serve` would; tells its ports, and that it is ready, as lines of JSON."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from tallystick.errors import StartupError
from tallystick.front.listeners import open_listeners
from tallystick.front.proxies import Proxies
from tallystick.front.serve_plan import ServePlan
from tallystick.front.sources import LocalCertificates
from tallystick.front.supervisor import serve


def say(**what: object) -> None:
    print(json.dumps(what), flush=True)


def main(options: dict[str, object]) -> int:
    directory = Path(str(options["directory"]))
    unix_socket = directory / "tiny.sock" if options.get("unix") else None
    listeners = open_listeners("localhost", 0, 0, unix_socket=unix_socket)
    say(port=listeners.port, mtls_port=listeners.mtls_port)
    plan = ServePlan(
        factory=str(options.get("factory", "tests.front.tiny:open_app")),
        settings=options.get("settings", {}),
        listeners=listeners,
        certificates=LocalCertificates(directory / "tls", ("localhost", "127.0.0.1", "::1")),
        proxies=Proxies(form="rfc9440") if options.get("unix") else None,
        workers=int(str(options.get("workers", 1))),
        metrics_port=int(str(options.get("metrics_port", 0))),
    )
    try:
        serve(plan, lambda: say(ready=True))
    except StartupError as error:
        say(error=str(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(json.loads(sys.argv[1])))
