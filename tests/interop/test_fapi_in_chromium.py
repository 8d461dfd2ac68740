"""openid-client under FAPI 2 Message Signing, in Chromium: what it asks is signed and pushed, answers are signed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import Page, expect

from tallystick.jose.private_keys import private_key_to_pem
from tests.administrator import Administrator, Json, unique
from tests.application import decoded
from tests.browser.application import sign_in
from tests.browser.person import Person
from tests.certificate_mill import Holder, leaf
from tests.forge import Key
from tests.interop.nodejs import Conversation, conversation
from tests.interop.signing_in import web_application
from tests.receiver import Shown
from tests.server import Server

ALG = "ES256"


@dataclass
class FapiApplication:
    """One that runs, and what it is registered as."""

    node: Conversation
    origin: str
    client: Json
    holder: Holder
    certificate: tuple[Path, Path]

    def login(self, mode: str, **parameters: str) -> str:
        """Its link for people to sign in by."""
        return str(httpx.URL(f"{self.origin}/login", params={"mode": mode, **parameters}))


def public_key(key: Key) -> Json:
    """A key as it is registered."""
    return {"credential_type": "public_key", "pem": key.public_pem, "alg": ALG}


@contextmanager
def fapi_application(
    home: Server, admin: Administrator, neighbour: Shown, directory: Path, level: str, **fields: Any
) -> Iterator[FapiApplication]:
    """A web application of that level; at the mTLS port whatever proves it."""
    own, requests, holder = Key(ALG), Key(ALG), leaf(unique("fapi"))
    by_key = "_pkj_" in level
    method = "private_key_jwt" if by_key else "self_signed_tls_client_auth"
    proof = public_key(own) if by_key else {"credential_type": "x509_cert", "pem": holder.pem}
    certificate, key = holder.files(directory)
    with conversation(home, "fapi_app.mjs") as node:
        origin = node.step("listen", certificate=str(neighbour.certificate), key=str(neighbour.key))
        client = web_application(
            admin,
            callbacks=[f"{origin}/callback"],
            grant_types=["authorization_code"],
            client_authentication_methods={method: {"credentials": [proof]}},
            signed_request_object={"required": True, "credentials": [public_key(requests)]},
            jwt_configuration={"alg": ALG},
            authorization_signed_response_alg=ALG,
            compliance_level=level,
            **fields,
        )
        signed = dict.fromkeys(("id_token_signed_response_alg", "authorization_signed_response_alg"), ALG)
        node.step(
            "serve",
            issuer=home.issuer,
            client_id=client["client_id"],
            alg=ALG,
            pem=private_key_to_pem(own.private) if by_key else "",
            requestPem=private_key_to_pem(requests.private),
            metadata={**signed, "use_mtls_endpoint_aliases": True},
            certificate=str(certificate),
            key=str(key),
        )
        yield FapiApplication(node, origin, client, holder, (certificate, key))


def held_without_the_certificate(home: Server, application: FapiApplication, kept: Json) -> None:
    """RFC 8705 3: whoever has the token and not the key gets nowhere, on either port."""
    token = kept["tokens"]["access_token"]
    bearer = {"Authorization": f"Bearer {token}"}
    assert decoded(token)[1]["cnf"] == {"x5t#S256": application.holder.thumbprint}
    certificate = application.certificate
    thief = leaf(unique("thief")).files(certificate[0].parent)
    with home.http() as plain, home.http(base=home.mtls_url) as bare, home.http(thief) as other:
        for http in (plain, bare, other):
            refused = http.get("userinfo", headers=bearer)
            assert (refused.status_code, refused.json()["error"]) == (401, "invalid_token")
    with home.http(certificate) as own:
        assert own.get("userinfo", headers=bearer).status_code == 200


def test_by_certificate_with_consent(
    home: Server, home_admin: Administrator, neighbour: Shown, tmp_path: Path, page: Page, person: Person
) -> None:
    """There and back; then a reload, Back, the same request in a second tab, and a change of mind."""
    level = "fapi2_ms_mtls_mtls"
    with fapi_application(home, home_admin, neighbour, tmp_path, level, is_first_party=False) as application:
        who, seen = page.locator("#who"), []
        page.on("request", lambda request: seen.append(request.url))
        page.goto(application.login("query.jwt"))
        page.reload()
        second = page.context.new_page()
        second.goto(next(url for url in seen if "request_uri=" in url))
        sign_in(page, person)
        page.click("#allow")
        expect(who).to_have_text("Ada")
        (back,) = (url for url in seen if url.startswith(f"{application.origin}/callback"))
        assert list(httpx.URL(back).params) == ["response"]
        assert decoded(httpx.URL(back).params["response"])[1]["aud"] == application.client["client_id"]
        held_without_the_certificate(home, application, application.node.step("kept"))

        sign_in(second, person)
        expect(second.get_by_role("alert")).to_contain_text("was answered already")
        page.reload()
        expect(who).to_have_text("Ada")
        page.go_back()
        expect(page.get_by_role("heading")).to_have_text("This sign-in is over")
        page.go_forward()
        expect(who).to_have_text("Ada")

        page.goto(application.login("query.jwt", prompt="consent"))
        page.click("#deny")
        expect(who).to_have_text("refused: access_denied")


def test_by_key_with_the_answer_as_a_form(
    home: Server, home_admin: Administrator, neighbour: Shown, tmp_path: Path, page: Page, person: Person
) -> None:
    with fapi_application(home, home_admin, neighbour, tmp_path, "fapi2_ms_pkj_mtls") as application:
        who = page.locator("#who")
        page.goto(application.login("form_post.jwt"))
        page.click("#cancel")
        expect(who).to_have_text("refused: access_denied")
        page.goto(application.login("form_post.jwt"))
        sign_in(page, person)
        expect(who).to_have_text("Ada")
        kept = application.node.step("kept")
        assert kept["method"] == "POST"
        held_without_the_certificate(home, application, kept)
