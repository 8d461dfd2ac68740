"""Every case of `jose_cases` at every place of `jose_places`: refused in the place's own words, and nothing more.

Of no case: a 5xx, a success, a connection to anybody, more work than its size allows, or a word of it in the log or in
the answer. And no call of a parser in ``src`` that no place reaches.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from joserfc.jwe import decrypt_compact

import tallystick
from tallystick.jose import base64url, jwe, strict_json
from tallystick.outbound.guarded import Fetched, GuardedClient
from tests.application import now_ms
from tests.attacks import json_places
from tests.attacks.jose_cases import CANARY, JWS_FAMILIES, json_texts
from tests.attacks.jose_places import PLACES, REQUEST_URI, Place, Stage, heard, stage_of
from tests.attacks.jwe_cases import JWE_FAMILIES
from tests.inprocess import InProcess, in_process

SOURCE = Path(tallystick.__file__).parent
PARSERS = {
    *("jose.jwt.parse", "jose.jwe.parse", "jose.strict_json.decode_object", "jose.strict_json.decode_array"),
    "management.bodies.read_json",
}
LAX = {"msgspec.json.decode", "json.loads", "json.load"}
"""Decoders that take duplicates, or recurse as deep as they are told."""
NO_STRANGERS = ("cli.", "sdk.", "storage.", "front.", "deployment.")
"""Rooms that read their owner's files, answers of the server's own, or rows."""
READ_LAXLY = {
    "users.webauthn:_reject_frames": "what `read_shown` read strictly before",
    "users.totp_enrolment:TotpEnrolments.opened": "what we sealed",
    "ui.factors.candidate:_requested": "what `authorization.claims_parameter` took before the person came",
    "sender.proof_key:_good_key": "what `jose.jwt.parse` read strictly before",
    "jose.shown:_members_of": "what is refused already, for the log",
}
BASE64_CHARS_MAX, BEARER_CHARS_MAX, BRACKETS_MAX, DECRYPTIONS_MAX = 48 * 1024, 4_096, 1_024, 4

JWT_PLACES = sorted(name for name, (made, _) in PLACES.items() if made.__module__ != json_places.__name__)
JSON_PLACES = sorted(PLACES.keys() - set(JWT_PLACES))
ROWS = [
    (name, family)
    for name in JWT_PLACES
    for family in (*JWS_FAMILIES, *JWE_FAMILIES)
    # Layers of wrappers are among the cases of other places.
    if not (name.endswith("_in_a_wrapper") and family in JWE_FAMILIES)
]


class Watched:
    """What the server did: who called a parser, and how much work there was."""

    def __init__(self) -> None:
        self.reached: set[str] = set()
        self.base64_chars = self.brackets = self.decryptions = 0

    def calls(self, module: str, parser: Callable[..., Any]) -> Callable[..., Any]:
        """The parser, which remembers who calls it."""

        def called(*arguments: Any, **options: Any) -> Any:
            self.reached.add(f"{module}:{sys._getframe(1).f_code.co_qualname}")
            return parser(*arguments, **options)

        return called

    def decoded(self, text: str) -> bytes:
        self.base64_chars = max(self.base64_chars, len(text))
        return _base64_decode(text)

    def decrypted(self, *arguments: Any, **options: Any) -> Any:
        self.decryptions += 1
        return _decrypt(*arguments, **options)

    def decode(self, text: str) -> Any:
        """As a decoder of JSON."""
        self.brackets = max(self.brackets, text.count("{") + text.count("["))
        return _DECODER.decode(text)


_base64_decode, _decrypt, _DECODER = base64url.decode, decrypt_compact, strict_json._DECODER


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InProcess]:
    with in_process(tmp_path_factory.mktemp("corners") / "data", now_ms()) as running:
        yield running


@pytest.fixture(scope="module")
def stage(house: InProcess) -> Stage:
    return stage_of(house)


@pytest.fixture(scope="module")
def watched(stage: Stage) -> Iterator[Watched]:
    """Nobody is asked for anything but what stands on the stage."""
    watching = Watched()

    async def get(_: object, url: str, **options: Any) -> Fetched:
        content_type = "application/jwt" if url == REQUEST_URI else "application/json"
        return Fetched(status=200, content_type=content_type, headers={}, content=stage.published[url])

    async def post_form(_: object, url: str, *arguments: Any, **options: Any) -> Fetched:
        raise AssertionError(f"{url} was asked")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(GuardedClient, "get", get)
        patch.setattr(GuardedClient, "post_form", post_form)
        patch.setattr(base64url, "decode", watching.decoded)
        patch.setattr(jwe, "decrypt_compact", watching.decrypted)
        patch.setattr(strict_json, "_DECODER", watching)
        for module, name in sorted({(caller.partition(":")[0], name) for caller, name in _calls(PARSERS)}):
            if "." not in name:
                where = import_module(f"tallystick.{module}")
                patch.setattr(where, name, watching.calls(module, getattr(where, name)))
        yield watching


def _assert_refused(place: Place, case: str, sent: Any, watched: Watched) -> None:
    watched.decryptions = 0
    answer = place.send(sent)
    told = heard(answer)
    assert answer.status < 500, case
    if case in place.takes:
        return
    assert not place.taken(answer), case
    fits = any(told[0] == status and error in told[1] for status, error in place.refusals)
    assert fits or (len(sent) > place.chars_max and answer.status >= 400), (case, told)
    assert CANARY.encode() not in answer.content, case
    assert watched.decryptions <= DECRYPTIONS_MAX, case


def _assert_nothing_else(stage: Stage, place: Place, sent: list[str], printed: str) -> None:
    """All is as before, the good one is taken, and the log knows no part of any."""
    assert place.unharmed()
    rows = stage.house.run(stage.house.worker.storage.log_page(stage.house.tenant.tenant_id, limit=1_000))
    told = repr(rows) + printed
    assert CANARY not in told
    assert [text[:60] for text in sent if len(text) > 100 and text[-40:].isalnum() and text[-40:] in told] == []
    good = place.good()
    answer = place.send(stage.tenant.sealed(good.encode()) if place.wraps else good)
    assert place.taken(answer), (heard(answer), answer)


@pytest.mark.parametrize(("name", "family"), ROWS)
def test_no_corner_of_a_jwt_is_taken(
    name: str, family: str, stage: Stage, watched: Watched, capfd: pytest.CaptureFixture[str]
) -> None:
    made, _ = PLACES[name]
    place = made(stage)
    assert place.sender is not None
    to = stage.tenant
    cases = JWS_FAMILIES[family](place.sender) if family in JWS_FAMILIES else JWE_FAMILIES[family](place.sender, to)
    watched.base64_chars = watched.brackets = 0
    sent = []
    for case, text in cases:
        if place.trims and text.strip() != text:
            continue
        sent.append(text)
        _assert_refused(place, case, to.sealed(text.encode()) if place.wraps else text, watched)
    assert len(sent) > 20
    assert watched.base64_chars <= (BASE64_CHARS_MAX if place.opens else max(BEARER_CHARS_MAX, place.sender.bytes_max))
    assert watched.brackets <= BRACKETS_MAX
    _assert_nothing_else(stage, place, sent, "".join(capfd.readouterr()))


@pytest.mark.parametrize("name", JSON_PLACES)
def test_no_corner_of_json_is_taken(
    name: str, stage: Stage, watched: Watched, capfd: pytest.CaptureFixture[str]
) -> None:
    made, _ = PLACES[name]
    place = made(stage)
    watched.brackets = 0
    for case, text in json_texts(place.frame):
        _assert_refused(place, case, text, watched)
    assert watched.brackets <= BRACKETS_MAX
    _assert_nothing_else(stage, place, [], "".join(capfd.readouterr()))


@pytest.mark.parametrize("name", sorted(PLACES))
def test_a_place_reaches_what_it_says(name: str, stage: Stage, watched: Watched) -> None:
    made, reaches = PLACES[name]
    place = made(stage)
    watched.reached.clear()
    good = place.good()
    if place.opens:
        place.send(stage.tenant.sealed(good.encode(), {"alg": "dir"}))
        good = stage.tenant.sealed(good.encode()) if place.wraps else good
    place.send(good)
    assert set(reaches) <= watched.reached


def test_every_call_of_a_parser_is_reached_by_a_place() -> None:
    """A new caller gets a row in the table, or its room a reason here."""
    callers = {caller for caller, _ in _calls(PARSERS) if not caller.startswith(NO_STRANGERS)}
    reached = {caller for _, reaches in PLACES.values() for caller in reaches}
    assert callers == reached
    assert {caller for caller, _ in _calls(LAX) if not caller.startswith(NO_STRANGERS)} == READ_LAXLY.keys()


def _calls(parsers: set[str]) -> set[tuple[str, str]]:
    """``module:function`` and the name by which it calls one of them."""
    found: set[tuple[str, str]] = set()
    last = [parser.rpartition(".")[2] for parser in parsers]
    for path in SOURCE.rglob("*.py"):
        module = ".".join(path.relative_to(SOURCE).with_suffix("").parts)
        text = path.read_text()
        if not any(name in text for name in last):
            continue
        tree = ast.parse(text)
        names = _names_of(tree, module)
        for function, name in _called(tree, ""):
            first, _, rest = name.partition(".")
            full = names.get(first, f"{module}.{first}") + (f".{rest}" if rest else "")
            if full in parsers:
                found.add((f"{module}:{function}", name))
    return found


def _names_of(tree: ast.Module, module: str) -> dict[str, str]:
    """What imported names stand for; those of ours without the package."""
    names: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            above = module.split(".")[: -node.level] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            names |= {alias.asname or alias.name: f"{base}.{alias.name}" for alias in node.names}
        if isinstance(node, ast.Import):
            names |= {
                alias.asname or alias.name.partition(".")[0]: alias.name.partition(".")[0] for alias in node.names
            }
    return names


def _called(node: ast.AST, function: str) -> Iterator[tuple[str, str]]:
    for child in ast.iter_child_nodes(node):
        inside = function
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            inside = f"{function}.{child.name}" if function else child.name
        if isinstance(child, ast.Call) and isinstance(child.func, ast.Name | ast.Attribute):
            yield function, ast.unparse(child.func)
        yield from _called(child, inside)
