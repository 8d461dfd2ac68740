"""How fast the machine is at this moment.

The speed of a shared machine moves by up to twice within seconds, so requests per second alone say little. Each window
is set beside the time of one bare token: the work that no server can avoid, without HTTP. Requests per second times
this time is the share of the core that goes into that work, and that share holds still when the machine does not.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import secrets
import statistics
import time
from urllib.parse import parse_qsl

import msgspec
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

_KEY = ec.generate_private_key(ec.SECP256R1())
_ES256 = ec.ECDSA(hashes.SHA256())
_HEADER = base64.urlsafe_b64encode(b'{"alg":"ES256","typ":"at+jwt","kid":"calibration"}').rstrip(b"=")
_SECRET = secrets.token_urlsafe(32)
_CLIENTS = {"bench": hashlib.sha256(_SECRET.encode()).digest()}
_FORM = f"grant_type=client_credentials&client_id=bench&client_secret={_SECRET}&audience=urn%3Abench".encode()


def _token() -> bytes:
    form = dict(parse_qsl(_FORM.decode()))
    if not hmac.compare_digest(_CLIENTS[form["client_id"]], hashlib.sha256(form["client_secret"].encode()).digest()):
        raise AssertionError("the calibration's own secret must fit")
    now = int(time.time())
    claims = {"iss": "https://localhost/", "sub": form["client_id"], "aud": form["audience"], "iat": now}
    claims |= {"exp": now + 86400, "jti": secrets.token_urlsafe(16), "client_id": form["client_id"]}
    signed = _HEADER + b"." + base64.urlsafe_b64encode(msgspec.json.encode(claims)).rstrip(b"=")
    r, s = decode_dss_signature(_KEY.sign(signed, _ES256))
    signature = base64.urlsafe_b64encode(r.to_bytes(32, "big") + s.to_bytes(32, "big")).rstrip(b"=")
    token = (signed + b"." + signature).decode()
    return msgspec.json.encode({"access_token": token, "token_type": "Bearer", "expires_in": 86400})


def token_us(core: int, *, batches: int = 5, per_batch: int = 200) -> float:
    """The time of one bare token on `core` in microseconds: the median of several short batches."""
    home = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        times = []
        for _ in range(batches):
            start = time.perf_counter()
            for _ in range(per_batch):
                _token()
            times.append((time.perf_counter() - start) / per_batch * 1e6)
        return statistics.median(times)
    finally:
        os.sched_setaffinity(0, home)
