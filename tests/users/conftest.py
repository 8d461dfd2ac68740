"""People of a deployment in the test's own process."""

from __future__ import annotations

import pytest

from tests.inprocess import InProcess
from tests.users.people import Town


@pytest.fixture
def town(house: InProcess) -> Town:
    """A tenant without people."""
    return Town(house)
