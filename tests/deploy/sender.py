"""A client that sends requests byte by byte through the proxy, over a connection that it keeps as long as it may."""

from __future__ import annotations

from pathlib import Path

from tests.attacks.wire import Answer, Wire, form_request

from .deployment import Deployment


class Sender:
    """One client of one host, which may show a certificate. Connects anew when the last answer ended the connection."""

    def __init__(self, deployment: Deployment, host: str, certificate: tuple[Path, Path] | None = None) -> None:
        self._deployment, self._host, self._certificate = deployment, host, certificate
        self._wire: Wire | None = None

    def __enter__(self) -> Sender:
        return self

    def __exit__(self, *_: object) -> None:
        if self._wire is not None:
            self._wire.__exit__()
            self._wire = None

    def ask(self, form: dict[str, str], *headers: bytes) -> Answer:
        """The answer to a token request with these header lines beside the usual."""
        if self._wire is None:
            self._wire = Wire(self._deployment, self._certificate, name=self._host)
        self._wire.send(form_request(self._deployment, form, *headers, host=self._host))
        answer = self._wire.answer()
        if answer.headers.get("connection", "").lower() == "close":
            self.__exit__()
        return answer
