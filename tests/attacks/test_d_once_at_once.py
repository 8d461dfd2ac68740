"""attacks.md 29: one proof fifty times at once, over two workers and on both databases; after a restart, a restore."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from pathlib import Path
from typing import Any

import httpx

from tallystick.onetime import AHEAD_MS_MAX, LIFE_MS_MAX, RESTORED_FACT
from tallystick.sdk.dpop import DpopKey
from tests.administrator import Administrator
from tests.application import now_ms
from tests.authorization.pushing import PKCE
from tests.inprocess import InProcess, in_process
from tests.sender.holder import ask, key_for, proof_for, prove_of
from tests.server import Server
from tests.tokens.allowed import CALLBACK

AT_ONCE = 50
API = "https://api.example/"
KEY = DpopKey.generate()


def at_once(server: Server, path: str, form: dict[str, Any]) -> list[httpx.Response]:
    """The same request with the same proof, over as many connections, which are there before."""
    url = server.issuer + path
    proof = KEY.proof("POST", url, now_ms=round(time.time() * 1000))

    async def run() -> list[httpx.Response]:
        limits = httpx.Limits(max_connections=AT_ONCE)
        async with httpx.AsyncClient(verify=server.tls(), timeout=60, trust_env=False, limits=limits) as http:
            await asyncio.gather(*(http.get(server.issuer + "healthz") for _ in range(AT_ONCE)))
            asked = (http.post(url, data=form, headers={"DPoP": proof}) for _ in range(AT_ONCE))
            return await asyncio.gather(*asked)

    return asyncio.run(run())


def outcomes(answers: list[httpx.Response]) -> Counter[str]:
    return Counter(answer.json().get("error", "taken") for answer in answers)


def test_one_of_fifty_gets_a_token(server: Server, admin: Administrator) -> None:
    audience = str(admin.api(proof_of_possession={"mechanism": "dpop", "required": True})["identifier"])
    robot = admin.application(audience)
    form = {"client_id": robot.client_id, "client_secret": robot.secret, **robot.form()}
    answers = at_once(server, "oauth/token", form)
    assert outcomes(answers) == {"taken": 1, "invalid_dpop_proof": AT_ONCE - 1}


def test_one_of_fifty_pushes(server: Server, admin: Administrator) -> None:
    client = admin.client(app_type="regular_web", callbacks=[CALLBACK], grant_types=["authorization_code"])
    asked = {"response_type": "code", "redirect_uri": CALLBACK, **PKCE}
    answers = at_once(server, "oauth/par", {**prove_of(client), **asked})
    assert outcomes(answers) == {"taken": 1, "invalid_dpop_proof": AT_ONCE - 1}


def robot(house: InProcess) -> dict[str, Any]:
    house.api(API)
    return {**prove_of(house.client(API)), "audience": API}


def test_a_used_proof_is_used_after_a_restart(tmp_path: Path) -> None:
    """As after a kill: tests/attacks/test_a_assertion_replay.py."""
    with in_process(tmp_path / "data", now_ms()) as house:
        form, proof = robot(house), proof_for(house, key_for())
        assert ask(house, proof, **form).status == 200
    with in_process(tmp_path / "data", now_ms()) as house:
        assert ask(house, proof, **form).json()["error"] == "invalid_dpop_proof"
        assert ask(house, proof_for(house, key_for()), **form).status == 200


async def _told_of_a_restore(house: InProcess, restarted_at_ms: int) -> None:
    async with house.worker.storage.exclusive() as held:
        await held.commit([], {RESTORED_FACT: str(restarted_at_ms).encode()})


def test_after_a_restore_only_proofs_that_were_made_since_are_taken(tmp_path: Path) -> None:
    """Those of before may have been used after the backup: `onetime.Fence`."""
    with in_process(tmp_path / "data", now_ms()) as house:
        form, restarted_at_ms = robot(house), house.clock.now_ms()
        house.run(_told_of_a_restore(house, restarted_at_ms))
    with in_process(tmp_path / "data", restarted_at_ms) as house:
        before = proof_for(house, key_for())
        house.clock.advance(AHEAD_MS_MAX / 1000)
        assert ask(house, before, **form).json()["error"] == "invalid_dpop_proof"
        house.clock.advance(1)
        assert ask(house, proof_for(house, key_for()), **form).status == 200
        house.clock.advance(LIFE_MS_MAX / 1000)
        assert ask(house, proof_for(house, key_for()), **form).status == 200
