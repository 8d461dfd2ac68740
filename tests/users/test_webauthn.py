"""Passkeys (WebAuthn Level 3, 7.1 and 7.2): what a browser may bring, and what an attacker may not."""

from __future__ import annotations

import asyncio

import msgspec
import pytest

from tallystick.errors import Conflict, OAuthError
from tallystick.jose import base64url
from tallystick.users.authenticator import Authenticator
from tallystick.users.passkey_options import Site
from tallystick.users.webauthn import read_shown
from tests.inprocess import InProcess
from tests.software_authenticator import BE, BS, EDDSA, ES256, RS256, UP, UV, SoftwareAuthenticator
from tests.users.factor_house import BOUND, SITE, FactorHouse

ORIGIN = SITE.origin
EVIL = "https://localhost.evil.example:8443"
FIVE_MINUTES_S = 300


@pytest.fixture
def jane(house: InProcess) -> FactorHouse:
    return FactorHouse(house)


@pytest.fixture
def key(jane: FactorHouse) -> SoftwareAuthenticator:
    """A passkey of Jane's."""
    authenticator = SoftwareAuthenticator()
    jane.add_passkey(authenticator)
    return authenticator


@pytest.mark.parametrize("alg", [ES256, EDDSA, RS256])
def test_a_passkey_of_each_algorithm_is_made_and_used(jane: FactorHouse, alg: int) -> None:
    authenticator = SoftwareAuthenticator(alg)
    jane.add_passkey(authenticator)
    assert jane.passkey(authenticator.use(jane.options(), ORIGIN)) == "passed"
    assert jane.passkey_alone(authenticator.use(jane.options(), ORIGIN)) == "passed"


def test_the_site_is_a_name_and_never_an_address() -> None:
    assert Site("https://login.example.com:8443").rp_id == "login.example.com"
    assert [Site(origin).rp_id for origin in ("https://127.0.0.1:8443", "https://[::1]:8443")] == ["", ""]


def test_a_challenge_is_good_once(jane: FactorHouse, key: SoftwareAuthenticator) -> None:
    answer = key.use(jane.options(), ORIGIN)
    assert jane.passkey(answer) == "passed"
    assert jane.passkey(answer) == "passkey.counter"
    # One that keeps no counter has nothing but the challenge between it and a replay.
    silent = SoftwareAuthenticator(counts=False)
    jane.add_passkey(silent)
    answer = silent.use(jane.options(), ORIGIN)
    assert [jane.passkey(answer), jane.passkey(answer)] == ["passed", "passkey.challenge_used"]


def test_one_answer_twenty_times_at_once_is_one_success(jane: FactorHouse) -> None:
    silent = SoftwareAuthenticator(counts=False)
    jane.add_passkey(silent)
    shown, checks, facts = read_shown(silent.use(jane.options(), ORIGIN)), jane.parts.checks, jane.facts

    async def all_at_once() -> list[object]:
        tries = [checks.passkey(facts, jane.user, shown, SITE, BOUND) for _ in range(20)]
        return await asyncio.gather(*tries, return_exceptions=True)

    outcomes = jane.house.run(all_at_once())
    assert sum(not isinstance(outcome, BaseException) for outcome in outcomes) == 1
    assert {one.check for one in outcomes if isinstance(one, OAuthError)} == {"passkey.challenge_used"}


def test_a_challenge_holds_five_minutes(jane: FactorHouse, key: SoftwareAuthenticator) -> None:
    early, late = key.use(jane.options(), ORIGIN), key.use(jane.options(), ORIGIN)
    jane.house.clock.advance(FIVE_MINUTES_S - 1)
    assert jane.passkey(early) == "passed"
    jane.house.clock.advance(1)
    assert jane.passkey(late) == "passkey.challenge_expired"


@pytest.mark.parametrize(
    "bound",
    [
        ("sign-in", "another browser", "this pending"),
        ("sign-in", "this browser", "another pending"),
        ("register", "this browser", "this pending"),
        ("sign-in", "this browserthis pending"),
    ],
)
def test_a_challenge_of_another_browser_pending_or_act_is_refused(
    jane: FactorHouse, key: SoftwareAuthenticator, bound: tuple[str, ...]
) -> None:
    assert jane.passkey(key.use(jane.options(bound), ORIGIN)) == "passkey.challenge"


@pytest.mark.parametrize("challenge", [b"", b"x", b"1700000000000." + b"A" * 43 + b"." + b"A" * 43, bytes(32)])
def test_a_challenge_that_we_did_not_make_is_refused(
    jane: FactorHouse, key: SoftwareAuthenticator, challenge: bytes
) -> None:
    options = {**jane.options(), "challenge": base64url.encode(challenge)}
    assert jane.passkey(key.use(options, ORIGIN)) == "passkey.challenge"


