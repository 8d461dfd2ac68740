"""/metrics: what all workers counted, served by the supervisor on a loopback port of its own."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import make_wsgi_app
from prometheus_client.mmap_dict import MmapedDict
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

from ..errors import StartupError
from .certificates import ServerCertificate
from .files import PRIVATE_MODE, write_atomically
from .life import Life, LifeCollector

LOOPBACK = "127.0.0.1"
DIRECTORY_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
DEFAULT_HOST = "*"
"""What the default certificate is called: it is shown for every host without one of its own."""
DEAD = 0
"""Under this process id stands what all dead workers have counted together."""


class QuietHandler(WSGIRequestHandler):
    """Without a log line per scrape."""

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing."""


class Metrics:
    """A directory into which workers count (``PROMETHEUS_MULTIPROC_DIR``), and the server that adds up."""

    def __init__(self, port: int, life: Life) -> None:
        self.directory = Path(tempfile.mkdtemp(prefix="tallystick-metrics-"))
        self._life = life
        self._lock = threading.Lock()
        """Nobody adds up while what a dead worker counted is moved, for then it would be there twice or not at all."""
        registry = CollectorRegistry()
        MultiProcessCollector(registry, path=str(self.directory))  # type: ignore[no-untyped-call]
        registry.register(LifeCollector(life, self._certificates))
        app = only_metrics(self._one_at_a_time(make_wsgi_app(registry)))
        try:
            self._server = make_server(LOOPBACK, port, app, handler_class=QuietHandler)
        except OSError as error:
            shutil.rmtree(self.directory, ignore_errors=True)
            raise StartupError(f"cannot listen on {LOOPBACK} port {port} for metrics: {error.strerror}") from error
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True, name="metrics")
        self._thread.start()

    def forget(self, process_id: int) -> None:
        """A worker is dead: its gauges of what lives now go, its counts stay, in one file with those of others."""
        with self._lock:
            mark_process_dead(process_id, str(self.directory))  # type: ignore[no-untyped-call]
            (self.directory / f"certificates_{process_id}.json").unlink(missing_ok=True)
            for kind in ("counter", "histogram"):
                add_up(self.directory / f"{kind}_{process_id}.db", self.directory / f"{kind}_{DEAD}.db")

    def close(self) -> None:
        """Stop serving and remove the directory."""
        self._server.shutdown()
        self._server.server_close()
        shutil.rmtree(self.directory, ignore_errors=True)

    def _one_at_a_time(self, app: Callable[..., Iterable[bytes]]) -> Callable[..., Iterable[bytes]]:
        def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
            with self._lock:
                return list(app(environ, start_response))

        return answer

    def _certificates(self) -> dict[str, float]:
        """Host → when its certificate ends: the earliest that any worker shows."""
        found: dict[str, float] = {}
        for process_id in list(self._life.workers):
            with suppress(OSError):
                told = json.loads((self.directory / f"certificates_{process_id}.json").read_bytes())
                for host, end_s in told.items():
                    found[host] = min(end_s, found.get(host, end_s))
        return found


def add_up(one: Path, sum_: Path) -> None:
    """Add what one file has counted to another, and remove it."""
    if not one.exists():
        return
    total = MmapedDict(str(sum_))  # type: ignore[no-untyped-call]
    try:
        for key, value, _, _ in MmapedDict.read_all_values_from_file(str(one)):  # type: ignore[no-untyped-call]
            total.write_value(key, total.read_value(key)[0] + value, 0.0)  # type: ignore[no-untyped-call]
    finally:
        total.close()  # type: ignore[no-untyped-call]
    one.unlink()


def tell_certificates(default: ServerCertificate, by_host: Mapping[str, ServerCertificate]) -> None:
    """A worker says until when the certificates are good that it shows, if anybody counts."""
    directory = os.environ.get(DIRECTORY_VARIABLE)
    if directory is None:
        return
    shown = {DEFAULT_HOST: default, **by_host}
    ends = {host: certificate.leaf.not_valid_after_utc.timestamp() for host, certificate in shown.items()}
    path = Path(directory) / f"certificates_{os.getpid()}.json"
    write_atomically(path, json.dumps(ends).encode(), PRIVATE_MODE)


def only_metrics(app: Callable[..., Iterable[bytes]]) -> Callable[..., Iterable[bytes]]:
    """``app`` at /metrics, and nothing anywhere else."""

    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if environ["PATH_INFO"] == "/metrics":
            return app(environ, start_response)
        start_response("404 Not Found", [("Content-Type", "text/plain")])
        return [b"/metrics\n"]

    return answer
