"""Debian's Chromium for tests, without a window.

Playwright keeps a loop running in the thread that started it: whatever else wants a loop there, such as a deployment in
this process, must be made before, or after Chromium has ended. So no fixture holds it longer than its own tests.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, Page, expect, sync_playwright

STEP_MS_MAX = 60_000
expect.set_options(timeout=STEP_MS_MAX)  # five seconds otherwise


@contextmanager
def running_chromium() -> Iterator[Browser]:
    """The browser."""
    path = shutil.which("chromium")
    assert path is not None, "Chromium is missing: run `make test`, which installs it"
    with sync_playwright() as playwright:
        # The sandbox needs rights that containers seldom give; what is loaded here is our own.
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-dev-shm-usage"])
        yield browser
        browser.close()


@contextmanager
def fresh_page(browser: Browser, **options: Any) -> Iterator[Page]:
    """A page of a fresh profile. The local CA is not known to Chromium; TLS itself is tested elsewhere."""
    context = browser.new_context(ignore_https_errors=True, **{"locale": "en-US", **options})
    context.set_default_timeout(STEP_MS_MAX)
    yield context.new_page()
    context.close()
