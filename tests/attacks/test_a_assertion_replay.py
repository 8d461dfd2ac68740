"""A2 replay, A3 burning, A4 store bugs: one `jti`, one token, ever (CVE-2020-5300, CVE-2020-15222, CVE-2026-41707)."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from tallystick.sdk.dpop import DpopKey
from tests.administrator import Administrator
from tests.application import JWT_BEARER, Application
from tests.attacks.expect import accepted, refused, refused_for
from tests.postgres import cluster
from tests.server import running_server

PARALLEL = 50


def test_a2_same_assertion_twice(admin: Administrator, keyed: Application) -> None:
    assertion = keyed.good_assertion()
    accepted(keyed.by_assertion(assertion))
    refused_for(admin, keyed.by_assertion(assertion), "one_time.spent")


def test_a2_same_assertion_with_a_new_jti_inside_another_signature(keyed: Application) -> None:
    accepted(keyed.by_assertion(keyed.good_assertion(jti="fixed-jti-of-a2")))
    # ECDSA signatures are random: the bytes differ, the value is the same.
    refused(keyed.by_assertion(keyed.good_assertion(jti="fixed-jti-of-a2")))


def test_a2_fifty_in_parallel_over_two_workers_give_exactly_one_token(keyed: Application) -> None:
    assertion = keyed.good_assertion()

    def attempt(_: int) -> int:
        # A connection each, so that both workers take part.
        with keyed.server.http() as http:
            return keyed.by_assertion(assertion, http).status_code

    with ThreadPoolExecutor(PARALLEL) as pool:
        statuses = list(pool.map(attempt, range(PARALLEL)))
    assert sorted(statuses) == [200] + [401] * (PARALLEL - 1)


def test_a3_jti_is_not_burned_by_a_bad_signature(admin: Administrator, keyed: Application) -> None:
    good = keyed.good_assertion(jti="jti-of-the-victim")
    forged = good[: good.rindex(".") + 1] + "A" * 86
    refused_for(admin, keyed.by_assertion(forged), "jwt.signature")
    accepted(keyed.by_assertion(good))


@pytest.mark.parametrize("spoilt", [{"aud": "https://victim.example/"}, {"exp": 1}, {"iss": "other"}])
def test_a3_jti_is_not_burned_by_any_later_failure(keyed: Application, spoilt: dict[str, object]) -> None:
    jti = f"jti-{next(iter(spoilt))}"
    refused(keyed.by_assertion(keyed.good_assertion(jti=jti, **spoilt)))
    accepted(keyed.by_assertion(keyed.good_assertion(jti=jti)))


def test_a3_jti_of_another_client_does_not_interfere(admin: Administrator, keyed: Application, audience: str) -> None:
    stranger = admin.key_application("ES256", audience)
    accepted(stranger.by_assertion(stranger.good_assertion(jti="a-shared-jti")))
    accepted(keyed.by_assertion(keyed.good_assertion(jti="a-shared-jti")))


def test_a3_a_request_refused_before_spending_leaves_the_assertion_usable(keyed: Application) -> None:
    assertion = keyed.good_assertion()
    refused(keyed.by_assertion(assertion, client_secret="both"), "invalid_request")
    accepted(keyed.by_assertion(assertion))


def test_a4_flooding_with_other_values_does_not_push_a_spent_one_out(keyed: Application) -> None:
    assertion = keyed.good_assertion()
    accepted(keyed.by_assertion(assertion))
    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(lambda _: keyed.by_assertion().status_code == 200, range(300)))
    refused(keyed.by_assertion(assertion))


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_a4_spent_stays_spent_after_kill_and_restart(tmp_path: Path, database: str) -> None:
    if database == "sqlite":
        _check_survives_kill(tmp_path, None)
        return
    with cluster() as postgres:
        _check_survives_kill(tmp_path, postgres.create_database())


def _check_survives_kill(directory: Path, url: str | None) -> None:
    with running_server(directory, url) as server:
        application = Administrator(server).key_application()
        assertion = application.good_assertion()
        accepted(application.by_assertion(assertion))
        proof = DpopKey.generate().proof("POST", f"{server.issuer}oauth/token", now_ms=round(time.time() * 1000))
        accepted(_with_proof(application, proof))
        server.kill()
        server.start()
        application.http = server.http()
        refused(application.by_assertion(assertion))
        refused(_with_proof(application, proof), "invalid_dpop_proof")
        accepted(application.by_assertion())


def _with_proof(application: Application, proof: str) -> httpx.Response:
    """attacks.md 29: a DPoP proof is spent in the same store."""
    shown = {"client_assertion_type": JWT_BEARER, "client_assertion": application.good_assertion()}
    return application.post(application.form(**shown), headers={"DPoP": proof})
