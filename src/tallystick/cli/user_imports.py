"""A file of people, imported job by job: each takes what the server's bound on a file leaves room for."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from .exits import FAILED, USAGE, Failed
from .files import read_text
from .output import Output
from .remote import Remote

FILE_BYTES_MAX = 256 * 1024 * 1024
"""What is read into memory."""
JOB_BYTES_MAX = 480 * 1024
"""Of one job's file; the server takes 500 KiB."""
LOOK_EVERY_S = 0.25
WAIT_S_MAX = 3_600
COUNTED = ("inserted", "updated", "failed", "total")
COLUMNS = ("user", "problem")


def import_people(remote: Remote, out: Output, file: Path, *, upsert: bool) -> None:
    """Import them and show what became of them. Raises :class:`Failed` when some could not be taken."""
    people = people_in(file)
    connection = remote.manage("GET", "connections")[0]["id"]
    total, problems = dict.fromkeys(COUNTED, 0), []
    for part in parts_of(people):
        summary, errors = _carried_out(remote, connection, part, upsert=upsert)
        total = {name: count + summary[name] for name, count in total.items()}
        problems += errors
        out.note(f"{total['total']} of {len(people)}")
    if out.as_json:
        out.record({**total, "errors": problems})
    else:
        out.record(total)
        if problems:
            out.records([_told(problem) for problem in problems], COLUMNS, empty="")
    if total["failed"]:
        raise Failed(f"{total['failed']} of {total['total']} people were not imported", exit_code=FAILED)


def people_in(file: Path) -> list[Any]:
    """The people of a file: a JSON array. Raises :class:`Failed`."""
    try:
        people = json.loads(read_text(file, FILE_BYTES_MAX))
    except ValueError as error:
        raise Failed(f"{file} is not JSON: {error}", exit_code=USAGE) from error
    if not isinstance(people, list) or not people:
        raise Failed(f"{file} is not a JSON array of people", exit_code=USAGE)
    return people


def parts_of(people: Sequence[Any]) -> Iterator[bytes]:
    """The people as JSON arrays, none longer than a job may be; somebody too long for any stands alone."""
    part: list[bytes] = []
    size_bytes = 0
    for person in people:
        text = json.dumps(person, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "surrogatepass")
        if part and size_bytes + len(text) > JOB_BYTES_MAX:
            yield b"[" + b",".join(part) + b"]"
            part, size_bytes = [], 0
        part.append(text)
        size_bytes += len(text) + 1
    yield b"[" + b",".join(part) + b"]"


def _carried_out(remote: Remote, connection: str, part: bytes, *, upsert: bool) -> tuple[dict[str, int], list[Any]]:
    """What a job came to: its summary, and whom it could not take."""
    members = {"connection_id": connection, "upsert": "true" if upsert else "false", "send_completion_email": "false"}
    job = remote.upload("jobs", "users-imports", members=members, name="users", content=part)
    until_s = time.monotonic() + WAIT_S_MAX
    while job["status"] in ("pending", "processing"):
        if time.monotonic() > until_s:
            raise Failed(f"the job {job['id']} is still under way", hint="it goes on by itself")
        time.sleep(LOOK_EVERY_S)
        job = remote.manage("GET", "jobs", job["id"])
    if job["status"] != "completed":
        raise Failed(f"the job {job['id']} ended as {job['status']}")
    failed = job["summary"]["failed"]
    return job["summary"], (remote.manage("GET", "jobs", job["id"], "errors") or []) if failed else []


def _told(problem: dict[str, Any]) -> dict[str, str]:
    user = problem["user"]
    name = user.get("email") or user.get("username") or user.get("user_id") or "?"
    said = "; ".join(" ".join(filter(None, (one["path"], one["message"]))) for one in problem["errors"])
    return {"user": str(name), "problem": said}
