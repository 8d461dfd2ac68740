"""Which tests run in one process one after another, and which of these units come first.

A unit is what shares something that is dear to start: the server of the whole run on one database, a deployment behind
one proxy, one form of certificate header; else it is a file. What takes longest begins first, so that no process is
left alone with it at the end. Read from node ids, since that is what pytest-xdist hands on: its own mark `xdist_group`
says nothing under pytest 9.2, whose node ids cannot be changed any more.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from xdist.scheduler import LoadScopeScheduling

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pytest

BY_FILE, ALONE, TOGETHER = (), ("",), ("*",)
DATABASES = ("sqlite", "postgresql")
PROXIES = ("haproxy", "nginx", "caddy", "envoy")
FORMS = ("rfc9440", "auth0", "nginx", "envoy", "traefik", "haproxy")

RULES: tuple[tuple[str, Sequence[str]], ...] = (
    ("tests/browser/", TOGETHER),
    ("tests/docs/test_commands.py", ALONE),
    ("tests/acceptance/test_life.py", ALONE),
    ("tests/acceptance/test_reload.py", ALONE),
    ("tests/acceptance/test_proxy_reload.py", ALONE),
    ("tests/attacks/test_c_proxies.py", FORMS),
    ("tests/deploy/", PROXIES),
    ("tests/storage/", BY_FILE),
    ("tests/", DATABASES),
)
"""Path → the parameters by which its tests share something; those without one run by file. The first line that fits."""

LONG = (
    *(
        "tests/ sqlite",
        "tests/ postgresql",
        "tests/browser/",
        "tests/interop/test_deploy_cli.py",
        "tests/deploy/",
        "tests/fuzz/",
    ),
    *("tests/acceptance/", "tests/front/", "tests/docs/"),
)
"""The beginnings of units that come first, in this order."""

_BETWEEN_WORDS = re.compile(r"[\[\]-]")


def unit_of(node_id: str) -> str:
    """The unit of a test."""
    path, _, name = node_id.partition("::")
    start, shared = next((rule for rule in RULES if path.startswith(rule[0])), (path, BY_FILE))
    if shared == ALONE:
        return node_id
    if shared == TOGETHER:
        return start
    words = set(_BETWEEN_WORDS.split(name)[1:])
    return next((f"{start} {word}" for word in shared if word in words), path)


def rank_of(node_id: str) -> int:
    """Units of a lower rank come first."""
    unit = unit_of(node_id)
    return next((rank for rank, start in enumerate(LONG) if unit.startswith(start)), len(LONG))


class Schedule(LoadScopeScheduling):  # type: ignore[misc]  # xdist has no types
    """pytest-xdist's scheduler, by these units, in the order in which the tests were collected."""

    def __init__(self, config: pytest.Config, log: object = None) -> None:
        super().__init__(config, log)
        self.config.option.loadscopereorder = False

    def _split_scope(self, nodeid: str) -> str:
        return unit_of(nodeid)
