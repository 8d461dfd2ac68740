"""Imports of people: a file becomes a job, and some worker carries it out.

The job's row holds what is left to do. A worker takes a job by writing to it, and again after each few people, so that
no other does the same meanwhile; a worker that dies leaves a job that another one takes up where it stopped.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from msgspec.structs import replace

from ..clock import Clock
from ..errors import Conflict, InvalidField, Refused, Unavailable
from ..events import Event, EventType
from ..fields import check_create
from ..live import LiveRecords
from ..records import Json, Stale
from ..tenants.tenant import Tenant
from .accounts import Accounts
from .fields import USER_FIELDS
from .job import Job
from .user import DATABASE_CONNECTION

USERS_IMPORT = "users_import"
PENDING, PROCESSING, COMPLETED, FAILED = "pending", "processing", "completed", "failed"
LEASE_MS = 60_000
"""A job on which nobody wrote for so long was left by a worker that died."""
LOOK_EVERY_S = 5.0
BATCH_MIN = 50
"""People between two writes to the job …"""
WRITES_MAX = 100
"""… and more in a long file: each write brings the whole of it."""
ERRORS_MAX = 1_000
KEPT_MS = 86_400_000
"""How long a job can be asked after, as with Auth0."""
UNKEPT = ("email", "connection", "user_id", "password_hash", "custom_password_hash")
"""What an upsert leaves as it is."""

log = structlog.get_logger("tallystick.users")
FindTenant = Callable[[str], Awaitable[Tenant | None]]


class Importer:
    """Carries imports out, one after the other."""

    def __init__(self, live: LiveRecords, accounts: Accounts, find_tenant: FindTenant, clock: Clock) -> None:
        self._live = live
        self._accounts = accounts
        self._find_tenant = find_tenant
        self._clock = clock
        self._woken = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Look for jobs from now on."""
        self._task = asyncio.create_task(self._for_ever())

    def wake(self) -> None:
        """There is a new one."""
        self._woken.set()

    async def close(self) -> None:
        """Stop; what is left of a job is taken up when its lease is over."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def run_due(self) -> int:
        """Carry out what waits; how many jobs."""
        where = {"type": USERS_IMPORT, "status": (PENDING, PROCESSING)}
        return sum([await self._take(job) for job in await self._live.find(Job, None, where=where)])

    async def _for_ever(self) -> None:
        while True:
            self._woken.clear()
            try:
                await self.run_due()
            except Unavailable:
                log.warning("imports.unavailable")
            except Exception:
                log.exception("imports.failed")
            try:
                async with asyncio.timeout(LOOK_EVERY_S):
                    await self._woken.wait()
            except TimeoutError:
                pass

    async def _take(self, job: Job) -> bool:
        now_ms = self._clock.now_ms()
        tenant = await self._find_tenant(job.tenant_id)
        if tenant is None or (job.status == PROCESSING and now_ms < job.updated_at_ms + LEASE_MS):
            return False
        try:
            taken = await self._written(replace(job, status=PROCESSING))
            await self._carry_out(tenant, taken, is_resumed=job.status == PROCESSING)
        except Stale:
            return False
        return True

    async def _carry_out(self, tenant: Tenant, job: Job, *, is_resumed: bool) -> None:
        resumed_at, people = job.data["done"], job.data["people"]
        batch = max(BATCH_MIN, len(people) // WRITES_MAX)
        for place in range(resumed_at, len(people)):
            # What was done after the last write to the job is done already, and must not count as taken.
            is_again = is_resumed and place < resumed_at + batch
            outcome, error = await self._one(tenant, job, people[place], is_again=is_again)
            job = replace(job, data=_with_outcome(job.data, outcome, people[place], error))
            if (place + 1) % batch == 0:
                job = await self._written(job)
        # The file is no longer needed: what it told stands in the accounts.
        await self._written(replace(job, status=COMPLETED, data={**job.data, "people": []}))

    async def _one(self, tenant: Tenant, job: Job, body: Any, *, is_again: bool) -> tuple[str, Json | None]:
        now_ms = self._clock.now_ms()

        def event(description: str, **details: Any) -> Event:
            return Event(
                tenant_id=tenant.tenant_id,
                type=EventType.MANAGEMENT_SUCCEEDED,
                at_ms=now_ms,
                description=description,
                correlation_id=job.data["correlation_id"],
                client_id=job.data["caller"],
                details={**details, "job_id": job.id},
            )

        try:
            person = checked_person(body)
            try:
                await self._accounts.create(tenant, person, now_ms, event)
            except Conflict:
                return await self._existing(tenant, job, person, event, is_again=is_again), None
        except Refused as refused:
            return "failed", error_of(refused)
        return "inserted", None

    async def _existing(self, tenant: Tenant, job: Job, person: Json, event: Any, *, is_again: bool) -> str:
        user = await self._accounts.by_email(tenant.tenant_id, person["email"])
        if user is not None and is_again and user.created_at_ms >= job.created_at_ms:
            return "inserted"
        if user is None or not job.data["upsert"]:
            raise Conflict("The user already exists.", error_code="auth0_idp_error", check="user.unique")
        update = {name: value for name, value in person.items() if name not in UNKEPT}
        await self._accounts.update(tenant, user.user_id, update, self._clock.now_ms(), event)
        return "updated"

    async def _written(self, job: Job) -> Job:
        changed = replace(job, updated_at_ms=self._clock.now_ms())
        await self._live.write(saves=(changed,))
        return replace(changed, version=changed.version + 1)


def checked_person(body: Any) -> Json:
    """One person of the file, with the connection. Raises InvalidField."""
    if not isinstance(body, dict):
        raise InvalidField("", "Expected an object", check="import.person")
    if "password" in body:
        raise InvalidField("password", "An import takes hashes of passwords alone", check="import.password")
    person = {**body, "connection": DATABASE_CONNECTION}
    check_create(USER_FIELDS, person)
    return person


def error_of(refused: Refused) -> Json:
    """Why a person was not imported, in Auth0's form."""
    path = refused.path if isinstance(refused, InvalidField) else ""
    code = refused.error_code if isinstance(refused, Conflict) else "invalid_schema"
    return {"code": code, "message": refused.description, "path": path}


def _with_outcome(data: Json, outcome: str, body: Any, error: Json | None) -> Json:
    summary = {**data["summary"], outcome: data["summary"][outcome] + 1, "total": data["summary"]["total"] + 1}
    errors = data["errors"]
    if error is not None and len(errors) < ERRORS_MAX:
        errors = [*errors, {"user": _named(body), "errors": [error]}]
    return {**data, "summary": summary, "errors": errors, "done": data["done"] + 1}


def _named(body: Any) -> Json:
    """Enough to find the person in the file; never a hash."""
    if not isinstance(body, dict):
        return {}
    return {name: str(body[name])[:320] for name in ("email", "user_id", "username") if name in body}
