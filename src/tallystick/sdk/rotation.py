"""From one key, secret or certificate to the next, without a request that fails.

    1  make the next credential, and register it beside the current one: both are good from here on
    2  give each instance a :class:`Rotating` of both, and the moment from which the next one is used
    3  when every instance is past that moment, and no assertion by the old key can be under way: withdraw the old one
    4  give each instance the next one alone, whenever it suits

What runs at the same time, and why nothing fails:

- A worker of the server has not heard of the next credential yet (Tallystick: at most 500 ms), or somebody withdrew
  the current one too early. The server says ``invalid_client``, the other credential is shown, once. Nothing of the
  request was used up by then: a server looks at codes and refresh tokens only after it knows whose they are.
- The moment passes while requests are under way. Each shows what it began with, and both are good.
- Clocks of instances differ: some show the next credential while others show the current one. Both are good.
- Tokens bound to the old certificate are over only when they are over: :attr:`Tokens.certificate` says which one goes
  with them, and the old one has to be at hand until then. Withdrawing it from the registration does not harm them.

Not rotated so is a DPoP key: refresh tokens of public clients are bound to theirs (RFC 9449 5). A new key is for the
next sign-in.
"""

from __future__ import annotations

from .methods import Method

HOLD_MS = 60_000
"""So long what worked is shown first, where the other one was refused: not every request shall be refused once."""


class Rotating:
    """Two credentials of one application: ``current`` is shown first until ``at_ms``, ``next`` from then on.

    The methods may differ: from a secret to a key, for instance. May be shared between threads.
    """

    __slots__ = ("_at_ms", "_held", "current", "next")

    def __init__(self, current: Method, next: Method, *, at_ms: int) -> None:
        self.current = current
        self.next = next
        self._at_ms = at_ms
        self._held: tuple[Method, int] | None = None

    def __repr__(self) -> str:
        return f"Rotating({self.current.name} to {self.next.name} at {self._at_ms})"

    def candidates(self, now_ms: int) -> tuple[Method, Method]:
        """Both, in the order to show them."""
        held = self._held
        if held is not None and now_ms < held[1]:
            first = held[0]
        else:
            first = self.next if now_ms >= self._at_ms else self.current
        return first, self.current if first is self.next else self.next

    def worked(self, method: Method, now_ms: int) -> None:
        """``method`` was taken after the first one was refused."""
        self._held = method, now_ms + HOLD_MS


def candidates_of(method: Method | Rotating, now_ms: int) -> tuple[Method, ...]:
    """What to show, in order; the second one only to a server that does not know the first."""
    return method.candidates(now_ms) if isinstance(method, Rotating) else (method,)
