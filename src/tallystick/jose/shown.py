"""What a refused JWT said, for the log and for debuggers: as much as tells what was wrong, and no secret.

People put secrets, passwords and whole tokens into claims. So values are shown only of members that this server reads,
never the signature, and long ones only by how they begin; of every other member the kind and size. Nothing is verified
here, and nothing decided.
"""

from __future__ import annotations

import json
import re
from base64 import urlsafe_b64decode
from binascii import Error
from collections.abc import Callable, Collection
from typing import Any
from urllib.parse import urlsplit

TOKEN_CHARS_MAX = 8_192
"""Longer ones are not looked into: four times what an assertion may have."""
WHOLE_CHARS_MAX = 24
"""Shorter than any secret that can be registered (32), longer than an algorithm, a type, or a date."""
START_CHARS = 12
MEMBERS_MAX = 32
ITEMS_MAX = 8
_BRACKETS_MAX = 256
_TOKEN = re.compile(r"[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{12,}\.|.*eyJ[A-Za-z0-9_-]{8}", re.DOTALL)
_SECRET_CHARS_MIN = 32

Whole = Collection[str]
"""Values that may be shown whole, because they are ours: the issuer, the client_id, a registered ``kid``."""


def shown_jwt(token: str, whole: Whole = ()) -> dict[str, Any]:
    """``jwt_header`` and ``jwt_claims`` of what may be a JWT, each left out when it cannot be read."""
    if len(token) > TOKEN_CHARS_MAX:
        return {}
    shown: dict[str, Any] = {}
    parts = token.split(".")
    # Of five parts (a JWE) the second is a key.
    named = (("jwt_header", _HEADER), ("jwt_claims", _CLAIMS))[: 2 if len(parts) <= 4 else 1]
    for part, (name, views) in zip(parts, named, strict=False):
        if (members := _members_of(part)) is not None:
            shown[name] = _shown(members, views, whole)
    return shown


def claim_of(token: str, *names: str) -> str | None:
    """The first of these claims that is a string, unverified and whole: for comparing, not for showing."""
    parts = token.split(".")
    members = _members_of(parts[1]) if len(token) <= TOKEN_CHARS_MAX and len(parts) in (2, 3, 4) else None
    return next((value for name in names if isinstance(value := (members or {}).get(name), str)), None)


def start_of(text: str, whole: Whole = ()) -> str:
    """A stranger's text: whole when it is short or ours, else how it begins and how long it is."""
    if text in whole or (len(text) <= WHOLE_CHARS_MAX and text.isprintable()):
        return text
    if "-----BEGIN " in text:
        return f"(PEM, {len(text)} characters)"
    if _TOKEN.match(text):
        return f"(a token, {len(text)} characters)"
    start = "".join(char if char.isprintable() else "?" for char in text[:START_CHARS])
    return f"{start}… ({len(text)} characters)"


def _members_of(part: str) -> dict[str, Any] | None:
    """The JSON object in a part, read leniently: it is refused already, and may be refused for its spelling."""
    try:
        text = urlsafe_b64decode(part.replace("+", "-").replace("/", "_").rstrip("=") + "==").decode()
        if text.count("{") + text.count("[") > _BRACKETS_MAX:
            return None
        value = json.loads(text, object_pairs_hook=_pairs, parse_constant=str)
    except (Error, ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        names = [name for name, _ in pairs]
        members |= {name: _Twice(names.count(name)) for name in members if names.count(name) > 1}
    return members


class _Twice(int):
    """A member that stands several times: the number says how often."""


View = Callable[[Any, Whole], Any]


def _shown(members: dict[str, Any], views: dict[str, View], whole: Whole) -> dict[str, Any]:
    told: dict[str, Any] = {}
    for name, value in list(members.items())[:MEMBERS_MAX]:
        view: View = views.get(name) or _kind
        told[start_of(name)] = view(value, whole)
    if len(members) > MEMBERS_MAX:
        told["…"] = f"({len(members) - MEMBERS_MAX} more members)"
    return told


def _kind(value: Any, _whole: Whole = ()) -> str:
    """What a value is, not what it says."""
    match value:
        case _Twice():
            return f"(stands {int(value)} times)"
        case None:
            return "(null)"
        case bool():
            return "(boolean)"
        case str():
            return (
                f"(a token, {len(value)} characters)" if _TOKEN.match(value) else f"(string, {len(value)} characters)"
            )
        case list():
            return f"(array, {len(value)} items)"
        case dict():
            return f"(object, {len(value)} members)"
    return "(number)"


def _text(value: Any, whole: Whole) -> Any:
    """A name, an address or a date, as it stands."""
    if isinstance(value, str):
        return _address(value, whole) if value.startswith(("https://", "http://")) else start_of(value, whole)
    is_plain = value is None or isinstance(value, bool | float) or (isinstance(value, int) and abs(value) <= 2**53)
    return value if is_plain and not isinstance(value, _Twice) else _kind(value)


def _texts(value: Any, whole: Whole) -> Any:
    if not isinstance(value, list):
        return _text(value, whole)
    more = [f"({len(value) - ITEMS_MAX} more items)"] if len(value) > ITEMS_MAX else []
    return [_text(item, whole) for item in value[:ITEMS_MAX]] + more


def _start(value: Any, _whole: Whole) -> Any:
    return _text(value, ())


def _address(url: str, whole: Whole) -> str:
    """A URL without what may be secret in it: user information, query, fragment, and long parts of the path."""
    if url in whole:
        return url
    try:
        parts = urlsplit(url)
        host = f"{parts.hostname or ''}:{parts.port}" if parts.port is not None else parts.hostname or ""
    except ValueError:
        return start_of(url)
    if not host.isprintable() or any(len(label) >= _SECRET_CHARS_MIN for label in host.split(".")):
        host = start_of(host)
    path = "/".join(start_of(part) for part in parts.path.split("/")[: ITEMS_MAX + 1])
    hidden = "…" if "@" in parts.netloc or parts.query or parts.fragment else ""
    shown = f"{parts.scheme}://{host}{path}{hidden}"
    return shown if len(shown) <= 256 else start_of(shown)


_HEADER: dict[str, View] = {"alg": _text, "typ": _text, "cty": _text, "kid": _text, "crit": _texts, "b64": _text}
_HEADER |= {"zip": _text, "enc": _text}
_CLAIMS: dict[str, View] = dict.fromkeys(("iss", "sub", "client_id", "azp", "exp", "iat", "nbf"), _text)
_CLAIMS |= {"aud": _texts, "jti": _start, "htm": _text, "htu": _text, "ath": _start}
