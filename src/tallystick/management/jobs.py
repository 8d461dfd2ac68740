"""``/jobs`` (auth0.md, appendix A): imports of people, and messages that ask to verify an address."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta
from msgspec.structs import replace

from ..clients.dates import DATE, iso_from_ms
from ..errors import InvalidField, NotFound
from ..events import EventType
from ..fields import Field, check_create, field_table
from ..ids import connection_id_of, new_job_id
from ..live import LiveRecords
from ..records import Json
from ..users.accounts import Accounts
from ..users.imports import COMPLETED, KEPT_MS, PENDING, USERS_IMPORT, Importer
from ..users.job import Job
from ..users.mailed_links import MailedLinks
from .bodies import read_json
from .call import Answer, Call, Route
from .description import Body, Many, Shown

IMPORT_BYTES_MAX = 500 * 1024
"""As Auth0's."""
BODY_BYTES_MAX = IMPORT_BYTES_MAX + 8 * 1024
"""With the other parts."""
BRACKETS_MAX = 65_536
VERIFICATION_EMAIL = "verification_email"
_READ = ("create:users", "read:users")
_ID = Annotated[str, Meta(min_length=1, max_length=255)]
_FILE = Annotated[str, Meta(extra_json_schema={"format": "binary"})]
_SWITCH = Annotated[str, Meta(pattern=r"^(?:true|false)\Z")]
IMPORT_FIELDS = field_table(
    (
        Field(name="users", type=_FILE, required=True, description="A file: a JSON array of people, 500 KiB at most"),
        Field(name="connection_id", type=_ID, required=True, description="The connection's id"),
        Field(name="upsert", type=_SWITCH, default="false", description="Whether people that exist are updated"),
        Field(name="external_id", type=_ID, description="A name of yours for the job"),
        Field(name="send_completion_email", type=_SWITCH, default="true", description="Taken; nobody is notified"),
    )
)
VERIFICATION_FIELDS = field_table(
    (
        Field(name="user_id", type=_ID, required=True, description="The person"),
        Field(name="client_id", type=_ID, nullable=True, description="The application it is for"),
    )
)
SHOWN = Shown(
    "Job",
    field_table(
        (
            Field(name="id", type=str),
            Field(name="type", type=str, description="users_import or verification_email"),
            Field(name="status", type=str, description="pending, processing, completed or failed"),
            Field(name="created_at", type=DATE),
            Field(name="connection_id", type=str),
            Field(name="upsert", type=bool),
            Field(name="external_id", type=str),
            Field(name="send_completion_email", type=bool),
            Field(name="percentage_done", type=int),
            Field(name="summary", type=dict[str, int], description="failed, updated, inserted, total"),
        )
    ),
    optional=(
        "connection_id",
        "upsert",
        "external_id",
        "send_completion_email",
        "percentage_done",
        "summary",
    ),
)
ERROR_SHOWN = Shown(
    "JobError",
    field_table(
        (
            Field(name="user", type=dict[str, str], description="Who it was"),
            Field(name="errors", type=list[dict[str, str]], description="code, message and path"),
        )
    ),
)


