"""A token that somebody holds already, as the SDK has a source of tokens: shown as it is, never renewed."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..sdk.application import Application
    from ..sdk.exchange import Flow
    from ..sdk.tokens import Tokens


class HeldToken:
    """One token, for one call. Where the application has a key for proofs, it is shown with one."""

    def __init__(self, application: Application, token: str) -> None:
        from ..sdk.tokens import Tokens

        self.application = application
        token_type = "Bearer" if application.dpop_key is None else "DPoP"
        self._tokens = Tokens(token, token_type, obtained_at_ms=application.clock(), expires_at_ms=None)

    def held(self) -> None:
        """None: what is obtained for the call is fresh, and so is not shown again after a refusal."""

    def obtain(self) -> Flow[Tokens]:
        """The token, without asking anybody."""
        yield from ()
        return self._tokens

    def forget(self, tokens: Tokens) -> None:
        """There is no other."""
