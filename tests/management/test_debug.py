"""``/debug``: rule by rule, what would become of what a client would send; and nothing comes of asking."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509

from tallystick.clientauth.authenticate import CLIENT_ID
from tallystick.events import Event
from tests.application import JWT_BEARER, now_ms
from tests.certificate_mill import EXPIRED_DAYS, NO_CA, SERVER_AUTH, Holder, authority, certify, jwk_with, leaf, twin_of
from tests.clientauth.evidence import der
from tests.forge import LEFT_OUT, Key
from tests.inprocess import Answered, InProcess, in_process
from tests.publisher import Published, Robot

DN = "CN=robot,O=Tests"
Json = dict[str, Any]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InProcess]:
    """One deployment for this file: nobody here moves its clock."""
    with in_process(tmp_path_factory.mktemp("debug") / "data", now_ms()) as running:
        yield running


@pytest.fixture(scope="module")
def audience(house: InProcess) -> str:
    return str(house.api()["identifier"])


@pytest.fixture(scope="module")
def root(house: InProcess) -> Holder:
    """A registered authority."""
    holder = authority("CN=root")
    house.ask("POST", "certificate-authorities", {"name": "the root", "pem": holder.pem})
    return holder


def client_of(house: InProcess, audience: str, method: str, **credential: Any) -> tuple[str, str]:
    """A client of a method with one credential; both ids."""
    client_id = str(house.client(audience)["client_id"])
    made = house.made("POST", f"clients/{client_id}/credentials", credential)
    methods = {method: {"credentials": [{"id": made["id"]}]}}
    body = {"token_endpoint_auth_method": None, "client_authentication_methods": methods}
    house.ask("PATCH", f"clients/{client_id}", body)
    return client_id, str(made["id"])


def by_certificate(house: InProcess, *shown: Holder, client_id: str | None = None) -> Json:
    """The diagnosis of a chain."""
    given = {"pem": "".join(holder.pem for holder in shown)} | ({"client_id": client_id} if client_id else {})
    return house.made("POST", "debug/certificate", given)


def by_assertion(house: InProcess, assertion: str, **given: Any) -> Json:
    """The diagnosis of an assertion."""
    return house.made("POST", "debug/assertion", {"assertion": assertion, **given})


def failed(diagnosis: Json) -> dict[str, str]:
    """Rule → check, of those that failed."""
    return {rule["rule"]: rule["check"] for rule in diagnosis["rules"] if rule["result"] == "failed"}


def results(diagnosis: Json) -> dict[str, str]:
    """Rule → what became of it."""
    return {rule["rule"]: rule["result"] for rule in diagnosis["rules"]}


def assertion(house: InProcess, key: Key, client_id: str, audience: str | None = None, **claims: Any) -> str:
    """A good one at the house's time."""
    now_s = house.clock.now_ms() // 1000
    return key.assertion(client_id, audience or house.issuer, None, **{"iat": now_s, "exp": now_s + 60, **claims})


# Certificates


def test_a_good_certificate_passes_every_rule_and_is_told_with_its_path(
    house: InProcess, audience: str, root: Holder
) -> None:
    client_id, credential_id = client_of(
        house, audience, "tls_client_auth", credential_type="cert_subject_dn", subject_dn=DN
    )
    middle = authority("CN=middle", root)
    diagnosis = by_certificate(house, leaf(DN, middle), middle, client_id=client_id)
    assert (diagnosis["accepted"], diagnosis["check"], set(results(diagnosis).values())) == (True, None, {"passed"})
    assert diagnosis["path"] == [DN, "CN=middle", "CN=root"]
    (name,) = diagnosis["credentials"]
    assert (name["credential_id"], name["registered"], name["shown"]) == (credential_id, DN, [DN])
    assert (name["matches"], name["live"], name["referenced"]) == (True, True, True)
    (tried,) = diagnosis["authorities"]
    assert (tried["name"], tried["chains"]) == ("the root", True)


