"""What a server says of a token, whatever it says: servers that are not ours are asked too."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from tallystick.cli.exits import INACTIVE
from tallystick.cli.token_worth import Question, inactive
from tallystick.sdk.introspecting import Demanded, Introspected

NOW_MS = 1_790_000_000_000


@pytest.mark.parametrize("proof", [True, 1, "no", [{}], {"error": 1, "dpop_nonce": 5}])
def test_a_verdict_of_another_shape_is_no_crash(proof: Any) -> None:
    told = Introspected({"active": False, "proof": proof})
    application = SimpleNamespace(clock=lambda: NOW_MS, introspected=lambda *_, **__: None)
    identity = SimpleNamespace(dpop=None, client_id="c1")
    remote: Any = SimpleNamespace(
        application=application,
        identity=identity,
        perform=lambda _: told,
        server=SimpleNamespace(management_client_id=None),
    )
    answer, question = Question("token", None, None, Demanded(), False).put(remote)
    assert inactive(answer, question, remote).exit_code == INACTIVE
