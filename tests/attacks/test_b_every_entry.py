"""B15, B17 and B18 at every endpoint that clients prove themselves at, and with a real code or token at stake."""

from __future__ import annotations

from base64 import b64encode
from typing import Any
from urllib.parse import urlencode

import pytest

from tallystick.clients.credential import Credential
from tests.attacks.test_b_secrets import MALFORMED
from tests.authorization.asking import by_key
from tests.inprocess import FORM, Answered, InProcess
from tests.tokens.allowed import PUBLIC, ROTATING, VERIFIER, Allowed, allowed, challenge_of

ENDPOINTS = {
    "/oauth/token": {"grant_type": "client_credentials", "audience": "https://api.example/"},
    "/oauth/par": {"response_type": "code", "redirect_uri": "https://app.example/callback"},
    "/oauth/revoke": {"token": "x"},
    "/oauth/introspect": {"token": "x"},
}
"""Path → what an honest request says there, but for who sends it."""
UNKNOWN = "NoSuchClientNoSuchClientNoSuchCl"
ARBITRARY = ("x", "null", "undefined", "0", "w" * 64)


def sent(house: InProcess, path: str, form: dict[str, Any], authorization: bytes = b"") -> Answered:
    content = urlencode({**ENDPOINTS[path], **form}).encode()
    header = {b"authorization": authorization} if authorization else {}
    return house.request("POST", path, content, {b"content-type": FORM, **header})


def basic(client_id: str, secret: str) -> bytes:
    return b"Basic " + b64encode(f"{client_id}:{secret}".encode())


def seen(answer: Answered) -> tuple[Any, ...]:
    """All that a stranger sees, but for what is different every time."""
    body = {**answer.json(), "correlation_id": ""}
    return answer.status, sorted(answer.headers.keys() - {"x-correlation-id"}), body, len(answer.content)


@pytest.mark.parametrize("path", ENDPOINTS)
def test_b15_the_answer_is_the_same_whoever_is_named(house: InProcess, path: str) -> None:
    secret = allowed(house)
    public = allowed(house, secret.user, **PUBLIC)
    keyed = house.made("POST", "clients", {"name": "keyed", "app_type": "regular_web", **by_key()})
    ids = (UNKNOWN, secret.client_id, public.client_id, str(keyed["client_id"]))
    for answers in (
        [sent(house, path, {"client_id": one, "client_secret": "w" * 64}) for one in ids],
        [sent(house, path, {}, basic(one, "w" * 64)) for one in ids],
    ):
        assert {answer.status for answer in answers} == {401}
        assert len({repr(seen(answer)) for answer in answers}) == 1, [seen(answer) for answer in answers]


@pytest.mark.parametrize("path", [path for path in ENDPOINTS if path != "/oauth/token"])
def test_b17_malformed_headers_are_refused_at_every_endpoint(house: InProcess, path: str) -> None:
    for name, (value, _) in MALFORMED.items():
        answer = sent(house, path, {}, value)
        assert (answer.status, answer.json()["error"]) == (401, "invalid_client"), name


@pytest.mark.parametrize("path", ENDPOINTS)
def test_b18_a_public_client_takes_a_secret_at_no_endpoint(house: InProcess, path: str) -> None:
    public = allowed(house, **PUBLIC)
    for shown in ARBITRARY:
        for form, authorization in (
            ({"client_id": public.client_id, "client_secret": shown}, b""),
            ({}, basic(public.client_id, shown)),
            ({"client_id": public.client_id}, basic(public.client_id, shown)),
        ):
            answer = sent(house, path, form, authorization)
            assert (answer.status, answer.json()["error"]) == (401, "invalid_client"), shown


@pytest.mark.parametrize("shown", ARBITRARY)
def test_b18_a_public_clients_code_with_an_arbitrary_secret(house: InProcess, shown: str) -> None:
    """CVE-2026-92289: "PKCE or secret" let any secret stand in for the verifier. Nor does a verifier excuse one."""
    app = allowed(house, **PUBLIC)
    code = app.code()
    for verifier in (VERIFIER, None, "w" * 43):
        answer = app.redeem(code, client_secret=shown, code_verifier=verifier)
        assert (answer.status, answer.json()["error"]) == (401, "invalid_client")
    assert app.redeem(code).status == 200


def test_b18_a_confidential_clients_code_with_pkce_and_no_secret_or_a_wrong_one(house: InProcess) -> None:
    """The other half of CVE-2026-92289."""
    app = allowed(house)
    code = app.code(code_challenge=challenge_of(VERIFIER))
    for shown in (None, "", *ARBITRARY):
        answer = app.redeem(code, client_secret=shown, code_verifier=VERIFIER)
        assert (answer.status, answer.json()["error"]) == (401, "invalid_client")
    assert app.redeem(code, code_verifier=VERIFIER).status == 200


def test_b18_refresh_tokens_with_arbitrary_secrets_are_neither_exchanged_nor_spent(house: InProcess) -> None:
    public = allowed(house, **PUBLIC)
    for app in (public, allowed(house, public.user, refresh_token=ROTATING)):
        token = app.tokens(["openid", "offline_access"])["refresh_token"]
        for shown in ARBITRARY:
            assert app.refresh(token, client_secret=shown).json()["error"] == "invalid_client"
            assert app.revoke(token, client_secret=shown).json()["error"] == "invalid_client"
        assert app.refresh(token).status == 200


def _credential(app: Allowed) -> Credential:
    """The row behind the secret."""
    house = app.house
    [row] = house.run(house.worker.storage.find(Credential, house.tenant.tenant_id, where={"client_id": app.client_id}))
    return row


def test_b18_what_was_registered_as_confidential_is_stored_so(house: InProcess) -> None:
    """CVE-2026-44476: by the field, by the type of the application, and where nothing was said."""
    user = None
    for fields in ({}, {"token_endpoint_auth_method": "client_secret_basic"}, {"app_type": "regular_web"}):
        app = allowed(house, user, **fields)
        user = app.user
        assert house.ask("GET", f"clients/{app.client_id}").get("token_endpoint_auth_method") != "none"
        code = app.code(code_challenge=challenge_of(VERIFIER))
        assert app.redeem(code, client_secret=None, code_verifier=VERIFIER).json()["error"] == "invalid_client"
        assert app.redeem(code, code_verifier=VERIFIER).status == 200


def test_b18_no_read_gives_the_secret_or_what_is_kept_of_it_and_that_is_no_secret(house: InProcess) -> None:
    """drf-mcp-server answered with the hash; where hashes are compared it even is as good as the secret."""
    app = allowed(house)
    kept = str(_credential(app).secret_hash)
    for path in (f"clients/{app.client_id}", "clients", f"clients/{app.client_id}/credentials"):
        text = house.call("GET", path).text
        assert kept not in text
        assert app.client["client_secret"] not in text
    answer = app.redeem(app.code(), client_secret=kept)
    assert answer.json()["error"] == "invalid_client"
