"""Ends with 0 when the server in this container is ready. Reads the same settings as the server."""

import os
import ssl
import sys
from urllib.error import URLError
from urllib.request import HTTPSHandler, ProxyHandler, build_opener

from tallystick.settings import load_settings

TIMEOUT_S = 4.0


def main() -> int:
    """Ask `/readyz` over loopback."""
    settings = load_settings({}, os.environ)
    scheme = "http" if settings.insecure_http else "https"
    # No secret is sent and nobody else can answer here, so whose certificate it is does not matter.
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    opener = build_opener(ProxyHandler({}), HTTPSHandler(context=context))
    try:
        with opener.open(f"{scheme}://127.0.0.1:{settings.port}/readyz", timeout=TIMEOUT_S) as answer:
            return 0 if answer.status == 200 else 1
    except (URLError, OSError) as error:
        print(f"not ready: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
