"""`timeout` as the pages' shell has it: what its command prints first ends it, not a time that may be too short."""

from __future__ import annotations

import signal
import subprocess
import sys

OPTIONS = ["--preserve-status", "--signal", "INT"]
"""All that the pages use; the seconds stand behind them."""


def main(arguments: list[str]) -> int:
    """Run the command, hand its output on, interrupt it after the first line; its status."""
    if arguments[:3] != OPTIONS or not arguments[3].isdigit():
        raise SystemExit(f"{__file__} knows {OPTIONS} and seconds, not {arguments}")
    with subprocess.Popen(arguments[4:], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        is_first = True
        for line in process.stdout:
            sys.stdout.buffer.write(line)
            sys.stdout.buffer.flush()
            if is_first:
                process.send_signal(signal.SIGINT)
            is_first = False
    return process.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