@pytest.mark.parametrize(
    "origin", [EVIL, "http://localhost:8443", "https://localhost", "https://localhost:8443/", "null"]
)
def test_another_origin_is_refused(jane: FactorHouse, key: SoftwareAuthenticator, origin: str) -> None:
    assert jane.passkey(key.use(jane.options(), origin)) == "passkey.assertion"
    assert jane.passkey_alone(key.use(jane.options(), origin)) == "passkey.assertion"
    with pytest.raises(OAuthError) as refusal:
        jane.add_passkey(SoftwareAuthenticator(), origin=origin)
    assert refusal.value.check == "passkey.registration"


def test_another_site_is_refused(jane: FactorHouse, key: SoftwareAuthenticator) -> None:
    assert jane.passkey(key.use(jane.options(), ORIGIN, rp_id="evil.example")) == "passkey.assertion"
    elsewhere = SoftwareAuthenticator()
    jane.add_passkey(elsewhere, Site("https://login.example.com"))
    assert jane.passkey(elsewhere.use(jane.options(), ORIGIN)) == "passkey.site"


def test_a_passkey_of_somebody_else_is_no_factor_of_mine(jane: FactorHouse, key: SoftwareAuthenticator) -> None:
    mallory = FactorHouse(jane.house, "mallory@example.org")
    theirs = SoftwareAuthenticator()
    mallory.add_passkey(theirs)
    assert jane.passkey(theirs.use(jane.options(), ORIGIN)) == "passkey.user_handle"
    assert jane.passkey(theirs.use(jane.options(), ORIGIN, handle=key.user_handle)) == "passkey.unknown"
    assert jane.passkey(theirs.use(jane.options(), ORIGIN, handle=None)) == "passkey.unknown"


def test_a_passkey_alone_names_its_owner(jane: FactorHouse, key: SoftwareAuthenticator) -> None:
    mallory = FactorHouse(jane.house, "mallory@example.org")
    theirs = SoftwareAuthenticator()
    mallory.add_passkey(theirs)
    assert jane.passkey_alone(theirs.use(jane.options(), ORIGIN, handle=key.user_handle)) == "passkey.user_handle"
    assert jane.passkey_alone(key.use(jane.options(), ORIGIN, handle=None)) == "passkey.user_handle"
    assert jane.passkey_alone(SoftwareAuthenticator().use(jane.options(), ORIGIN)) == "passkey.unknown"


def test_the_user_handle_says_nothing_about_its_owner(jane: FactorHouse, key: SoftwareAuthenticator) -> None:
    handle = base64url.decode(key.user_handle).decode()
    assert len(handle) <= 64
    assert not {jane.user.email, jane.user.user_id} & {handle}


def test_a_counter_that_does_not_go_on_is_refused(jane: FactorHouse, key: SoftwareAuthenticator) -> None:
    assert jane.passkey(key.use(jane.options(), ORIGIN, count=5)) == "passed"
    for count in (5, 4, 0):
        assert jane.passkey(key.use(jane.options(), ORIGIN, count=count)) == "passkey.counter"
    assert jane.passkey(key.use(jane.options(), ORIGIN, count=6)) == "passed"


def test_alone_it_must_know_its_owner(jane: FactorHouse, key: SoftwareAuthenticator) -> None:
    assert jane.passkey_alone(key.use(jane.options(), ORIGIN, flags=UP)) == "passkey.user_verification"
    assert jane.passkey(key.use(jane.options(), ORIGIN, flags=UP)) == "passed"  # beside a password it need not
    assert jane.passkey(key.use(jane.options(), ORIGIN, flags=UV)) == "passkey.assertion"  # nobody was there


def test_what_counts_as_two_factors(jane: FactorHouse) -> None:
    def amr(authenticator: SoftwareAuthenticator, flags: int) -> list[str]:
        shown = read_shown(authenticator.use(jane.options(), ORIGIN, flags=flags))
        return jane.house.run(jane.parts.checks.passkey(jane.facts, jane.user, shown, SITE, BOUND)).amr

    bound, shared = SoftwareAuthenticator(), SoftwareAuthenticator(flags=UP | UV | BE | BS)
    jane.add_passkey(bound)
    jane.add_passkey(shared)
    assert amr(bound, UP | UV) == ["hwk", "user", "mfa"]
    assert amr(bound, UP) == ["hwk", "user"]
    assert amr(shared, UP | UV | BE | BS) == ["swk", "user", "mfa"]


def test_backup_flags_are_kept_and_their_kind_never_changes(jane: FactorHouse) -> None:
    shared = SoftwareAuthenticator(flags=UP | UV | BE)
    jane.add_passkey(shared)
    assert jane.passkey(shared.use(jane.options(), ORIGIN, flags=UP | UV | BE | BS)) == "passed"
    (kept,) = jane.has
    assert (kept.data["backup_eligible"], kept.data["backed_up"]) == (True, True)
    assert jane.passkey(shared.use(jane.options(), ORIGIN, flags=UP | UV)) == "passkey.backup"
    assert jane.passkey(shared.use(jane.options(), ORIGIN, flags=UP | UV | BS)) == "passkey.assertion"


