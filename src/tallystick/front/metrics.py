"""/metrics: what all workers counted, served by the supervisor on a loopback port of its own."""

from __future__ import annotations

import shutil
import tempfile
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import make_wsgi_app
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

from ..errors import StartupError

LOOPBACK = "127.0.0.1"


class QuietHandler(WSGIRequestHandler):
    """Without a log line per scrape."""

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing."""


class Metrics:
    """A directory into which workers count (``PROMETHEUS_MULTIPROC_DIR``), and the server that adds up."""

    def __init__(self, port: int) -> None:
        self.directory = Path(tempfile.mkdtemp(prefix="tallystick-metrics-"))
        registry = CollectorRegistry()
        MultiProcessCollector(registry, path=str(self.directory))  # type: ignore[no-untyped-call]
        try:
            self._server = make_server(
                LOOPBACK, port, only_metrics(make_wsgi_app(registry)), handler_class=QuietHandler
            )
        except OSError as error:
            shutil.rmtree(self.directory, ignore_errors=True)
            raise StartupError(f"cannot listen on {LOOPBACK} port {port} for metrics: {error.strerror}") from error
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True, name="metrics")
        self._thread.start()

    def forget(self, process_id: int) -> None:
        """A worker is dead: its gauges of what lives now go, its counts stay."""
        mark_process_dead(process_id, str(self.directory))  # type: ignore[no-untyped-call]

    def close(self) -> None:
        """Stop serving and remove the directory."""
        self._server.shutdown()
        self._server.server_close()
        shutil.rmtree(self.directory, ignore_errors=True)


def only_metrics(app: Callable[..., Iterable[bytes]]) -> Callable[..., Iterable[bytes]]:
    """``app`` at /metrics, and nothing anywhere else."""

    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if environ["PATH_INFO"] == "/metrics":
            return app(environ, start_response)
        start_response("404 Not Found", [("Content-Type", "text/plain")])
        return [b"/metrics\n"]

    return answer
