"""The SDK is importable with the base dependencies alone, and each adapter with its own HTTP client beside them."""

from __future__ import annotations

import subprocess
import sys

import pytest

SCRIPT = """
import sys, pkgutil, importlib
allowed = set(sys.argv[1].split(",")) | set(sys.stdlib_module_names)

class Nothing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] not in allowed:
            raise ModuleNotFoundError("not installed here: " + name)

sys.meta_path.insert(0, Nothing())
import tallystick.sdk
adapters = sys.argv[2].split(",")
names = [module.name for module in pkgutil.walk_packages(tallystick.sdk.__path__, "tallystick.sdk.")]
for name in names:
    if not name.startswith("tallystick.sdk.adapters.") or name in adapters:
        importlib.import_module(name)
print(len(names))
"""
BASE = "tallystick,cryptography,joserfc,msgspec,cffi,_cffi_backend,typing_extensions"


def imported(allowed: str, adapters: str = "") -> subprocess.CompletedProcess[str]:
    """What comes of importing all of the SDK, but of the adapters only these."""
    command = [sys.executable, "-c", SCRIPT, allowed, adapters]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize(
    ("more", "adapters"),
    [
        ("", ""),
        (
            ",httpx,httpcore,h11,anyio,certifi,idna,sniffio",
            "tallystick.sdk.adapters.httpx,tallystick.sdk.adapters.httpx_messages",
        ),
        (",requests,urllib3,certifi,idna,charset_normalizer", "tallystick.sdk.adapters.requests"),
    ],
)
def test_all_of_it_imports_with_nothing_else_installed(more: str, adapters: str) -> None:
    done = imported(BASE + more, adapters)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 15


def test_the_interpreter_really_has_nothing_else() -> None:
    assert "not installed here: httpx" in imported(BASE, "tallystick.sdk.adapters.httpx").stderr
