"""The gate: a tenant by its host or nothing (attacks.md 49), exact paths, and one dull answer for what goes wrong."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest
from structlog.testing import capture_logs

from tallystick.errors import OAuthError, Unavailable
from tallystick.records import Stale
from tallystick.tenants.hosts import HostDirectory
from tallystick.tenants.tenant import TenantHost
from tallystick.web.answers import send_json
from tallystick.web.gate import Endpoint, Gate
from tallystick.web.request import ClientGone, Request
from tests.memory import MemoryRecords
from tests.web.scopes import TENANT, Body, scope

HOST = (b"host", b"as.example")


class Answer:
    """What the gate sent."""

    def __init__(self, sent: list[Any]) -> None:
        self.sent = sent
        self.status: int = sent[0]["status"] if sent else 0
        self.headers = {name.decode(): value.decode() for name, value in sent[0]["headers"]} if sent else {}
        self.body: Any = msgspec.json.decode(sent[1]["body"]) if sent else None


class TestedDoor:
    """A door with a form of its own for refusals."""

    __test__ = False

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint

    async def __call__(self, request: Request, send: Any) -> None:
        await self._endpoint(request, send)

    async def refuse(self, send: Any, error: Exception, correlation_id: str) -> None:
        await send_json(send, 418, {"refused": type(error).__name__, "id": correlation_id}, correlation_id)


def ask(*headers: tuple[bytes, bytes], path: str = "/exact", raises: Exception | None = None, **more: Any) -> Answer:
    """One request to a gate with one endpoint, one door and one probe; both answer with where they were reached."""
    records = MemoryRecords(TENANT, TenantHost(tenant_id="t1", host="as.example"))

    async def endpoint(request: Request, send: Any) -> None:
        if raises is not None:
            raise raises
        reached = {"tenant": request.tenant.tenant_id, "path": request.path, "id": request.correlation_id}
        await send_json(send, 200, reached, request.correlation_id)

    async def alive() -> str:
        return "" if path == "/alive" else "heart"

    probes = {"/alive": alive, "/dead": alive}
    gate = Gate(HostDirectory(records, records), {"/exact": endpoint}, {"/door": TestedDoor(endpoint)}, probes)
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(gate(scope(path, "GET", *headers, **more), Body(b""), send))
    return Answer(sent)


def test_a_known_host_leads_to_its_tenant() -> None:
    answer = ask(HOST)
    assert (answer.status, answer.body["tenant"]) == (200, "t1")
    assert answer.body["id"] == answer.headers["x-correlation-id"]
    assert ask((b"host", b"AS.Example")).status == 200


@pytest.mark.parametrize(
    "headers",
    [
        (),
        ((b"host", b""),),
        ((b"host", b"other.example"),),
        ((b"host", b"as.example."),),
        ((b"host", b"as.example:443"),),
        ((b"host", b"as.example.evil.example"),),
        ((b"host", b"x@as.example"),),
        ((b"host", b" as.example"),),
        ((b"host", b"as.example, as.example"),),
        ((b"host", b"a\xe2\x84\xaas.example"),),
        (HOST, HOST),
        (HOST, (b"host", b"other.example")),
        ((b"x-forwarded-host", b"as.example"),),
        ((b"host", b"other.example"), (b"x-forwarded-host", b"as.example"), (b"forwarded", b"host=as.example")),
    ],
)
def test_g49_any_other_host_is_refused(headers: tuple[tuple[bytes, bytes], ...]) -> None:
    answer = ask(*headers)
    assert (answer.status, answer.body["error"]) == (421, "invalid_request")
    assert answer.body["correlation_id"] == answer.headers["x-correlation-id"]


@pytest.mark.parametrize(
    "path", ["/exact/", "/Exact", "/exact/more", "/", "", "//exact", "/doors", "/doorx/y", "/x/door"]
)
def test_a_path_is_exact(path: str) -> None:
    answer = ask(HOST, path=path)
    assert (answer.status, answer.body["error"]) == (404, "not_found")


@pytest.mark.parametrize("path", ["/door", "/door/", "/door/more/of/it"])
def test_a_door_takes_all_that_is_below_it(path: str) -> None:
    assert ask(HOST, path=path).body["path"] == path


def test_probes_need_no_tenant() -> None:
    assert (ask(path="/alive").status, ask(path="/dead").status) == (200, 503)
    assert ask(path="/dead").body == {"status": "unavailable", "failing": "heart"}


def test_what_a_caller_calls_its_request_is_not_the_correlation_id() -> None:
    answer = ask(HOST, (b"x-correlation-id", b"mine"), (b"x-request-id", b"mine"))
    assert answer.headers["x-correlation-id"] != "mine"
    assert ask(HOST).headers["x-correlation-id"] != answer.headers["x-correlation-id"]


FAILURES: dict[str, tuple[Exception, int, str]] = {
    "refusal": (OAuthError("invalid_scope", "dull", check="exact"), 400, "invalid_scope"),
    "database silent": (Unavailable("password=hunter2"), 503, "temporarily_unavailable"),
    "lost too often": (Stale("tenant t1"), 503, "temporarily_unavailable"),
    "bug": (KeyError("hunter2"), 500, "server_error"),
}


@pytest.mark.parametrize(("raised", "status", "error"), FAILURES.values(), ids=FAILURES)
def test_one_dull_answer_for_what_goes_wrong(raised: Exception, status: int, error: str) -> None:
    answer = ask(HOST, raises=raised)
    assert (answer.status, answer.body["error"]) == (status, error)
    assert set(answer.body) == {"error", "error_description", "correlation_id"}
    assert answer.body["correlation_id"] == answer.headers["x-correlation-id"]
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers.get("retry-after") == ("1" if status == 503 else None)
    for exact in ("hunter2", "exact", "t1"):
        assert exact not in repr(answer.sent)


def test_nobody_is_answered_who_has_gone() -> None:
    assert ask(HOST, raises=ClientGone()).sent == []


@pytest.mark.parametrize("kind", ["websocket", "lifespan"])
def test_other_kinds_of_scope_are_not_served(kind: str) -> None:
    assert ask(HOST, type=kind).sent == []


@pytest.mark.parametrize("raises", [Unavailable("down"), Stale("lost"), RuntimeError("bug")])
def test_a_door_says_in_its_own_form_what_was_refused_there(raises: Exception) -> None:
    answer = ask(HOST, path="/door/inside", raises=raises)
    assert (answer.status, answer.body["refused"]) == (418, type(raises).__name__)
    assert answer.body["id"] == answer.headers["x-correlation-id"]


def test_a_door_also_tells_what_never_reached_it() -> None:
    assert ask((b"host", b"other.example"), path="/door").body["refused"] == "OAuthError"


@pytest.mark.parametrize(
    ("headers", "asked", "check"),
    [
        ((), {}, "host.unknown"),
        ((HOST,), {"path": "/nowhere"}, "path.unknown"),
        ((HOST,), {"raises": OAuthError("invalid_scope", "dull", check="exact")}, "exact"),
    ],
)
def test_a_refusal_of_the_gate_is_a_line_on_stderr_under_its_correlation_id(
    headers: tuple[tuple[bytes, bytes], ...], asked: dict[str, Any], check: str
) -> None:
    with capture_logs() as lines:
        answer = ask(*headers, **asked)
    (line,) = lines
    assert (line["event"], line["check"]) == ("refused", check)
    assert line["correlation_id"] == answer.headers["x-correlation-id"] == answer.body["correlation_id"]
