"""Loaded by schemathesis in its own process: keeps the campaign alive, and counts what was answered.

A campaign may change and remove everything but what itself stands on: the application that calls, its grant, and the
keys its token is signed with. Quotas that it sets are taken back, else nothing more could be made.
"""

from __future__ import annotations

import atexit
import os
from collections import Counter
from pathlib import Path
from typing import Any

import msgspec
import requests
import schemathesis

Case = schemathesis.Case[Any]
QUOTAS = ("clients_max", "credentials_max")
BASIS: dict[str, Any] = msgspec.json.decode(Path(os.environ["TALLYSTICK_FUZZ_BASIS"]).read_bytes())
"""``protected`` ids, the ``token``, the ``api`` and the ``ca_file``; ``counts`` names the file for the numbers."""
PROTECTED = frozenset(BASIS["protected"])
COUNTS: Counter[str] = Counter()


@schemathesis.hook
def before_call(_context: schemathesis.HookContext, case: Case, _kwargs: dict[str, Any]) -> None:
    """Lead a change of what the campaign stands on past it."""
    if case.method.upper() == "GET":
        return
    for name, value in dict(case.path_parameters or {}).items():
        if value in PROTECTED:
            case.path_parameters[name] = "protected"


@schemathesis.hook
def after_call(_context: schemathesis.HookContext, case: Case, response: schemathesis.Response) -> None:
    """Count, and take quotas back."""
    COUNTS[f"{case.operation.label} {response.status_code}"] += 1
    is_settings = (case.method.upper(), case.path) == ("PATCH", "/tenants/settings")
    if is_settings and response.status_code == 200 and any(name in response.json() for name in QUOTAS):
        headers = {"Authorization": f"Bearer {BASIS['token']}"}
        body = dict.fromkeys(QUOTAS)
        url = f"{BASIS['api']}/tenants/settings"
        requests.patch(url, json=body, headers=headers, verify=BASIS["ca_file"], timeout=10).raise_for_status()


@atexit.register
def write_counts() -> None:
    """Leave the numbers for the campaign."""
    Path(BASIS["counts"]).write_bytes(msgspec.json.encode(COUNTS))
