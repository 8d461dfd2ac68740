"""The name of a device, for its owner to recognise it by: what its browser says of itself, which may be untrue."""

from __future__ import annotations

BROWSERS = {
    "Edg/": "Edge",
    "OPR/": "Opera",
    "SamsungBrowser/": "Samsung Internet",
    "Firefox/": "Firefox",
    "FxiOS/": "Firefox",
    "CriOS/": "Chrome",
    "Chrome/": "Chrome",
    "Safari/": "Safari",
    "curl/": "curl",
}
"""What a User-Agent holds → name; the first that is found counts, for most name others too."""
SYSTEMS = {
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Android": "Android",
    "CrOS": "ChromeOS",
    "Windows": "Windows",
    "Mac OS X": "macOS",
    "Linux": "Linux",
}


def device_name(user_agent: str) -> tuple[str, str]:
    """Browser and system; empty where it is none that we know."""
    return _found(BROWSERS, user_agent), _found(SYSTEMS, user_agent)


def _found(names: dict[str, str], user_agent: str) -> str:
    return next((name for sign, name in names.items() if sign in user_agent), "")
