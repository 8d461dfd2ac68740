"""``/jobs`` and ``/tickets``: people come in by a file, and get links."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from tallystick.users.imports import LEASE_MS, PROCESSING
from tallystick.users.job import Job
from tallystick.users.user import User
from tests.inprocess import Answered, InProcess
from tests.people import person

BCRYPT = "$2b$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy"
BOUNDARY = "----a boundary"
UPLOAD = f'multipart/form-data; boundary="{BOUNDARY}"'


def upload(house: InProcess, people: Any, content_type: str = UPLOAD, **members: str) -> Answered:
    """An import, as SDKs send it."""
    [connection] = house.ask("GET", "connections")
    file = people if isinstance(people, bytes) else msgspec.json.encode(people)
    parts = {"connection_id": connection["id"], **members}
    body = b"".join(
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in parts.items()
    )
    head = 'Content-Disposition: form-data; name="users"; filename="u.json"\r\nContent-Type: application/json'
    body += f"--{BOUNDARY}\r\n{head}\r\n\r\n".encode() + file + f"\r\n--{BOUNDARY}--\r\n".encode()
    token = house.token(**house.bootstrap["management"]).json()["access_token"]
    headers = {b"authorization": f"Bearer {token}".encode(), b"content-type": content_type.encode()}
    return house.request("POST", "/api/v2/jobs/users-imports", body, headers)


def carried_out(house: InProcess, answer: Answered) -> dict[str, Any]:
    assert answer.status == 202, answer
    house.run(house.worker.importer.run_due())
    job: dict[str, Any] = house.ask("GET", f"jobs/{answer.json()['id']}")
    return job


def account(house: InProcess, email: str) -> User | None:
    return house.run(house.worker.people.accounts.by_email(house.tenant.tenant_id, email))


def test_people_come_in_by_a_file(house: InProcess) -> None:
    jane = person(house, "jane@example.org")
    people = [
        {"email": "Max@example.org", "password_hash": BCRYPT, "email_verified": True, "user_id": "max"},
        {"email": "jane@example.org", "given_name": "Jane"},
        {"email": "no address"},
        {"email": "clear@example.org", "password": "correct horse battery staple"},
        "nobody",
    ]
    answer = upload(house, people, external_id="first", upsert="false")
    assert (answer.json()["status"], answer.json()["external_id"]) == ("pending", "first")
    assert BCRYPT not in answer.content.decode()
    job = carried_out(house, answer)
    assert (job["status"], job["percentage_done"]) == ("completed", 100)
    assert job["summary"] == {"failed": 4, "updated": 0, "inserted": 1, "total": 5}
    errors = house.ask("GET", f"jobs/{job['id']}/errors")
    assert [one["user"].get("email") for one in errors] == [
        "jane@example.org",
        "no address",
        "clear@example.org",
        None,
    ]
    assert errors[0]["errors"][0]["code"] == "auth0_idp_error"
    imported = account(house, "max@example.org")
    assert imported is not None
    assert (imported.user_id, imported.password_hash, imported.email_verified) == ("auth0|max", BCRYPT, True)
    kept = account(house, "jane@example.org")
    assert kept is not None
    assert kept.user_id == jane.user_id

    job = carried_out(house, upload(house, people[1:2], upsert="true"))
    assert job["summary"]["updated"] == 1
    assert house.call("GET", f"jobs/{job['id']}/errors").status == 204
    changed = account(house, "jane@example.org")
    assert changed is not None
    assert changed.metadata["given_name"] == "Jane"
    [stored] = house.run(house.worker.storage.find(Job, house.tenant.tenant_id, where={"id": job["id"]}))
    assert stored.data["people"] == [], "the file does not stay"


def test_a_job_whose_worker_died_is_taken_up_where_it_stopped(house: InProcess) -> None:
    person(house, "p2@example.org")  # was there before the file
    house.clock.advance(1)
    people = [{"email": f"p{number}@example.org"} for number in range(3)]
    answer = upload(house, people)
    storage, tenant_id = house.worker.storage, house.tenant.tenant_id
    [job] = house.run(storage.find(Job, tenant_id, where={"id": answer.json()["id"]}))
    # It took the job, made one account, and was gone.
    house.run(storage.write(saves=(replace(job, status=PROCESSING),)))
    person(house, "p0@example.org")
    assert house.run(house.worker.importer.run_due()) == 0, "somebody seems to be at it"
    house.clock.advance(LEASE_MS / 1000)
    assert carried_out(house, answer)["summary"] == {"failed": 1, "updated": 0, "inserted": 2, "total": 3}


def test_an_upsert_leaves_password_and_id_as_they_are(house: InProcess) -> None:
    """Whoever may import people sets no password of somebody who has one."""
    jane = person(house, "jane@example.org", password="correct horse battery staple")
    file = [{"email": "jane@example.org", "password_hash": BCRYPT, "user_id": "another", "nickname": "J"}]
    assert carried_out(house, upload(house, file, upsert="true"))["summary"]["updated"] == 1
    changed = account(house, "jane@example.org")
    assert changed is not None
    assert (changed.user_id, changed.password_hash) == (jane.user_id, jane.password_hash)
    assert changed.metadata["nickname"] == "J"


def test_a_link_is_good_for_as_long_as_was_said(house: InProcess) -> None:
    body = {"user_id": person(house).user_id, "ttl_sec": 60}
    link = house.ask("POST", "tickets/password-change", body)["ticket"].removeprefix(house.issuer)
    house.clock.advance(59)
    assert house.request("GET", f"/{link}").status == 200
    house.clock.advance(1)
    assert house.request("GET", f"/{link}").status == 400


def test_a_file_is_bounded_by_its_own_limit_and_no_other_body_by_it(house: InProcess) -> None:
    filler = [{"email": f"p{number}@example.org", "name": "x" * 250} for number in range(400)]
    assert upload(house, filler).status == 202
    assert (
        upload(house, b'[{"email":"big@example.org"}' + b" " * 500 * 1024 + b"]").json()["errorCode"] == "invalid_body"
    )
    assert upload(house, b"[" + b" " * 600 * 1024 + b"]").status == 413
    assert house.call("PATCH", "branding", {"logo_url": "x" * 70_000}).status == 413


@pytest.mark.parametrize("file", [b"", b"{}", b"[]", b"[{]", b'[{"a":1,"a":2}]', b"\xff"])
def test_a_file_that_is_no_list_of_people_is_refused(house: InProcess, file: bytes) -> None:
    assert upload(house, file).status == 400


@pytest.mark.parametrize(
    ("content_type", "status"),
    [("application/json", 415), ("multipart/form-data", 400), ("multipart/form-data; boundary=other", 400)],
)
def test_an_upload_is_multipart_with_its_boundary(house: InProcess, content_type: str, status: int) -> None:
    assert upload(house, [{"email": "a@example.org"}], content_type).status == status


def test_an_upload_names_the_connection_and_each_part_once(house: InProcess) -> None:
    assert upload(house, [{}], connection_id="con_another").status == 400
    assert upload(house, [{}], upsert="perhaps").status == 400
    assert upload(house, [{}], users="[]").status == 400, "a part stands twice"
    assert house.call("GET", "jobs/job_nothing").json()["errorCode"] == "inexistent_job"


def test_a_link_that_verifies_an_address_is_mailed(house: InProcess) -> None:
    jane = person(house)
    job = house.ask("POST", "jobs/verification-email", {"user_id": jane.user_id})
    assert (job["type"], job["status"]) == ("verification_email", "completed")
    assert house.ask("GET", f"jobs/{job['id']}") == job
    assert house.call("POST", "jobs/verification-email", {"user_id": "auth0|nobody"}).status == 404


def test_an_administrator_makes_links(house: InProcess) -> None:
    jane = person(house)
    [connection] = house.ask("GET", "connections")
    body = {"user_id": jane.user_id, "result_url": "https://app.example/done", "ttl_sec": 60}
    made = house.call("POST", "tickets/password-change", body)
    assert made.status == 201
    assert made.json()["ticket"].startswith(house.issuer + "u/reset/new?ticket=")
    link = house.ask("POST", "tickets/email-verification", {"user_id": jane.user_id})["ticket"]
    assert link.startswith(house.issuer + "u/verify?ticket=")
    by_email = {"email": "Jane@example.org", "connection_id": connection["id"]}
    assert house.call("POST", "tickets/password-change", by_email).status == 201
    for wrong in ({}, {"email": "jane@example.org"}, {**by_email, "user_id": jane.user_id}):
        assert house.call("POST", "tickets/password-change", wrong).status == 400
    assert house.call("POST", "tickets/password-change", {**body, "result_url": "javascript:1"}).status == 400
    assert house.call("POST", "tickets/email-verification", {"user_id": "auth0|nobody"}).status == 404
