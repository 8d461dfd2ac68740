"""What people read."""

from __future__ import annotations

import io
import sys

import pytest

from tallystick.cli.output import members_as_lines, print_json
from tallystick.cli.serve import ready_text
from tallystick.settings import Settings

FACTS = {"issuer": "https://localhost:8443/", "discovery": "D", "ca_file": "/d/ca.pem", "bootstrap_file": "B"}


def test_a_record_is_a_member_a_line() -> None:
    record = {"id": "x", "on": True, "none": None, "list": ["a", "b"], "in": {"a": 1, "b": {"c": 2}}, "empty": {}}
    assert members_as_lines(record) == [
        "id      x",
        "on      yes",
        "none",
        "list    a b",
        "in.a    1",
        'in.b    {"c": 2}',
        "empty   {}",
    ]


def test_long_and_unprintable_text_is_tamed() -> None:
    (line,) = members_as_lines({"pem": "-----\n\x1b[2J" + "A" * 5000})
    assert line.startswith("pem   ----- ?[2JAAA")
    assert line.endswith("… (--json shows all)")
    assert len(line) < 400


def test_ready_says_what_to_open_and_what_to_paste() -> None:
    text = ready_text(Settings(), FACTS)
    assert "open    D" in text
    assert "curl --cacert /d/ca.pem D" in text
    assert text.splitlines()[-2].endswith("tallystick demo")


def test_ready_behind_a_proxy_says_how_to_reach_it_here() -> None:
    text = ready_text(Settings(insecure_http=True, port=8080), FACTS | {"ca_file": None})
    assert "clients list --data data --domain http://localhost:8080" in text
    assert "demo" not in text
    text = ready_text(Settings(port=9443, issuer="https://id.example.com/"), FACTS)
    assert "clients list --data data --domain https://localhost:9443" in text
    assert "demo" not in text
    assert "curl" not in text


@pytest.mark.parametrize(("encoding", "written"), [("utf-8", '"é ✓"'), ("ascii", r'"\u00e9 \u2713"')])
def test_json_loses_no_letter_whatever_the_pipe_can_carry(
    monkeypatch: pytest.MonkeyPatch, encoding: str, written: str
) -> None:
    out = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(out, encoding))
    print_json("é ✓")
    sys.stdout.flush()
    assert out.getvalue().decode(encoding) == written + "\n"
