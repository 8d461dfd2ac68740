"""attacks.md 41: an opaque token that is cut, lengthened or changed is no token (CVE-2026-27840)."""

from __future__ import annotations

import pytest

from tallystick.app.tokens import recogniser_of
from tallystick.tokens.recognised import InvalidToken
from tests.inprocess import InProcess

API = "https://api.example/"


def variants(token: str) -> list[str]:
    """Every prefix and suffix, every letter in the other case, every last character, and what is put around it."""
    cut = [token[:end] for end in range(len(token))] + [token[start:] for start in range(1, len(token))]
    cased = [token[:at] + token[at].swapcase() + token[at + 1 :] for at in range(len(token)) if token[at].isalpha()]
    # 43 characters hold 258 bits: two of the last one's bits mean nothing in base64url.
    last = [token[:-1] + one for one in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_="]
    around = [token + "A", token + "=", token + "\n", " " + token, token + "\0", "A" + token, token + token]
    other = [token.replace("tat_", "TAT_"), token.replace("tat_", ""), token.upper(), token.lower(), token[::-1]]
    return [one for one in (*cut, *cased, *last, *around, *other) if one != token]


def test_41_no_part_and_no_variant_of_an_opaque_token_is_one(house: InProcess) -> None:
    house.api(API, token_dialect="opaque")
    client = house.client(API)
    proof = {name: client[name] for name in ("client_id", "client_secret")}
    token = house.token(**proof, audience=API).json()["access_token"]
    recogniser, tenant = recogniser_of(house.worker), house.tenant

    async def accepted() -> list[str]:
        found = []
        for one in variants(token):
            try:
                await recogniser.recognise(tenant, one)
            except InvalidToken:
                continue
            found.append(one)
        return found

    assert house.run(accepted()) == []
    assert house.run(recogniser.recognise(tenant, token)).client_id == client["client_id"]


@pytest.mark.parametrize("end", [-1, 20])
def test_41_a_part_of_a_token_revokes_nothing(house: InProcess, end: int) -> None:
    house.api(API, token_dialect="opaque")
    client = house.client(API)
    proof = {name: client[name] for name in ("client_id", "client_secret")}
    token = house.token(**proof, audience=API).json()["access_token"]
    form = "&".join(f"{name}={value}" for name, value in {**proof, "token": token[:end]}.items())
    headers = {b"content-type": b"application/x-www-form-urlencoded"}
    assert house.request("POST", "/oauth/revoke", form.encode(), headers).status == 200
    assert house.run(recogniser_of(house.worker).recognise(house.tenant, token))
