"""`make fuzz-api`: a long campaign against a fresh server; its numbers, and status 1 when it found something."""

from __future__ import annotations

import random
import sys
import tempfile
import time
from pathlib import Path

from .campaign import Outcome, fresh_server, run

LONG = ["--phases", "examples,coverage,fuzzing,stateful", "--max-examples", "250"]


def main(arguments: list[str]) -> int:
    """Run it; what is given beyond goes to schemathesis, such as ``--seed 1`` or ``--max-examples 1000``."""
    seed = [] if "--seed" in arguments else ["--seed", str(random.randrange(2**32))]
    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as directory, fresh_server(Path(directory)) as server:
        outcome = run(server, Path(directory), [*LONG, *seed, *arguments])
        print(outcome.output)
        print(table(outcome))
        print(f"{outcome.cases} cases, {outcome.findings} findings, {time.monotonic() - begun:.0f} s", *seed)
    return 1 if outcome.findings or not outcome.report["complete"] else 0


def table(outcome: Outcome) -> str:
    """Operation by operation, how often each status was answered; probes without a good token are not counted."""
    return "\n".join(
        f"{label:72} " + "  ".join(f"{status}: {count}" for status, count in sorted(seen.items()))
        for label, seen in sorted(outcome.answers.items())
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
