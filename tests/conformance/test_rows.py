"""Every module that conformance demands has a test of its name, in all combinations that it is to run in."""

from __future__ import annotations

import ast
from collections.abc import Collection
from pathlib import Path

import pytest

from tests.conformance import fapi_suite, rows

REASONS: dict[str, str] = {}
"""Modules without a test, each with the reason."""
AUTHENTICATION, BINDING = ("pkj", "mtls"), ("mtls", "dpop")
PROFILES = (("sp", ""), ("ms", ""), ("ms", "-jarm"))
PLANS: dict[str, tuple[Collection[str], Collection[str], Collection[str], Collection[tuple[str, str]]]] = {
    "fapi": (rows.FAPI2_SECURITY_PROFILE, AUTHENTICATION, BINDING, PROFILES),
    "fapi_by_key": (rows.BY_KEY, ("pkj",), BINDING, PROFILES),
    "fapi_by_proof": (rows.DPOP, AUTHENTICATION, ("dpop",), PROFILES),
    "signing": (rows.FAPI2_MESSAGE_SIGNING, AUTHENTICATION, BINDING, PROFILES[1:]),
}
"""Fixture → the modules that run on its plans; which these are, by authentication, binding and profile."""
BY_PROGRAM = {"grant", "managing"}
"""Fixtures of tests that get a token by client_credentials."""


def functions_of(*paths: Path) -> list[ast.FunctionDef]:
    """Every function of these files."""
    return [
        node for path in paths for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.FunctionDef)
    ]


HERE = Path(__file__).parent
TESTS = [
    (
        function.name,
        {argument.arg for argument in function.args.args},
        {ast.unparse(decorator) for decorator in function.decorator_list},
    )
    for function in functions_of(*HERE.glob("test_*.py"))
]
"""Name, fixtures and decorators of all tests of this folder."""


def runs_of(fixture: str) -> Collection[str]:
    """The plans of a fixture, which `conftest` takes from `fapi_suite` by name."""
    (function,) = (function for function in functions_of(HERE / "conftest.py") if function.name == fixture)
    (params,) = (
        keyword.value
        for decorator in function.decorator_list
        if isinstance(decorator, ast.Call)
        for keyword in decorator.keywords
        if keyword.arg == "params"
    )
    plans: Collection[str] = getattr(fapi_suite, ast.unparse(params))
    return plans


def name_of(row: str) -> str:
    """What the test of a module is called."""
    return f"test_{row.replace('-', '_').lower()}"


def test_every_row_has_its_test_or_its_reason() -> None:
    names = {name for name, _, _ in TESTS}
    tested = {row for row in rows.ROWS if name_of(row) in names}
    assert tested.isdisjoint(REASONS)
    assert set(rows.ROWS) - tested == set(REASONS)
    assert len(rows.ROWS) == len(set(rows.ROWS)) == 38 + 1 + 1 + 1 + 11 + 2 + 48 + 9 + 14
    assert all(REASONS.values())


@pytest.mark.parametrize("fixture", PLANS)
def test_every_row_of_fapi2_runs_in_all_its_combinations(fixture: str) -> None:
    """One test of its name takes the fixture whose plans they are, and none of its own."""
    modules, methods, bindings, profiles = PLANS[fixture]
    combinations = {f"{profile}-{how}-{by}{mode}" for profile, mode in profiles for how in methods for by in bindings}
    assert set(runs_of(fixture)) == combinations
    whole = {
        name
        for name, fixtures, decorators in TESTS
        if fixture in fixtures and not any(f'"{fixture}"' in text or f"'{fixture}'" in text for text in decorators)
    }
    assert {row for row in modules if name_of(f"{rows.FAPI2}-{row}") not in whole} == set()


def test_every_row_of_client_credentials_runs_by_it() -> None:
    """All but discovery, which asks for no token."""
    by_program = {name for name, fixtures, _ in TESTS if fixtures & BY_PROGRAM}
    without = {row for row in rows.CLIENT_CREDENTIALS if name_of(f"{rows.FAPI2}-{row}") not in by_program}
    assert without == {"discovery-end-point-verification"}
    assert len(rows.CLIENT_CREDENTIALS) == 14