def test_out_of_a_frame_nothing_is_taken(jane: FactorHouse, key: SoftwareAuthenticator) -> None:
    assert jane.passkey(key.use(jane.options(), ORIGIN, crossOrigin=True)) == "passkey.frame"
    assert jane.passkey(key.use(jane.options(), ORIGIN, topOrigin=EVIL)) == "passkey.frame"


def test_an_answer_of_the_other_ceremony_is_refused(jane: FactorHouse, key: SoftwareAuthenticator) -> None:
    assert jane.passkey(key.use(jane.options(), ORIGIN, type="webauthn.create")) == "passkey.assertion"


def test_a_signature_by_another_key_is_refused(jane: FactorHouse, key: SoftwareAuthenticator) -> None:
    forger = SoftwareAuthenticator()
    forger.credential_id, forger.user_handle = key.credential_id, key.user_handle
    assert jane.passkey(forger.use(jane.options(), ORIGIN)) == "passkey.assertion"
    assert jane.passkey_alone(forger.use(jane.options(), ORIGIN)) == "passkey.assertion"


def test_a_blocked_person_does_not_get_in_by_passkey(jane: FactorHouse, key: SoftwareAuthenticator) -> None:
    from msgspec.structs import replace

    jane.house.run(jane.house.worker.storage.write(saves=(replace(jane.user, blocked=True),)))
    assert jane.passkey_alone(key.use(jane.options(), ORIGIN)) == "passkey.blocked"


def test_a_passkey_is_registered_once_whoever_tries(jane: FactorHouse, key: SoftwareAuthenticator) -> None:
    for whoever in (jane, FactorHouse(jane.house, "mallory@example.org")):
        with pytest.raises(Conflict) as refusal:
            whoever.add_passkey(key)
        assert refusal.value.check == "factor.registered"


def test_a_weak_or_unknown_algorithm_is_not_registered(jane: FactorHouse) -> None:
    other = SoftwareAuthenticator(RS256)
    other.alg = -37  # PS256: not offered
    with pytest.raises(OAuthError) as refusal:
        jane.add_passkey(other)
    assert refusal.value.check == "passkey.registration"


@pytest.mark.parametrize(
    "text",
    [
        *("", "{}", "[]", "null", '{"id":1,"response":{}}', "x" * 40_000, '{"id":"a","response":[]}'),
        *('{"id":"a","response":{"clientDataJSON":"e30"}}', '{"id":"a","response":{"clientDataJSON":"W10"}}'),
        '{"id":"a","id":"b","response":{"clientDataJSON":"e30"}}',
        pytest.param('{"a":' * 3_000 + "1" + "}" * 3_000, id="nested deep"),
    ],
)
def test_what_is_no_credential_is_refused(text: str) -> None:
    with pytest.raises(OAuthError) as refusal:
        read_shown(text)
    assert refusal.value.check == "passkey.malformed"


@pytest.mark.parametrize("member", ["authenticatorData", "signature", "clientDataJSON"])
@pytest.mark.parametrize("value", ["", "AAAA", "A" * 300, 7, None])
def test_a_broken_member_is_a_refusal_and_no_fault(
    jane: FactorHouse, key: SoftwareAuthenticator, member: str, value: object
) -> None:
    form = msgspec.json.decode(key.use(jane.options(), ORIGIN))
    form["response"][member] = value
    try:
        check = jane.passkey(msgspec.json.encode(form).decode())
    except OAuthError as error:
        check = error.check
    assert check in ("passkey.assertion", "passkey.malformed")


def test_every_refusal_is_in_the_log_with_its_check(jane: FactorHouse, key: SoftwareAuthenticator) -> None:
    jane.passkey(key.use(jane.options(), ORIGIN))
    jane.passkey(key.use(jane.options(), ORIGIN, count=0))
    jane.passkey_alone(key.use(jane.options(), ORIGIN, flags=UP))
    rows = jane.house.run(jane.house.worker.storage.log_page(jane.tenant.tenant_id, limit=4))
    assert [(row.event.type, row.event.details.get("check"), row.event.user_id) for row in reversed(rows)] == [
        ("gd_enrollment_complete", None, jane.user.user_id),
        ("gd_auth_succeed", None, jane.user.user_id),
        ("gd_auth_failed", "passkey.counter", jane.user.user_id),
        ("f", "passkey.user_verification", jane.user.user_id),
    ]


def test_the_secret_half_never_comes_here(jane: FactorHouse, key: SoftwareAuthenticator) -> None:
    rows = jane.house.run(jane.house.worker.storage.find(Authenticator, jane.tenant.tenant_id))
    assert {row.secret_sealed for row in rows} == {None}
