"""openid-client and oauth4webapi under FAPI 2 Message Signing: signed, pushed, answered by a JWT, bound to who asks."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from tallystick.jose.private_keys import private_key_to_pem
from tests.administrator import Administrator, unique
from tests.application import decoded
from tests.browser.person import new_person
from tests.certificate_mill import leaf
from tests.forge import Key
from tests.interop.nodejs import conversation
from tests.interop.signing_in import CALLBACK, sign_in, web_application
from tests.server import Server
from tests.signin import visitor_at

ALG = "ES256"
METHODS = {"private_key_jwt": "pkj", "self_signed_tls_client_auth": "mtls"}
MECHANISMS = ("mtls", "dpop")
TOKEN_TYPES = {"mtls": "bearer", "dpop": "dpop"}
"""As both libraries spell them, in lower case."""


def public_key(key: Key) -> dict[str, Any]:
    return {"credential_type": "public_key", "pem": key.public_pem, "alg": ALG}


SCRIPTS = ("openid_client_sign_in.mjs", "oauth4webapi_signed.mjs")


@pytest.mark.parametrize("script", SCRIPTS)
@pytest.mark.parametrize("mechanism", MECHANISMS)
@pytest.mark.parametrize("method", METHODS)
def test_a_sign_in_in_which_everything_is_signed(
    home: Server, home_admin: Administrator, tmp_path: Path, method: str, mechanism: str, script: str
) -> None:
    own, requests, holder = Key(ALG), Key(ALG), leaf(unique("signed"))
    proof = public_key(own) if method == "private_key_jwt" else {"credential_type": "x509_cert", "pem": holder.pem}
    client = web_application(
        home_admin,
        grant_types=["authorization_code"],
        client_authentication_methods={method: {"credentials": [proof]}},
        signed_request_object={"required": True, "credentials": [public_key(requests)]},
        jwt_configuration={"alg": ALG},
        authorization_signed_response_alg=ALG,
        compliance_level=f"fapi2_ms_{METHODS[method]}_{mechanism}",
    )
    certificate, key = holder.files(tmp_path)
    given = {
        "issuer": home.issuer,
        "client_id": client["client_id"],
        "alg": ALG,
        "pem": private_key_to_pem(own.private) if method == "private_key_jwt" else "",
        "requestPem": private_key_to_pem(requests.private),
        "certificate": str(certificate),
        "key": str(key),
        "dpop": ALG if mechanism == "dpop" else "",
        "metadata": {
            "id_token_signed_response_alg": ALG,
            "authorization_signed_response_alg": ALG,
            "use_mtls_endpoint_aliases": True,
        },
    }
    person, visitor = new_person(home_admin), visitor_at(home)
    with conversation(home, script) as node:
        node.step("begin", **given)
        url = node.step("ask", redirect_uri=CALLBACK, scope="openid")
        assert set(dict(parse_qsl(urlsplit(url).query))) == {"client_id", "request_uri"}
        back = sign_in(visitor, url, person)
        assert set(dict(parse_qsl(urlsplit(back).query))) == {"response"}
        got = node.step("redeem", url=back)
        assert (got["claims"]["sub"], got["claims"]["aud"]) == (person.user_id, client["client_id"])
        token = got["tokens"]["access_token"]
        bound_to = {"x5t#S256": holder.thumbprint} if mechanism == "mtls" else {"jkt": node.step("jkt")}
        assert (decoded(token)[1]["cnf"], got["tokens"]["token_type"]) == (bound_to, TOKEN_TYPES[mechanism])
        assert node.step("userinfo", access_token=token, sub=person.user_id)["sub"] == person.user_id
        refused = visitor_at(home).get(node.step("ask", redirect_uri=CALLBACK, scope="openid", prompt="none")).location
        assert node.step("refused", url=refused)["error"] == "login_required"
        tampered = back[:-4] + ("AAAA" if not back.endswith("AAAA") else "BAAA")
        refusal = node.step("refused", url=tampered)
        assert ("code" in refusal, "error" in refusal) == (True, False), refusal
