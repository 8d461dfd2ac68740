"""What ends a process is a line of JSON like every other."""

from __future__ import annotations

import json
import subprocess
import sys


def test_an_error_that_nobody_handles_is_one_line_of_json() -> None:
    program = "from tallystick.logs import configure_logs; configure_logs('error'); {}['missing']"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    [line] = done.stderr.splitlines()
    said = json.loads(line)
    assert (said["event"], said["level"], said["logger"]) == ("unhandled error", "critical", "tallystick")
    assert "KeyError: 'missing'" in said["exception"]
