"""A short campaign with a fixed seed: no 5xx, nothing undocumented, no schema missed, no call without a token."""

from __future__ import annotations

from pathlib import Path

from .campaign import fresh_server, run

SHORT = ["--phases", "examples,coverage,fuzzing,stateful", "--mode", "positive", "--max-examples", "5", "--seed", "1"]
CASES_MIN = 1_000
OF_PEOPLE = (
    "/users/{id}",
    "/sessions/",
    "/refresh-tokens",
    "/user-blocks/",
    "/jobs/",
    "/tickets/",
    "/roles/{id}/users",
)
"""Paths about an account, a session or a job: chance makes none that is found again. `tests/management` does."""


def test_the_server_answers_as_its_document_says(tmp_path: Path) -> None:
    with fresh_server(tmp_path) as server:
        outcome = run(server, tmp_path, SHORT)
    assert outcome.findings == 0, outcome.output[-6000:]
    assert outcome.report["complete"] is True
    assert outcome.cases >= CASES_MIN
    # Every other call has succeeded at least once, else it would have been a campaign against a closed door.
    assert len(outcome.answers) == outcome.report["operations"]["total"]
    never = [label for label in outcome.never(200, 201, 202, 204) if not label.partition(" ")[2].startswith(OF_PEOPLE)]
    assert never == []
