"""Behind a proxy the log has the client's address: the one that the proxy saw, whatever the client says."""

from __future__ import annotations

import pytest

from tests.administrator import Administrator

from .deployment import Deployment
from .place import HOST, MTLS_HOST

CLAIMED = "203.0.113.9"
CLAIMS = [
    {},
    {"X-Forwarded-For": CLAIMED},
    {"X_Forwarded_For": CLAIMED},
    {"Forwarded": f"for={CLAIMED}"},
    {"X-Real-IP": CLAIMED, "X-Client-IP": CLAIMED, "True-Client-IP": CLAIMED},
    {"X-Forwarded-For": CLAIMED, "Connection": "X-Forwarded-For"},
]


@pytest.mark.parametrize("host", [HOST, MTLS_HOST])
def test_the_log_has_the_address_that_the_proxy_saw(deployment: Deployment, admin: Administrator, host: str) -> None:
    application = admin.application()
    form = application.form(client_id=application.client_id, client_secret="wrong")
    for source in ("127.0.0.1", "127.0.0.2"):
        with deployment.http(host=host, source=source) as http:
            for claim in CLAIMS:
                answer = application.post(form, http, headers=claim)
                if "Connection" in claim and answer.status_code == 400:
                    continue  # Envoy's own refusal: nobody may have this header taken away
                assert admin.log(answer.headers["x-correlation-id"])["ip"] == source, claim