class JobResource:
    """The resource."""

    def __init__(self, live: LiveRecords, accounts: Accounts, importer: Importer, links: MailedLinks) -> None:
        self._live = live
        self._accounts = accounts
        self._importer = importer
        self._links = links

    def routes(self) -> tuple[Route, ...]:
        """Its rows of the route table."""
        return (
            Route(
                "POST",
                "/jobs/users-imports",
                self._import,
                ("create:users",),
                "Import people from a file, in the background",
                body=Body("ImportUsers", IMPORT_FIELDS, is_multipart=True, bytes_max=BODY_BYTES_MAX),
                answers={202: SHOWN},
            ),
            Route(
                "POST",
                "/jobs/verification-email",
                self._verification_email,
                ("update:users",),
                "Mail a person the link that verifies their address",
                body=Body("SendVerificationEmail", VERIFICATION_FIELDS),
                answers={201: SHOWN},
                problems=(404,),
            ),
            Route("GET", "/jobs/{id}", self._get, _READ, "Get a job", answers={200: SHOWN}, problems=(404,)),
            Route(
                "GET",
                "/jobs/{id}/errors",
                self._errors,
                _READ,
                "List whom an import could not take; 204 for nobody",
                answers={200: Many(ERROR_SHOWN), 204: None},
                problems=(404,),
            ),
        )

    async def _import(self, call: Call) -> Answer:
        people, members = read_import(call)
        job = _job(
            call,
            USERS_IMPORT,
            PENDING,
            {
                **members,
                "people": people,
                "done": 0,
                "caller": call.caller.client_id,
                "correlation_id": call.correlation_id,
                "summary": {"failed": 0, "updated": 0, "inserted": 0, "total": 0},
                "errors": [],
            },
        )
        event = call.event("Import users", job_id=job.id, people=len(people))
        await self._live.write(saves=(job,), events=(event,))
        self._importer.wake()
        return Answer(202, job_body(job))

    async def _verification_email(self, call: Call) -> Answer:
        values = check_create(VERIFICATION_FIELDS, call.body)
        user = await self._accounts.get(call.tenant.tenant_id, values["user_id"])
        job = _job(call, VERIFICATION_EMAIL, COMPLETED, {"user_id": user.user_id})
        event = replace(
            call.event("A link that verifies an address was mailed", job_id=job.id),
            type=EventType.VERIFICATION_MAILED,
            user_id=user.user_id,
            user_name=user.email,
            connection=user.connection,
        )
        await self._links.verify(call.tenant, user, event, call.now_ms, client_id=values.get("client_id"))
        await self._live.write(saves=(job,))
        return Answer(201, job_body(job))

    async def _get(self, call: Call) -> Answer:
        return Answer(200, job_body(await self._one(call)))

    async def _errors(self, call: Call) -> Answer:
        errors = (await self._one(call)).data.get("errors")
        return Answer(200, errors) if errors else Answer(204)

    async def _one(self, call: Call) -> Job:
        job = await self._live.get(Job, call.tenant.tenant_id, call.path["id"])
        if job is None:
            raise NotFound("The job does not exist", error_code="inexistent_job")
        return job


def read_import(call: Call) -> tuple[list[Json], Json]:
    """The people of an upload, and its other members. Raises InvalidField."""
    try:
        texts = {name: part.decode("utf-8") for name, part in call.parts.items() if name != "users"}
    except UnicodeDecodeError:
        raise InvalidField("", "A part is not UTF-8", check="body.multipart") from None
    file = call.parts.get("users", b"")
    values = check_create(IMPORT_FIELDS, {**texts, **({"users": "…"} if file else {})})
    if values["connection_id"] != connection_id_of(call.tenant.tenant_id):
        raise InvalidField("connection_id", "The connection does not exist", check="user.connection")
    if len(file) > IMPORT_BYTES_MAX:
        raise InvalidField("users", "The file has more than 500 KiB", check="import.size")
    people = read_json(file, BRACKETS_MAX)
    if not isinstance(people, list) or not people:
        raise InvalidField("users", "Expected a JSON array of people", check="import.people")
    members = {name: values[name] == "true" for name in ("upsert", "send_completion_email")}
    external = {"external_id": values["external_id"]} if "external_id" in values else {}
    return people, {"connection_id": values["connection_id"], **members, **external}


def _job(call: Call, type: str, status: str, data: Json) -> Job:
    return Job(
        tenant_id=call.tenant.tenant_id,
        id=new_job_id(),
        type=type,
        status=status,
        data=data,
        created_at_ms=call.now_ms,
        updated_at_ms=call.now_ms,
        purge_at_ms=call.now_ms + KEPT_MS,
    )


def job_body(job: Job) -> Json:
    """The job as administrators see it: never the people themselves."""
    members = ("connection_id", "upsert", "external_id", "send_completion_email")
    body = {
        "id": job.id,
        "type": job.type,
        "status": job.status,
        "created_at": iso_from_ms(job.created_at_ms),
        **{name: job.data[name] for name in members if name in job.data},
    }
    if job.type == USERS_IMPORT:
        # When all is done the file is gone.
        left = len(job.data["people"])
        body["percentage_done"] = 100 if job.status == COMPLETED else 100 * job.data["done"] // max(left, 1)
        if job.status == COMPLETED:
            body["summary"] = job.data["summary"]
    return body
