"""openid-client signs a person in: a web application with a key, and signatures of ES256 wherever there is one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest

from tallystick.jose.private_keys import private_key_to_pem
from tests.administrator import Administrator
from tests.application import decoded
from tests.browser.person import new_person
from tests.forge import Key
from tests.interop.nodejs import Conversation, conversation
from tests.interop.signing_in import BYE, CALLBACK, sign_in, web_application
from tests.recipient import recipient as recipient_for
from tests.server import Server
from tests.signin import visitor_at

ALG = "ES256"
SCOPE = "openid profile email offline_access read"
Client = tuple[Conversation, Any]


@pytest.fixture
def app(home: Server, home_admin: Administrator) -> Iterator[Client]:
    """The library at work, and the client it is."""
    key = Key(ALG)
    credential = {"credential_type": "public_key", "pem": key.public_pem, "alg": ALG}
    client = web_application(
        home_admin,
        client_authentication_methods={"private_key_jwt": {"credentials": [credential]}},
        jwt_configuration={"alg": ALG},
        userinfo_signed_response_alg=ALG,
    )
    with conversation(home, "openid_client_sign_in.mjs") as node:
        metadata = {"id_token_signed_response_alg": ALG, "userinfo_signed_response_alg": ALG}
        pem = private_key_to_pem(key.private)
        node.step("begin", issuer=home.issuer, client_id=client["client_id"], pem=pem, alg=ALG, metadata=metadata)
        yield node, client


def test_a_sign_in_and_all_that_follows(home: Server, home_admin: Administrator, app: Client) -> None:
    node, client = app
    api = home_admin.api(allow_offline_access=True, signing_alg=ALG)["identifier"]
    person, visitor = new_person(home_admin, name="Ada", nickname="ada"), visitor_at(home)
    url = node.step("ask", redirect_uri=CALLBACK, scope=SCOPE, audience=api)
    got = node.step("redeem", url=sign_in(visitor, url, person))
    tokens, claims = got["tokens"], got["claims"]
    assert (claims["sub"], claims["aud"], claims["email"]) == (person.user_id, client["client_id"], person.email)
    assert tokens["scope"] == SCOPE
    assert decoded(tokens["id_token"])[0]["alg"] == ALG
    assert decoded(tokens["access_token"])[1]["aud"] == [api, f"{home.issuer}userinfo"]
    userinfo = node.step("userinfo", access_token=tokens["access_token"], sub=claims["sub"])
    assert (userinfo["sub"], userinfo["name"], userinfo["email_verified"]) == (person.user_id, "Ada", True)

    again = node.step("refresh", refresh_token=tokens["refresh_token"], scope="openid read")
    assert again["tokens"]["scope"] == "openid read"
    assert (again["claims"]["sub"], again["claims"]["auth_time"]) == (claims["sub"], claims["auth_time"])
    silent = visitor.get(node.step("ask", redirect_uri=CALLBACK, scope="openid", prompt="none", max_age="3600"))
    assert node.step("redeem", url=silent.location, maxAge=3600)["claims"]["sid"] == claims["sid"]

    node.step("revoke", token=tokens["refresh_token"])
    refused = node.step("refreshRefused", refresh_token=tokens["refresh_token"])
    assert refused == {"error": "invalid_grant", "status": 400}
    end = node.step("end", id_token_hint=tokens["id_token"], post_logout_redirect_uri=BYE, state="s1")
    assert visitor.get(end).location == f"{BYE}?state=s1"
    gone = visitor.get(node.step("ask", redirect_uri=CALLBACK, scope="openid", prompt="none"))
    assert node.step("refused", url=gone.location)["error"] == "login_required"


def changed(url: str, **parameters: str) -> str:
    """The same answer with other parameters; an empty value takes one out."""
    parts = urlsplit(url)
    query = {**dict(parse_qsl(parts.query)), **parameters}
    return parts._replace(query=urlencode({name: value for name, value in query.items() if value})).geturl()


def test_an_answer_that_was_tampered_with_is_refused(home: Server, home_admin: Administrator, app: Client) -> None:
    """RFC 9207 2.4 and RFC 6749 10.12: the client can tell, since we say who we are in every answer."""
    node, _ = app
    back = sign_in(visitor_at(home), node.step("ask", redirect_uri=CALLBACK, scope="openid"), new_person(home_admin))
    for parameter, value in (("state", "another"), ("iss", "https://another.example/"), ("iss", "")):
        assert "OAUTH_INVALID_RESPONSE" in str(node.step("refused", url=changed(back, **{parameter: value})))
    assert node.step("redeem", url=back)["claims"]["iss"] == home.issuer


@pytest.mark.parametrize(("alg", "enc"), [("RSA-OAEP-256", "A256GCM"), ("ECDH-ES+A256KW", "A128CBC-HS256")])
def test_what_is_encrypted_to_the_library_it_reads(home: Server, home_admin: Administrator, alg: str, enc: str) -> None:
    """ID tokens, /userinfo and refreshed ID tokens; the signed ID token within is the hint at the end."""
    key, recipient = Key(ALG), recipient_for(alg)
    keys = [
        {"credential_type": "public_key", "pem": pem, "alg": a}
        for pem, a in ((key.public_pem, ALG), (recipient.public_pem, alg))
    ]
    chosen = {
        f"{what}_encrypted_response_{part}": value
        for what in ("id_token", "userinfo")
        for part, value in (("alg", alg), ("enc", enc))
    }
    signed = {"jwt_configuration": {"alg": ALG}, "userinfo_signed_response_alg": ALG}
    methods = {"private_key_jwt": {"credentials": keys[:1]}}
    encryption = {"credentials": [{**keys[1], "kid": "kid-of-the-app"}]}
    client = web_application(
        home_admin, client_authentication_methods=methods, response_encryption=encryption, **signed, **chosen
    )
    person, visitor = new_person(home_admin, name="Ada"), visitor_at(home)
    with conversation(home, "openid_client_sign_in.mjs") as node:
        metadata = {"id_token_signed_response_alg": ALG, "userinfo_signed_response_alg": ALG}
        decryption = {"alg": alg, "enc": enc, "kid": "kid-of-the-app", "pem": private_key_to_pem(recipient.private)}
        begin = {"issuer": home.issuer, "client_id": client["client_id"], "pem": private_key_to_pem(key.private)}
        node.step("begin", **begin, alg=ALG, metadata=metadata, decryption=decryption)
        back = sign_in(visitor, node.step("ask", redirect_uri=CALLBACK, scope="openid profile"), person)
        got = node.step("redeem", url=back)
        assert got["tokens"]["id_token"].count(".") == 4
        assert got["claims"]["sub"] == person.user_id
        userinfo = node.step("userinfo", access_token=got["tokens"]["access_token"], sub=person.user_id)
        assert userinfo["name"] == "Ada"
        hint = node.step("decrypted")["id_token"]["token_endpoint"]
        end = node.step("end", id_token_hint=hint, post_logout_redirect_uri=BYE, state="s1")
        assert visitor.get(end).location == f"{BYE}?state=s1"