def certificates(root: Holder) -> dict[str, tuple[tuple[Holder, ...], str]]:
    """What is shown to a client known as :data:`DN`, and the check that refuses it."""
    return {
        "another name": ((leaf("CN=robot", root),), "tls_client_auth.subject"),
        "another authority of the name": ((leaf(DN, twin_of(root)),), "chain.signature"),
        "an authority nobody knows": ((leaf(DN, authority("CN=stranger")),), "chain.no_issuer"),
        "its intermediate left out": ((leaf(DN, authority("CN=middle", root)),), "chain.no_issuer"),
        "expired": ((leaf(DN, root, days=EXPIRED_DAYS),), "certificate.expired"),
        "for servers": ((certify(DN, root, NO_CA, SERVER_AUTH),), "chain.eku"),
        "an authority's": ((authority(DN, root),), "chain.leaf_is_ca"),
    }


CASES = tuple(certificates(authority("CN=x")))


@pytest.mark.parametrize("name", CASES)
def test_debug_and_the_endpoint_agree_on_certificates(
    house: InProcess, audience: str, root: Holder, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown, check = certificates(root)[name]
    client_id, _ = client_of(house, audience, "tls_client_auth", credential_type="cert_subject_dn", subject_dn=DN)
    rows = log_of(house, monkeypatch)
    diagnosis = by_certificate(house, *shown, client_id=client_id)
    answer = house.token(tuple(der(holder) for holder in shown), client_id=client_id, audience=audience)
    assert answer.status == 401
    assert (diagnosis["check"], rows[-1].details["check"]) == (check, check)


def log_of(house: InProcess, monkeypatch: pytest.MonkeyPatch) -> list[Event]:
    """The rows of the tenant's log from here on."""
    rows: list[Event] = []
    storage: Any = house._opened._worker.storage
    record = storage.record

    async def noted(event: Event) -> None:
        rows.append(event)
        await record(event)

    monkeypatch.setattr(storage, "record", noted)
    return rows


def test_a_broken_chain_says_between_which_two(house: InProcess, audience: str, root: Holder) -> None:
    client_id, _ = client_of(house, audience, "tls_client_auth", credential_type="cert_subject_dn", subject_dn=DN)
    diagnosis = by_certificate(house, leaf(DN, authority("CN=middle", root)), client_id=client_id)
    evidence = next(rule["evidence"] for rule in diagnosis["rules"] if rule["rule"] == "path")
    assert evidence == {"certificate": DN, "issuer": "CN=middle"}
    diagnosis = by_certificate(house, leaf(DN, twin_of(root)), client_id=client_id)
    assert diagnosis["authorities"][0]["check"] == "chain.signature"


def test_several_rules_that_fail_are_all_told(house: InProcess, audience: str, root: Holder) -> None:
    client_id, _ = client_of(house, audience, "tls_client_auth", credential_type="cert_subject_dn", subject_dn=DN)
    bad = certify("CN=other", authority("CN=stranger"), NO_CA, SERVER_AUTH, days=EXPIRED_DAYS)
    diagnosis = by_certificate(house, bad, client_id=client_id)
    assert failed(diagnosis) == {
        "subject": "tls_client_auth.subject",
        "use": "chain.eku",
        "validity": "certificate.expired",
        "path": "chain.no_issuer",
    }


def test_a_self_signed_one_is_held_against_the_registered_thumbprints(house: InProcess, audience: str) -> None:
    mine, other = leaf("CN=mine"), leaf("CN=mine")
    client_id, credential_id = client_of(
        house, audience, "self_signed_tls_client_auth", credential_type="x509_cert", pem=mine.pem
    )
    good = by_certificate(house, mine, client_id=client_id)
    assert (good["accepted"], good["method"]) == (True, "self_signed_tls_client_auth")
    bad = by_certificate(house, other, client_id=client_id)
    assert failed(bad) == {"registered": "self_signed_tls_client_auth.registered"}
    (row,) = bad["credentials"]
    assert (row["credential_id"], row["matches"]) == (credential_id, False)
    assert (row["registered"], row["shown"]) == (mine.thumbprint, [other.thumbprint])


def test_alternative_names_are_compared_one_by_one(house: InProcess, audience: str, root: Holder) -> None:
    client_id, _ = client_of(house, audience, "tls_client_auth", credential_type="cert_san_dns", san_dns="a.example")
    names = [x509.DNSName("b.example"), x509.DNSName("A.example")]
    diagnosis = by_certificate(house, leaf(DN, root, san=names), client_id=client_id)
    assert diagnosis["accepted"] is True
    assert diagnosis["credentials"][0]["shown"] == ["a.example", "b.example"]
    assert diagnosis["certificates"][0]["names"] == ["dns:b.example", "dns:A.example"]


def test_without_a_client_the_certificate_itself_is_judged(house: InProcess, root: Holder) -> None:
    good = by_certificate(house, leaf(DN, root))
    assert (good["accepted"], good["client"]) == (True, None)
    assert {"subject", "client", "method"}.isdisjoint(results(good))
    assert by_certificate(house, leaf(DN, authority("CN=stranger")))["check"] == "chain.no_issuer"
    assert by_certificate(house, leaf("CN=alone"))["method"] == "self_signed_tls_client_auth"


def test_an_unknown_client_and_one_of_another_method_are_told(house: InProcess, audience: str, root: Holder) -> None:
    assert by_certificate(house, leaf(DN, root), client_id="nobody")["check"] == "client.unknown"
    application = house.client(audience)
    diagnosis = by_certificate(house, leaf(DN, root), client_id=application["client_id"])
    assert diagnosis["check"] == "client.method_is_client_secret_post"
    assert diagnosis["client"]["name"] == "app"


@pytest.mark.parametrize(
    ("pem", "check"), [("nonsense", "certificate.pem"), (Key("ES256").public_pem, "certificate.pem")]
)
def test_what_is_no_certificate_is_told(house: InProcess, pem: str, check: str) -> None:
    diagnosis = house.made("POST", "debug/certificate", {"pem": pem, "client_id": "x"})
    assert diagnosis["check"] == "certificate.pem"
    assert set(results(diagnosis).values()) == {"failed", "undecided"}


def test_a_private_key_beside_the_certificate_is_told_and_not_repeated(house: InProcess) -> None:
    holder = leaf("CN=mine")
    answer = house.call("POST", "debug/certificate", {"pem": holder.pem + holder.key_pem})
    assert answer.json()["check"] == "private_key"
    assert holder.key_pem.splitlines()[1].encode() not in answer.content


def test_what_is_unreadable_leaves_open_what_it_was_asked_with(house: InProcess) -> None:
    """Rules about a client are among those left open where one was named, and only there."""
    about = [house.made("POST", "debug/certificate", {"pem": "x", **given}) for given in ({}, {"client_id": "x"})]
    assert [{"client", "method"} <= set(results(diagnosis)) for diagnosis in about] == [False, True]
    assert {"client", "method"}.isdisjoint(results(about[0]))


def test_names_match_and_withdrawn_ones_are_told(house: InProcess, audience: str, root: Holder) -> None:
    """Also an authority that it does not chain to, and whose it is; a name that sorts after its issuer's is no reason
    to take it for its own."""
    client_id, _ = client_of(house, audience, "tls_client_auth", credential_type="cert_san_dns", san_dns="a.example")
    gone = house.made(
        "POST", f"clients/{client_id}/credentials", {"credential_type": "cert_subject_dn", "subject_dn": DN}
    )
    house.ask("DELETE", f"clients/{client_id}/credentials/{gone['id']}")
    holder = leaf(DN, root, san=[x509.DNSName("a.example")])
    told = by_certificate(house, holder, client_id=client_id)["credentials"]
    assert [(one["registered"], one["matches"], one["live"]) for one in told] == [
        ("a.example", True, True),
        (DN, True, False),
    ]
    for subject, issuer in (("CN=zz", "CN=aa"), ("CN=aa", "CN=zz")):
        diagnosis = by_certificate(house, leaf(subject, authority(issuer)))
        assert diagnosis["method"] == "tls_client_auth"
        assert [(one["name"], one["chains"]) for one in diagnosis["authorities"]] == [("the root", False)]


def test_an_address_is_told_where_the_certificates_are_there(house: InProcess, audience: str) -> None:
    """Not where it has the keys of another method."""
    published, mine = Published(), leaf("CN=mine")
    published.serve(house.worker.key_sets)
    robot = Robot(house, published, audience)
    robot.put(Key("ES256", "at an address"))
    assert "key_set" not in by_certificate(house, leaf("CN=x", authority("CN=y")), client_id=robot.client_id)
    robot.change(client_authentication_methods={"self_signed_tls_client_auth": {"jwks_uri": robot.url}})
    robot.put(jwk_with(mine, kid="at an address"))
    diagnosis = by_certificate(house, mine, client_id=robot.client_id)
    assert (diagnosis["accepted"], diagnosis["key_set"]["url"]) == (True, robot.url)


# Assertions


@pytest.fixture
def key() -> Key:
    return Key("ES256")


@pytest.fixture
def keyed(house: InProcess, audience: str, key: Key) -> str:
    made = {"credential_type": "public_key", "pem": key.public_pem, "alg": "ES256"}
    return client_of(house, audience, "private_key_jwt", **made)[0]


def test_keys_are_told_with_the_reason_why_one_was_not_tried(
    house: InProcess, audience: str, key: Key, keyed: str
) -> None:
    others = {"alg": Key("Ed25519"), "not_referenced": Key("ES256")}
    for reason, other in others.items():
        body = {"credential_type": "public_key", "pem": other.public_pem, "alg": other.alg, "name": reason}
        house.ask("POST", f"clients/{keyed}/credentials", body)
    gone = {"credential_type": "public_key", "pem": Key("ES256").public_pem, "alg": "ES256"}
    made = house.made("POST", f"clients/{keyed}/credentials", gone)
    house.ask("DELETE", f"clients/{keyed}/credentials/{made['id']}")
    diagnosis = by_assertion(house, assertion(house, key, keyed))
    told = {row["reason"]: row for row in diagnosis["keys"]}
    assert set(told) == {"", "not_referenced", "withdrawn"}
    assert told[""]["signed"] is True
    assert (told["withdrawn"]["credential_id"], told["withdrawn"]["signed"]) == (made["id"], False)
    assert (diagnosis["server_time_s"], diagnosis["skew_allowed_s"]) == (house.clock.now_ms() // 1000, 10)
    assert diagnosis["client"] == {
        "client_id": keyed, "name": "app", "method": "private_key_jwt", "profile": "none",
    }  # fmt: skip


def test_an_expired_key_is_told(tmp_path: Path) -> None:
    with in_process(tmp_path / "data", now_ms()) as house:
        key, ends = Key("ES256"), {"expires_at": "2100-01-01T00:00:00.000Z"}
        made = {"credential_type": "public_key", "pem": key.public_pem, "alg": "ES256"}
        client_id, credential_id = client_of(house, str(house.api()["identifier"]), "private_key_jwt", **made)
        house.ask("PATCH", f"clients/{client_id}/credentials/{credential_id}", ends)
        house.clock.advance(80 * 366 * 86_400)
        house._token = ""
        diagnosis = by_assertion(house, assertion(house, key, client_id))
    assert diagnosis["check"] == "private_key_jwt.key"
    assert [row["reason"] for row in diagnosis["keys"]] == ["expired"]
    assert results(diagnosis)["signature"] == "undecided"


def test_the_endpoint_decides_what_aud_may_be(house: InProcess, key: Key, keyed: str) -> None:
    for endpoint, audience, accepted in (
        ("oauth/token", "oauth/token", True),
        ("/oauth/par", "oauth/par", True),
        (f"{house.issuer}oauth/par", "oauth/par", True),
        ("oauth/token", "oauth/par", False),
    ):
        shown = assertion(house, key, keyed, house.issuer + audience)
        assert by_assertion(house, shown, endpoint=endpoint)["accepted"] is accepted, (endpoint, audience)


def test_a_host_of_nobody_is_the_first_rule_to_fail(house: InProcess, key: Key, keyed: str) -> None:
    shown = assertion(house, key, keyed)
    assert by_assertion(house, shown, host="localhost:8443")["accepted"] is True
    for given in ({"host": "victim.example"}, {"endpoint": "https://victim.example/oauth/token"}):
        diagnosis = by_assertion(house, shown, **given)
        assert (diagnosis["accepted"], diagnosis["check"]) == (False, "host.unknown")
        assert failed(diagnosis) == {"host": "host.unknown"}


@pytest.mark.parametrize("endpoint", ["https://[", "https://[::1]x/", "://", "//x", "a b", "https://u:p@h/", "\u00e9"])
def test_odd_endpoints_break_nothing(house: InProcess, key: Key, keyed: str, endpoint: str) -> None:
    body = {"assertion": assertion(house, key, keyed), "endpoint": endpoint}
    assert house.call("POST", "debug/assertion", body).status in (200, 400)
    assert house.call("POST", "debug/certificate", {"pem": "x", "host": endpoint}).status == 200


def test_asking_spends_nothing_and_leaves_no_row(
    house: InProcess, audience: str, key: Key, keyed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = assertion(house, key, keyed)
    rows = log_of(house, monkeypatch)
    for _ in range(2):
        assert by_assertion(house, shown)["accepted"] is True
    assert rows == []
    form: dict[str, Any] = {"client_assertion_type": JWT_BEARER, "client_assertion": shown}
    assert house.token(**form, audience=audience).status == 200
    assert by_assertion(house, shown)["check"] == "one_time.spent"


@pytest.mark.parametrize("sub", ["nobody", "x" * 64, "\u00e9", " "])
def test_an_unknown_sub_leaves_the_rest_undecided(house: InProcess, key: Key, sub: str) -> None:
    diagnosis = by_assertion(house, assertion(house, key, sub))
    assert (diagnosis["check"], diagnosis["client"]) == ("client.unknown", None)
    assert results(diagnosis)["signature"] == results(diagnosis)["once"] == "undecided"
    assert sub == "nobody" or not CLIENT_ID.fullmatch(sub) or sub not in str(diagnosis["jwt_claims"]["sub"])


@pytest.mark.parametrize("junk", ["x", "a.b.c", "." * 3000, "\x00", "\ud7ff"])
def test_junk_is_told_and_breaks_nothing(house: InProcess, junk: str) -> None:
    answer = house.call("POST", "debug/assertion", {"assertion": junk})
    assert answer.status in (200, 400)
    if answer.status == 200:
        assert answer.json()["accepted"] is False


@pytest.mark.parametrize("odd", ["\ud800", "https://\ud800/"])
@pytest.mark.parametrize("place", ["iss", "sub", "aud", "jti", "exp", "alg", "typ", "kid", "crit", "zip"])
def test_half_a_character_breaks_nothing(house: InProcess, key: Key, keyed: str, place: str, odd: str) -> None:
    """JSON can escape one (RFC 8259 8.2), and no answer can hold it."""
    claims = {"iss": keyed, "sub": keyed, "aud": house.issuer, place: odd}
    for shown in (key.jwt(claims), key.jwt({"iss": keyed, "sub": keyed}, **{place: odd})):
        assert by_assertion(house, shown)["accepted"] is False


# Who may ask


def told_with(house: InProcess, *scopes: str) -> Answered:
    """The answer to an application of the Management API with these scopes."""
    audience = house.bootstrap["management"]["audience"]
    application = house.client(audience, list(scopes))
    given: dict[str, Any] = {name: application[name] for name in ("client_id", "client_secret")}
    token = house.token(audience=audience, **given).json()["access_token"]
    headers = {b"authorization": f"Bearer {token}".encode(), b"content-type": b"application/json"}
    return house.request("POST", "/api/v2/debug/assertion", b'{"assertion":"a.b.c"}', headers)


def test_it_takes_the_scope(house: InProcess) -> None:
    assert told_with(house, "read:client_debug").status == 200
    assert told_with(house, "read:clients", "read:client_credentials", "read:logs").status == 403


def test_the_connection_is_told_as_the_front_tells_it(house: InProcess) -> None:
    seen = house.ask("GET", "debug/connection")
    assert (seen["client_ip"], seen["host"], seen["issuer"]) == ("127.0.0.1", "localhost:8443", house.issuer)
    assert (seen["certificate"], seen["certificates"], seen["dropped_headers"]) == (None, 0, [])
    holder = leaf(DN)
    token = house._token
    headers = {b"authorization": f"Bearer {token}".encode()}
    shown = house.request("GET", "/api/v2/debug/connection", headers=headers, certificates=(der(holder),)).json()
    assert (shown["certificates"], shown["certificate"]["thumbprint_sha256"]) == (1, holder.thumbprint)
    assert shown["certificate"]["subject"] == DN


def test_keys_by_address_are_told_with_what_their_address_answered(house: InProcess, audience: str) -> None:
    published, key = Published(), Key("ES256", "at an address")
    published.serve(house.worker.key_sets)
    robot = Robot(house, published, audience)
    published.fail(robot.url)
    diagnosis = by_assertion(house, robot.assertion(key))
    assert failed(diagnosis)["key"] == "private_key_jwt.key_set"
    assert diagnosis["key_set"]["last_error"].startswith("time: ")
    robot = Robot(house, published, audience)
    robot.put(key, {"kty": "oct", "k": "AA", "kid": "secret"})
    diagnosis = by_assertion(house, robot.assertion(key))
    assert diagnosis["accepted"]
    assert diagnosis["key_set"]["url"] == robot.url
    assert diagnosis["key_set"]["refused"] == [{"kid": "secret", "check": "private_key"}]
    (told,) = diagnosis["keys"]
    assert (told["kid"], told["alg"], told["reason"], told["signed"]) == ("at an address", "ES256", "", True)
    diagnosis = by_assertion(house, robot.assertion(Key("ES256", "another")))
    assert failed(diagnosis)["key"] == "private_key_jwt.key"
    assert [told["reason"] for told in diagnosis["keys"]] == ["kid"]


def test_only_the_key_that_signed_is_told_as_such(house: InProcess, audience: str) -> None:
    """It has an id between those of the others."""
    client_id, keys = str(house.client(audience)["client_id"]), {}
    for _ in range(3):
        key = Key("ES256")
        made = {"credential_type": "public_key", "pem": key.public_pem, "alg": "ES256"}
        keys[str(house.made("POST", f"clients/{client_id}/credentials", made)["id"])] = key
    methods = {"private_key_jwt": {"credentials": [{"id": one} for one in keys]}}
    body = {"token_endpoint_auth_method": None, "client_authentication_methods": methods}
    house.ask("PATCH", f"clients/{client_id}", body)
    between = sorted(keys)[1]
    told = by_assertion(house, assertion(house, keys[between], client_id))["keys"]
    assert {one["credential_id"]: one["signed"] for one in told} == {one: one == between for one in keys}


def test_once_is_left_open_where_the_dates_cannot_be_read_and_asked_where_anything_else_fails(
    house: InProcess, key: Key, keyed: str
) -> None:
    for changed, once in (
        ({"exp": "soon"}, "undecided"),
        ({"jti": None}, "undecided"),
        ({"aud": "https://another.example/"}, "passed"),
        ({"exp": 1}, "passed"),
        ({"exp": LEFT_OUT}, "passed"),
        ({}, "passed"),
    ):
        diagnosis = by_assertion(house, key.assertion(keyed, house.issuer, None, **{**dates(house), **changed}))
        assert results(diagnosis)["once"] == once, changed


def dates(house: InProcess) -> Json:
    now_s = house.clock.now_ms() // 1000
    return {"iat": now_s, "exp": now_s + 60}


def test_a_header_is_told_apart_from_what_is_no_jwt(house: InProcess, key: Key, keyed: str) -> None:
    for header in ({"crit": ["exp"]}, {"zip": "DEF"}, {"alg": "none"}):
        diagnosis = by_assertion(house, key.jwt({**dates(house), "iss": keyed, "sub": keyed}, **header))
        assert (results(diagnosis)["format"], results(diagnosis)["header"]) == ("passed", "failed"), header
    diagnosis = by_assertion(house, "a.b")
    assert (results(diagnosis)["format"], results(diagnosis)["header"]) == ("failed", "undecided")


def test_a_kid_that_is_registered_is_told_whole_and_no_other(house: InProcess, audience: str) -> None:
    key = Key("ES256", "a-kid-that-is-far-longer-than-what-is-told-whole")
    made = {"credential_type": "public_key", "pem": key.public_pem, "alg": "ES256", "kid": key.kid}
    client_id, _ = client_of(house, audience, "private_key_jwt", **made)
    assert by_assertion(house, assertion(house, key, client_id))["jwt_header"]["kid"] == key.kid
    other = Key("ES256", "another-kid-that-is-far-longer-than-what-is-told")
    assert by_assertion(house, assertion(house, other, client_id))["jwt_header"]["kid"] != other.kid
