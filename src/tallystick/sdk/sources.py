"""Where the token for a call comes from: held while it is good, obtained anew when it is over."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, Protocol
from weakref import WeakKeyDictionary

from .application import Application
from .exchange import Flow
from .failures import ServerRefused, SignInNeeded
from .tokens import Tokens


class TokenSource(Protocol):
    """What `calls` and the adapters ask. They let one caller at a time obtain; the others then hold it too."""

    @property
    def application(self) -> Application:
        """Whose tokens they are."""
        ...

    def held(self) -> Tokens | None:
        """Tokens that are good for now, if there are some."""
        ...

    def obtain(self) -> Flow[Tokens]:
        """New ones, from the server."""
        ...

    def forget(self, tokens: Tokens) -> None:
        """An API refused these: do not hold them any longer."""
        ...


_TURNS: WeakKeyDictionary[TokenSource, threading.Lock] = WeakKeyDictionary()
_MAKING_TURNS = threading.Lock()


def turn_of(source: TokenSource) -> threading.Lock:
    """Held by the thread that obtains from ``source``: one, however many adapters, sessions and clients share it.

    Each thread has a session of its own as a rule, and two that renew beside each other show a refresh token twice.
    """
    with _MAKING_TURNS:
        return _TURNS.setdefault(source, threading.Lock())


class ClientCredentials:
    """Tokens for the application itself, for one API (RFC 6749 4.4); parameters as of ``client_credentials``."""

    def __init__(self, application: Application, **parameters: Any) -> None:
        self.application = application
        self._parameters = parameters
        self._held: Tokens | None = None

    def held(self) -> Tokens | None:
        """The last ones, until shortly before their end."""
        held = self._held
        return None if held is None or held.is_over(self.application.clock()) else held

    def obtain(self) -> Flow[Tokens]:
        """By authenticating anew."""
        self._held = yield from self.application.client_credentials(**self._parameters)
        return self._held

    def forget(self, tokens: Tokens) -> None:
        """Unless somebody has got others in the meantime."""
        if self._held is tokens:
            self._held = None


class SignedIn:
    """A person's tokens, renewed by their refresh token.

    ``on_renewed`` hears of each renewal, before anything is done with the new tokens: keep them there, since the
    refresh token before may be good no longer. One object for one family of tokens: two that renew beside each other
    would show a refresh token twice, and a server takes that for a theft (RFC 9700 4.14). Threads may share it, and
    tasks of one event loop.
    """

    def __init__(
        self, application: Application, tokens: Tokens, *, on_renewed: Callable[[Tokens], None] = lambda _: None
    ) -> None:
        self.application = application
        self.tokens = tokens
        self._on_renewed = on_renewed
        self._refused: Tokens | None = None

    def held(self) -> Tokens | None:
        """The last ones, until shortly before their end."""
        tokens = self.tokens
        return None if tokens is self._refused or tokens.is_over(self.application.clock()) else tokens

    def obtain(self) -> Flow[Tokens]:
        """By the refresh token. Raises :class:`SignInNeeded` where there is none, or the server takes it no more."""
        refresh_token = self.tokens.refresh_token
        if refresh_token is None:
            raise SignInNeeded("the access token is over, and there is no refresh token")
        try:
            renewed = yield from self.application.refresh(refresh_token)
        except ServerRefused as refused:
            if refused.code != "invalid_grant":
                raise
            raise SignInNeeded("the server does not take the refresh token any more") from refused
        self.tokens = renewed
        self._on_renewed(renewed)
        return renewed

    def forget(self, tokens: Tokens) -> None:
        """They are renewed at the next call."""
        self._refused = tokens
