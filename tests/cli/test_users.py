"""``tallystick users`` against a real server, and what an import makes of a file."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import bcrypt
import pytest

from tallystick.cli import user_imports
from tallystick.cli.exits import FAILED, NOT_FOUND, USAGE
from tests.administrator import Administrator, unique
from tests.people import PASSWORD
from tests.server import Server
from tests.signin import visitor_at

from .conftest import Cli
from .test_end_to_end import Operator


@pytest.fixture
def operator(cli: Cli, server: Server) -> Operator:
    return Operator(cli, server)


def signs_in(server: Server, email: str, password: str = PASSWORD) -> bool:
    stop = visitor_at(server).get("/account").press("sign-in", username=email, password=password)
    return stop.path == "/account"


def test_a_person_from_the_first_day_to_the_last(operator: Operator, server: Server, admin: Administrator) -> None:
    email = f"{unique('ann')}@example.org"
    Path("ann.json").write_text(json.dumps({"password": PASSWORD, "given_name": "Ann"}))
    ann = operator.json("users", "create", email, "--body", "ann.json", "--set", 'user_metadata={"plan":"gold"}')
    assert PASSWORD not in json.dumps(ann)
    assert signs_in(server, email)
    assert operator.json("users", "show", email.upper())["user_id"] == ann["user_id"]
    assert operator.json("users", "show", ann["user_id"])["logins_count"] == 1
    assert [one["email"] for one in operator.json("users", "list", "--q", f'email:"{email}"')] == [email]
    assert operator.json("users", "update", email, "--set", "name=Ann Smith")["name"] == "Ann Smith"
    assert email in operator("users", "list", "--q", f'email:"{email}"').out
    role = admin.made("POST", "roles", {"name": unique("Clerk")})
    assert operator.json("users", "roles", email, "--add", role["id"])[0]["id"] == role["id"]
    assert operator.json("users", "roles", email, "--remove", role["id"]) == []
    operator("users", "block", email)
    assert not signs_in(server, email)
    operator("users", "unblock", email)
    assert signs_in(server, email)
    operator("users", "delete", email, "--yes")
    operator("users", "show", email, code=FAILED)
    operator("users", "show", ann["user_id"], code=NOT_FOUND)
    operator("users", "update", email, code=USAGE)


def test_a_password_comes_through_a_pipe(operator: Operator, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    email, new = f"{unique('pipe')}@example.org", " a better battery staple "
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{PASSWORD}\r\nmore\n"))
    operator("users", "create", email)
    assert signs_in(server, email)
    monkeypatch.setattr("sys.stdin", io.StringIO(new))
    operator("users", "set-password", email)
    assert signs_in(server, email, new)
    monkeypatch.setattr("sys.stdin", io.StringIO("\n"))
    assert "one line on stdin" in operator("users", "set-password", email, code=USAGE).err


def test_a_file_of_people_is_imported_and_told_of(
    operator: Operator, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(user_imports, "JOB_BYTES_MAX", 200)  # so that it takes several jobs
    hashed = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode()
    emails = [f"{unique('old')}@example.org" for _ in range(3)]
    people: list[Any] = [{"email": email, "password_hash": hashed, "email_verified": True} for email in emails]
    Path("people.json").write_text(json.dumps(people))
    assert operator.json("users", "import", "people.json") == {
        "inserted": 3, "updated": 0, "failed": 0, "total": 3, "errors": []
    }  # fmt: skip
    assert signs_in(server, emails[0])
    Path("people.json").write_text(json.dumps([{"email": emails[0], "given_name": "Ö"}, {"email": "no address"}]))
    ran = operator("users", "import", "people.json", "--upsert", code=FAILED)
    assert "1 of 2 people were not imported" in ran.err
    assert "no address" in ran.out
    assert operator.json("users", "show", emails[0])["given_name"] == "Ö"
    ran = operator("users", "import", "people.json", code=FAILED)
    assert "2 of 2 people were not imported" in ran.err


@pytest.mark.parametrize("text", ["", "{}", "[]", "[", "null"])
def test_a_file_without_people_is_wrong_usage(operator: Operator, text: str) -> None:
    Path("people.json").write_text(text)
    operator("users", "import", "people.json", code=USAGE)
    operator("users", "import", "nothing.json", code=USAGE)


def test_a_file_is_cut_between_people() -> None:
    people = [{"name": "ü" * size} for size in (10, 5_000, 200_000, 300_000, 3)]
    parts = list(user_imports.parts_of(people))
    assert [person for part in parts for person in json.loads(part)] == people
    assert [len(json.loads(part)) for part in parts] == [3, 1, 1]
